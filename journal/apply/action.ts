import type { DirectoryRecord, FileRecord, Identity, NodeRecord, PieceRecord, SymlinkRecord } from '../record.ts';
import type { Place } from './view.ts';

/**
 * What an applier does, in this order. Each thing carries its identity as a label on the spare. Besides the names that are served there are, by identity:
 *
 * - *fresh*: content that was just written;
 * - *limbo*: what has no name for now, and is not gone;
 * - *trash*: by number of the segment, what is gone and what was replaced.
 *
 * Each action may be done again, also after all that follow it: it acts on a place only where it finds the identity there that it is to find. What it
 * does not find was done before. Places are resolved when an action is done: the directory may be named, in limbo, or in the trash, and is then none.
 */
export type Action =
  /** Into fresh, whole: content, attributes, label. Always written anew. Pieces may have to be fetched from their segments. */
  | { readonly do: 'write'; readonly record: FileRecord }
  /** Content that a later record makes use of; may be kept aside until then. */
  | { readonly do: 'piece'; readonly record: PieceRecord }
  /** Into limbo, unless it is there or at one of these places. */
  | { readonly do: 'make'; readonly record: DirectoryRecord | SymlinkRecord; readonly at: readonly Place[] }
  /** All that was written is on disk before what follows. */
  | { readonly do: 'sync' }
  /** What is replaced is linked into the trash, unless that has it. */
  | { readonly do: 'version'; readonly identity: Identity; readonly from: Place | 'limbo' }
  /** From fresh into limbo, in the place of what is there. */
  | { readonly do: 'install'; readonly identity: Identity }
  /** No directory: it is linked into limbo as well, unless limbo has it. */
  | { readonly do: 'keep'; readonly identity: Identity; readonly from: Place }
  /** A directory goes into limbo; of anything else the name goes. */
  | { readonly do: 'detach'; readonly identity: Identity; readonly directory: boolean; readonly from: Place }
  /**
   * A directory comes out of limbo; the place is free. Anything else is linked from limbo under a name aside, and renamed over what is there. Where limbo
   * has it not, it has to be there already.
   */
  | { readonly do: 'attach'; readonly identity: Identity; readonly directory: boolean; readonly to: Place }
  /** Out of limbo into the trash. */
  | { readonly do: 'discard'; readonly identity: Identity }
  /** It has a name: limbo need not have it. */
  | { readonly do: 'release'; readonly identity: Identity }
  | { readonly do: 'attributes'; readonly record: NodeRecord };

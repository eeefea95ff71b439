import type { Identity, Key, NodeRecord } from '../record.ts';

/** What a thing of the file system is found to be, by which it is seen whether it has changed. */
export interface Sign {
  /** Time of the last change of any kind, in nanoseconds; another value means a change, also an earlier one. */
  readonly ctime: bigint;
  readonly size: number;
}

/** What the journal is known to have of an identity. */
export interface Known extends Sign {
  readonly kind: NodeRecord['record'];
  readonly mtime: bigint;
  /** Of the content; of a file alone. */
  readonly sha256?: string;
  /** What was stated may be none of its states: it is stated again whatever its sign says. */
  readonly unsure?: true;
}

/**
 * The index: what a writer knows the journal to have. It may be behind the journal, and then states something twice; it is never ahead of it, so it is
 * changed after an acknowledgement and not before.
 */
export interface Index {
  node(identity: Identity): Known | undefined;
  name(directory: Identity, name: string): Identity | undefined;
  names(directory: Identity): Iterable<readonly [name: string, identity: Identity]>;
  /**
   * What was stated, and no name of it is: no scan comes by it. Looked at after each scan, it may be gone.
   */
  unnamed(): Iterable<Identity>;
}

/** What an acknowledged segment does to the index. `undefined`: gone, or free. */
export interface IndexChanges {
  readonly nodes: ReadonlyMap<Identity, Known | undefined>;
  readonly names: readonly {
    readonly directory: Identity;
    readonly name: string;
    readonly identity: Identity | undefined;
  }[];
}

/** A directory as a scan finds it. */
export type Listing = ReadonlyMap<string, Sign & { readonly identity: Identity }>;

/**
 * What of a directory is not as the index has it: other than it, whether newer or older, so a clock that was set back hides nothing. What is in the
 * index and is not found is named with what it was: that may be gone, or elsewhere.
 */
export function* differences(directory: Identity, found: Listing, index: Index): Generator<Key> {
  for (const [name, { identity, ctime, size }] of found) {
    if (index.name(directory, name) !== identity) yield { of: 'name', directory, name };
    if (differs({ ctime, size }, index.node(identity))) yield { of: 'node', identity };
  }
  for (const [name, identity] of index.names(directory)) {
    if (found.get(name)?.identity === identity) continue;
    yield { of: 'name', directory, name };
    yield { of: 'node', identity };
  }
}

export function differs(found: Sign, known: Known | undefined): boolean {
  return !known || known.unsure === true || found.ctime !== known.ctime || found.size !== known.size;
}

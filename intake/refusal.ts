/** Why an upload is not taken in: a code, and what it is about. Sentences are made of it at the edge (`words.ts`). Paths are the upload's own, as it spells them. */
export type Refusal =
  | { readonly code: 'course'; readonly why: 'empty' | 'hidden' | 'long' | 'characters' | 'form' }
  | { readonly code: 'notZip' | 'truncated' | 'empty' }
  /** `directory`: the list of members; `header`: a member's own; `data`: its bytes. */
  | { readonly code: 'damaged'; readonly what: 'directory' | 'header' | 'data'; readonly path?: string }
  | { readonly code: 'checksum' | 'size' | 'encrypted' | 'overlap' | 'ambiguous'; readonly path: string }
  | { readonly code: 'method'; readonly path: string; readonly method: number }
  | { readonly code: 'tooMany'; readonly most: number }
  /** Bytes. */
  | { readonly code: 'tooLarge'; readonly bytes: number; readonly most: number }
  /** `most`: how many times the upload's own size it may be. */
  | { readonly code: 'bomb'; readonly bytes: number; readonly uploaded: number; readonly most: number }
  /** Bytes, or inodes: what it takes, and what it might. */
  | {
      readonly code: 'noRoom';
      readonly of: 'bytes' | 'inodes';
      readonly wanted: number;
      readonly allowed: number;
    }
  | { readonly code: 'outside'; readonly path: string; readonly why: 'absolute' | 'parent' | 'backslash' | 'drive' }
  | { readonly code: 'name'; readonly path: string; readonly why: NameFault }
  | { readonly code: 'special'; readonly path: string; readonly kind: SpecialKind }
  /** Two names that are one: `as` is the other. */
  | { readonly code: 'twice'; readonly path: string; readonly as: string; readonly by: 'same' | 'unicode' | 'case' }
  | { readonly code: 'fileAndDirectory'; readonly path: string }
  /** Number of the line, from 1. */
  | { readonly code: 'list'; readonly line: number }
  | { readonly code: 'missing' | 'altered'; readonly path: string }
  /** The newer one's key and version. */
  | { readonly code: 'superseded'; readonly by: { readonly key: string; readonly version: string } };

/** `own`: this project keeps its things under that name; `hidden`: no web server of it shows what begins with a dot; `manifest`: the intake writes it. */
export type NameFault = 'empty' | 'own' | 'hidden' | 'manifest' | 'control' | 'encoding' | 'long' | 'deep';
export type SpecialKind = 'link' | 'character' | 'block' | 'fifo' | 'socket' | 'unknown';

export function isRefusal(of: object): of is Refusal {
  return 'code' in of;
}

/** Of many, so many are said. */
export const MOST_REFUSALS = 20;

/** An upload is refused: thrown where something else has to be left first. */
export class Refused extends Error {
  readonly refusals: readonly Refusal[];
  constructor(...refusals: readonly Refusal[]) {
    super(refusals.map(({ code }) => code).join(', '));
    this.name = 'Refused';
    this.refusals = refusals;
  }
}

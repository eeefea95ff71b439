import type { PutAnswer, Signature } from '../../../journal/protocol.ts';

/** Bytes that wait on the root disk until they are written: read again for each attempt. */
export interface Body {
  readonly path: string;
  readonly size: number;
}

/** `unheard`: the service does not answer, or not now; ask again. */
export type LookAnswer =
  /** @property isDue its time is over: whatever was written after it may be gone before it is */
  | { readonly answer: 'found'; readonly signature: Signature; readonly isDue: boolean }
  | { readonly answer: 'nothing' | 'unheard' };

export type ReadAnswer =
  | {
      readonly answer: 'found';
      readonly signature: Signature;
      readonly bytes: AsyncIterable<Uint8Array>;
      /** How many bytes there are, and when it was written by the service's clock: milliseconds since 1970. */
      readonly size?: number | undefined;
      readonly written?: number | undefined;
    }
  | { readonly answer: 'nothing' | 'unheard' };

export type FirstAnswer =
  | { readonly answer: 'found'; readonly number: number }
  /** @property now by the service's clock: milliseconds since 1970 */
  | { readonly answer: 'nothing'; readonly now: number }
  | { readonly answer: 'unheard' };

/** The journal of one content volume, object by object. */
export interface JournalStore {
  /** One conditional write, no second attempt. @throws StoreError where it was refused: nothing was written */
  put(number: number, signature: Signature, body: Body): Promise<PutAnswer>;
  /** What stands under a number, without its content. @throws StoreError */
  look(number: number): Promise<LookAnswer>;
  /** @throws StoreError; the bytes throw {@link Interrupted} where the stream breaks off */
  read(number: number): Promise<ReadAnswer>;
  /** The lowest number that is there, from this one on. @throws StoreError */
  first(from: number): Promise<FirstAnswer>;
}

/**
 * Why there is no answer that a writer or a reader could go by. Trying again helps once somebody has seen to it.
 *
 * - `refused`: the service does not do it; the message has its error's name and status.
 * - `unsigned`: there is an object, and its metadata are none of a journal's.
 */
export class StoreError extends Error {
  readonly code: 'refused' | 'unsigned';
  constructor(code: StoreError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

/** The object's bytes do not come any more: read it again. */
export class Interrupted extends Error {}

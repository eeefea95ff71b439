/** What waits, as a list has it. */
export interface Waiting {
  readonly key: string;
  /** Milliseconds since 1970, in whole seconds. */
  readonly modified: number;
  /** Bytes. */
  readonly size: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; `undefined`: this was the last. */
  readonly next: string | undefined;
}

/** A version of an object, with what distinguishes its bytes. */
export interface Version {
  readonly key: string;
  readonly version: string;
  readonly modified: number;
  readonly etag: string;
  readonly size: number;
}

/** A version in the list of versions. `marker`: it is none, and hides those before it. */
export type Listed = (Version & { readonly marker: false }) | { readonly key: string; readonly marker: true };

export interface Opened extends Version {
  /** Throws {@link Interrupted} where they break off. Whoever does not read them to the end closes them. */
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly close: () => void;
}

/** `unheard`: the service does not answer, or not now. */
export type Heard<T> = { readonly heard: true; readonly found: T } | { readonly heard: false };

/**
 * The bucket of uploads, by key and version. Each call is one request; a service that does not answer is `heard: false`, and asked again by whoever needs it.
 * All throw StoreError where it refuses, for somebody has to see to it.
 */
export interface IntakeStore {
  /** What waits below a prefix, a thousand at a time, in the order of keys: the current versions alone. */
  list(prefix: string, from?: string): Promise<Heard<Page<Waiting>>>;
  /** All versions below a prefix: in the order of keys, of each the newest first. */
  versions(prefix: string, from?: string): Promise<Heard<Page<Listed>>>;
  /** @param version the current one, where none is given @returns `undefined` where there is none */
  read(key: string, version?: string): Promise<Heard<Opened | undefined>>;
  /** Writes an answer once. `taken`: there is one. */
  answer(key: string, text: string): Promise<Heard<'written' | 'taken'>>;
  /** Hides an upload, on condition that its current version has this ETag. `changed`: it has another, or there is none. */
  hide(key: string, etag: string): Promise<Heard<'hidden' | 'changed'>>;
}

/** Text of a small object, which is read to its end. @throws Interrupted */
export async function textOf({ bytes }: Opened, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > most) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

import { plan } from '../apply/plan.ts';
import { type Kind, type Local, type LocalChanges, type Place, placeText } from '../apply/view.ts';
import { type Identity, type JournalRecord, type NodeRecord, type Piece, ROOT } from '../record.ts';

/** Where the content of a file stands: whole in one segment, or in pieces. */
export type ContentPlace = { readonly segment: number } | { readonly pieces: readonly Piece[] };

/** What the journal states of a thing, by the last number that does. */
export interface Remembered {
  readonly record: NodeRecord;
  readonly number: number;
  /** Of a file; `undefined`: it was stated before the first number that was read. */
  readonly content?: ContentPlace;
}

/** What stands at a path. `free`: it is stated that nothing does. `unknown`: the journal does not say. */
export type Found =
  | { readonly state: 'there'; readonly identity: Identity }
  | { readonly state: 'free' }
  | { readonly state: 'unknown' };

/** No volume was ever as a segment says. */
export class ContradictionError extends Error {}

/**
 * A content volume as segments state it, one after another from any number on: by `plan`, as a spare becomes it. What was there before the first of them has
 * been given no name in it. Where a record's path shows its place all the same, that is taken until a name says otherwise: directories on the way are
 * made up, and become what they are once they are stated.
 */
export class Past implements Local {
  readonly #kinds = new Map<Identity, Kind>([[ROOT, 'directory']]);
  /** Named, and not stated: what it is, nobody has said. */
  readonly #assumed = new Set<Identity>();
  readonly #nodes = new Map<Identity, Remembered>();
  /** `null`: stated to be free. */
  readonly #names = new Map<Identity, Map<string, Identity | null>>();
  readonly #places = new Map<Identity, Map<string, Place>>();
  #owed: ReadonlyMap<Identity, Place> = new Map();
  #madeUp = 0;

  kind(identity: Identity): Kind | undefined {
    return this.#kinds.get(identity);
  }
  at({ directory, name }: Place): Identity | undefined {
    return this.#names.get(directory)?.get(name) ?? undefined;
  }
  names(identity: Identity): Place[] {
    return [...(this.#places.get(identity)?.values() ?? [])];
  }
  children(directory: Identity): [string, Identity][] {
    const all = [...(this.#names.get(directory) ?? [])];
    return all.flatMap(([name, identity]): [string, Identity][] => (identity === null ? [] : [[name, identity]]));
  }
  owed(): Iterable<readonly [Identity, Place]> {
    return this.#owed;
  }
  /** `undefined`: it is named or made up, and no number that was read states it. */
  node(identity: Identity): Remembered | undefined {
    return this.#nodes.get(identity);
  }

  /** @param path from the top, without a leading slash; empty: the top */
  find(path: string): Found {
    let identity = ROOT;
    for (const name of path === '' ? [] : path.split('/')) {
      if (this.kind(identity) !== 'directory') return { state: 'free' };
      const next = this.#names.get(identity)?.get(name);
      if (!next) return { state: next === null ? 'free' : 'unknown' };
      identity = next;
    }
    return { state: 'there', identity };
  }

  /** What the next number states. @throws ContradictionError: it says two things of one; nothing of it is taken */
  apply(number: number, records: readonly JournalRecord[]): void {
    const forgotten = new Set<Identity>();
    for (;;) {
      this.#prepare(records);
      const planned = plan(records, this);
      if (planned.state === 'planned') {
        this.#note(planned.changes);
        break;
      }
      // In a number that is not there it ended, and another one of its identity began.
      if (forgotten.has(planned.identity)) throw new ContradictionError(`${planned.identity} is two things at once`);
      forgotten.add(planned.identity);
      this.#forget(planned.identity);
    }
    for (const record of records) this.#remember(number, record);
    for (const record of records) this.#place(record);
  }

  /** A plan has something at a name only where it is known what that is. */
  #prepare(records: readonly JournalRecord[]): void {
    for (const record of records) {
      if (record.record === 'name') this.#suppose(record.directory, 'directory');
      // A plan makes nothing of content that is kept, and is not there.
      else if (
        isNode(record) &&
        (this.#assumed.delete(record.identity) || (isKept(record) && !this.#kinds.has(record.identity)))
      )
        this.#kinds.set(record.identity, record.record);
    }
    const stated = new Set(
      records.flatMap((record) => (isNode(record) || record.record === 'gone' ? [record.identity] : [])),
    );
    for (const record of records)
      if (record.record === 'name' && record.identity && !stated.has(record.identity)) this.#suppose(record.identity);
  }

  #suppose(identity: Identity, kind: Kind = 'file'): void {
    if (this.#kinds.has(identity) && !(kind === 'directory' && this.#assumed.has(identity))) return;
    this.#kinds.set(identity, kind);
    this.#assumed.add(identity);
  }

  #note({ kinds, places, owed }: LocalChanges): void {
    for (const { directory, name, identity } of places) this.#set({ directory, name }, identity ?? null);
    for (const [identity, kind] of kinds) {
      if (kind) this.#kinds.set(identity, kind);
      else this.#forget(identity);
    }
    this.#owed = new Map(owed);
  }

  #remember(number: number, record: JournalRecord): void {
    switch (record.record) {
      case 'name':
        if (!this.#kinds.has(record.directory)) return;
        if (record.identity === null) this.#set(record, null);
        // On a spare there is none.
        else if (this.kind(record.identity) === 'special') this.#set(record, record.identity);
        return;
      case 'file': {
        const { content, identity, sha256 } = record;
        const before = this.#nodes.get(identity);
        const kept = before?.record.record === 'file' && before.record.sha256 === sha256 ? before.content : undefined;
        const place = content === 'here' ? { segment: number } : content === 'kept' ? kept : { pieces: content };
        this.#nodes.set(identity, { record, number, ...(place && { content: place }) });
        return;
      }
      case 'directory':
      case 'symlink':
      case 'special':
        this.#nodes.set(record.identity, { record, number });
    }
  }

  /** By the path of a record, where it has no name: of a name's record, the directory. */
  #place(record: JournalRecord): void {
    if (record.record === 'name') this.#placeAt(record.directory, record.path.split('/').slice(0, -1));
    else if (isNode(record)) this.#placeAt(record.identity, record.path === '' ? [] : record.path.split('/'));
  }

  #placeAt(identity: Identity, names: readonly string[]): void {
    const name = names.at(-1);
    if (identity === ROOT || name === undefined || !this.#kinds.has(identity) || this.#places.get(identity)?.size)
      return;
    if (this.#owed.has(identity)) return;
    const directory = this.#madeUpTo(names.slice(0, -1));
    if (directory === undefined) return;
    const there = this.#names.get(directory)?.get(name);
    if (there === undefined) this.#set({ directory, name }, identity);
    else if (there !== null && isMadeUp(there) && this.kind(identity) === 'directory') this.#become(there, identity);
  }

  /** @returns `undefined`: names say that no such directory is there */
  #madeUpTo(names: readonly string[]): Identity | undefined {
    let directory = ROOT;
    for (const name of names) {
      let next = this.#names.get(directory)?.get(name);
      if (next === undefined) {
        next = `?${++this.#madeUp}` as Identity;
        this.#kinds.set(next, 'directory');
        this.#set({ directory, name }, next);
      } else if (next !== null && this.#assumed.has(next)) this.#kinds.set(next, 'directory');
      if (next === null || this.kind(next) !== 'directory') return undefined;
      directory = next;
    }
    return directory;
  }

  /** A directory that was made up is this one. */
  #become(madeUp: Identity, identity: Identity): void {
    const known = this.#names.get(identity);
    for (const [name, child] of [...(this.#names.get(madeUp) ?? [])]) {
      this.#set({ directory: madeUp, name }, null);
      if (!known?.has(name)) this.#set({ directory: identity, name }, child);
    }
    for (const place of this.names(madeUp)) this.#set(place, identity);
    this.#forget(madeUp);
  }

  #set({ directory, name }: Place, identity: Identity | null): void {
    const names = this.#names.get(directory) ?? new Map<string, Identity | null>();
    this.#names.set(directory, names);
    const text = placeText({ directory, name });
    const before = names.get(name);
    if (before) this.#places.get(before)?.delete(text);
    names.set(name, identity);
    if (identity === null) return;
    const places = this.#places.get(identity) ?? new Map<string, Place>();
    this.#places.set(identity, places.set(text, { directory, name }));
  }

  #forget(identity: Identity): void {
    for (const place of this.names(identity)) this.#set(place, null);
    for (const [name] of this.children(identity)) this.#set({ directory: identity, name }, null);
    for (const map of [this.#kinds, this.#nodes, this.#names, this.#places]) map.delete(identity);
    this.#assumed.delete(identity);
  }
}

/** No identity of a journal begins like that. */
function isMadeUp(identity: Identity): boolean {
  return identity.startsWith('?');
}

function isNode(record: JournalRecord): record is NodeRecord {
  return ['file', 'directory', 'symlink', 'special'].includes(record.record);
}

function isKept(record: NodeRecord): boolean {
  return record.record === 'file' && record.content === 'kept';
}

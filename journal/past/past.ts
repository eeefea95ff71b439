import { MARGIN } from '../apply/base.ts';
import { plan } from '../apply/plan.ts';
import { type Kind, type Local, type LocalChanges, type Place, placeText } from '../apply/view.ts';
import { type Identity, type JournalRecord, type NodeRecord, type Piece, ROOT } from '../record.ts';
import type { Header } from '../segment/layout.ts';

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

/** Up to when a segment has all changes, and when it was begun to be made: of its header. */
export type Times = Pick<Header, 'taken' | 'complete'>;

interface Entry {
  /** `null`: stated to be free. */
  readonly identity: Identity | null;
  /** That stated it last; 0: nobody did, and a path shows it. */
  readonly number: number;
}

/** Where a record found something that no name leads to. */
interface Hint {
  readonly names: readonly string[];
  readonly number: number;
  readonly taken: number;
  /** It was placed so often, and what it was placed in turned out to be another directory. */
  readonly tries: number;
}

/** So it ends, whatever a journal says. */
const MOST_TRIES = 8;

/**
 * A content volume as segments state it, one after another from any number on: by `plan`, as a spare becomes it.
 *
 * What was there before the first of them has been given no name in it. Where the path of a record shows its place, that is taken all the same, until a name
 * says otherwise: directories on the way are made up, and become what they are once they are stated. A path is of the moment at which it was read, and names
 * are stated later: so it is believed once all changes of before are stated, and only where no name on its way was stated in between. Rather a place is not
 * known than wrong: what was placed in a directory that turns out to be another one is placed anew, and no path from before a doubt is believed after it.
 */
export class Past implements Local {
  readonly #kinds = new Map<Identity, Kind>([[ROOT, 'directory']]);
  /** Named, and not stated: what it is, nobody has said. */
  readonly #assumed = new Set<Identity>();
  readonly #nodes = new Map<Identity, Remembered>();
  readonly #names = new Map<Identity, Map<string, Entry>>();
  readonly #places = new Map<Identity, Map<string, Place>>();
  readonly #hints = new Map<Identity, Hint>();
  /** What was placed by its path, and may have to be placed anew. */
  readonly #believed = new Map<Identity, Hint>();
  readonly #marginMs: number;
  #owed: ReadonlyMap<Identity, Place> = new Map();
  #madeUp = 0;
  #number = 0;
  /** A directory was lost sight of after this number: by paths of until then, none is made up any more. */
  #lostAt = 0;

  /** @param marginMs how far two clocks may differ, and how long a segment is made */
  constructor(marginMs = MARGIN) {
    this.#marginMs = marginMs;
  }

  kind(identity: Identity): Kind | undefined {
    return this.#kinds.get(identity);
  }
  at({ directory, name }: Place): Identity | undefined {
    return this.#names.get(directory)?.get(name)?.identity ?? undefined;
  }
  names(identity: Identity): Place[] {
    return [...(this.#places.get(identity)?.values() ?? [])];
  }
  children(directory: Identity): [string, Identity][] {
    const all = [...(this.#names.get(directory) ?? [])];
    return all.flatMap(([name, { identity }]): [string, Identity][] => (identity === null ? [] : [[name, identity]]));
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
      if (!next?.identity) return { state: next ? 'free' : 'unknown' };
      identity = next.identity;
    }
    return { state: 'there', identity };
  }

  /** What the next number states. @throws ContradictionError: it says two things of one; nothing of it is taken */
  apply(number: number, { taken, complete }: Times, records: readonly JournalRecord[]): void {
    const forgotten = new Set<Identity>();
    this.#number = number;
    for (;;) {
      this.#prepare(records);
      const planned = plan(records, this);
      if (planned.state === 'planned') {
        this.#note(number, planned.changes);
        break;
      }
      // In a number that is not there it ended, and another one of its identity began.
      if (forgotten.has(planned.identity)) throw new ContradictionError(`${planned.identity} is two things at once`);
      forgotten.add(planned.identity);
      this.#forget(planned.identity, number);
    }
    for (const record of records) this.#remember(number, record);
    for (const record of records) this.#hint(record, { number, taken, tries: 1 });
    if (records.some(({ record }) => record === 'doubt')) this.#doubtPaths();
    if (complete !== undefined) this.#settle(({ taken }) => taken + this.#marginMs <= complete);
  }

  /** Nothing more is read: what no name contradicts by now is believed. */
  end(): void {
    this.#settle(() => true);
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

  #note(number: number, { kinds, places, owed }: LocalChanges): void {
    for (const { directory, name, identity } of places) this.#set({ directory, name }, identity ?? null, number);
    for (const [identity, kind] of kinds) {
      if (kind) this.#kinds.set(identity, kind);
      else this.#forget(identity, number);
    }
    this.#owed = new Map(owed);
  }

  #remember(number: number, record: JournalRecord): void {
    switch (record.record) {
      case 'name':
        // On a spare there is nothing special; and what is stated as it was is stated.
        if (!this.#kinds.has(record.directory)) return;
        if (record.identity === null || this.kind(record.identity) === 'special' || this.at(record) === record.identity)
          this.#set(record, record.identity, number);
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

  /** The path of a record is that of what it states; of a name's, its directory is above that. */
  #hint(record: JournalRecord, at: Omit<Hint, 'names'>): void {
    if (record.record !== 'name' && !isNode(record)) return;
    const [identity, names] =
      record.record === 'name'
        ? [record.directory, record.path.split('/').slice(0, -1)]
        : [record.identity, record.path.split('/')];
    // In the order of their numbers.
    this.#hints.delete(identity);
    if (identity !== ROOT && !this.#isPlaced(identity)) this.#hints.set(identity, { names, ...at });
  }

  #isPlaced(identity: Identity): boolean {
    return !this.#kinds.has(identity) || Boolean(this.#places.get(identity)?.size) || this.#owed.has(identity);
  }

  #settle(isDue: (hint: Hint) => boolean): void {
    for (const [identity, hint] of this.#hints) {
      if (!isDue(hint)) continue;
      this.#hints.delete(identity);
      if (this.#isPlaced(identity)) continue;
      if (this.#place(identity, hint)) this.#believed.set(identity, hint);
      // Which of those that were made up it is, if any, will never be known.
      else if (this.kind(identity) === 'directory') this.#doubtMadeUp();
    }
  }

  /** Renames went unheard: where all ended as it had been stated, it is not stated again, and paths of meanwhile are of no moment that names tell of. */
  #doubtPaths(): void {
    const waiting = [...this.#hints.keys()].filter((identity) => !this.#isPlaced(identity));
    this.#hints.clear();
    if (waiting.some((identity) => this.#names.get(identity)?.size)) this.#doubtMadeUp();
  }

  /** @returns whether it could be */
  #place(identity: Identity, { names, number }: Hint): boolean {
    const name = names.at(-1);
    const directory = name && this.#directoryAt(names.slice(0, -1), number);
    if (!directory) return false;
    const there = this.#names.get(directory)?.get(name);
    if (!there) this.#set({ directory, name }, identity, 0);
    else if (there.identity && isMadeUp(there.identity) && this.kind(identity) === 'directory')
      this.#become(there.identity, identity);
    else return false;
    return true;
  }

  #doubtMadeUp(): void {
    this.#lostAt = this.#number;
    for (const identity of [...this.#kinds.keys()].filter(isMadeUp)) {
      const places = this.names(identity);
      for (const place of places) this.#unset(place);
      this.#drop(identity, 'for good');
    }
  }

  /** One that was made up has no name any more: of what was placed in it, the place is not known. It is not known to be free, either. */
  #drop(madeUp: Identity, how: 'again' | 'for good' = 'again'): void {
    for (const [name, child] of this.children(madeUp)) {
      this.#unset({ directory: madeUp, name });
      this.#unplace(child, how);
    }
    this.#forget(madeUp, 0);
  }

  /** By its path it is placed once more, by what is known now. */
  #unplace(identity: Identity, how: 'again' | 'for good' = 'again'): void {
    if (this.#isPlaced(identity)) return;
    if (isMadeUp(identity)) {
      this.#drop(identity, how);
      return;
    }
    const hint = this.#believed.get(identity);
    this.#believed.delete(identity);
    if (this.#hints.has(identity)) return;
    if (hint && how === 'again' && hint.tries < MOST_TRIES)
      this.#hints.set(identity, { ...hint, tries: hint.tries + 1 });
    else if (this.kind(identity) === 'directory') this.#lostAt = this.#number;
  }

  #unset({ directory, name }: Place): void {
    const names = this.#names.get(directory);
    const before = names?.get(name)?.identity;
    if (before) this.#places.get(before)?.delete(placeText({ directory, name }));
    names?.delete(name);
  }

  /** Made up where nobody has stated it. @returns `undefined`: names say that no such directory is there, or said something since that number */
  #directoryAt(names: readonly string[], number: number): Identity | undefined {
    let directory = ROOT;
    for (const name of names) {
      const entry = this.#names.get(directory)?.get(name);
      if (entry ? entry.number > number || !entry.identity : number <= this.#lostAt) return undefined;
      const next = entry?.identity ?? (`?${++this.#madeUp}` as Identity);
      if (!entry) this.#set({ directory, name }, next, 0);
      if (!entry || this.#assumed.has(next)) this.#kinds.set(next, 'directory');
      if (this.kind(next) !== 'directory') return undefined;
      directory = next;
    }
    return directory;
  }

  /** A directory that was made up is this one. */
  #become(madeUp: Identity, identity: Identity): void {
    const inside = [...(this.#names.get(madeUp) ?? [])];
    for (const place of this.names(madeUp)) {
      this.#unset(place);
      this.#set(place, identity, 0);
    }
    for (const [name, { identity: child, number }] of inside) {
      this.#unset({ directory: madeUp, name });
      if (!this.#names.get(identity)?.has(name)) this.#set({ directory: identity, name }, child, number);
      else if (child) this.#unplace(child);
    }
    this.#forget(madeUp, 0);
  }

  #set({ directory, name }: Place, identity: Identity | null, number: number): void {
    const names = this.#names.get(directory) ?? new Map<string, Entry>();
    this.#names.set(directory, names);
    const text = placeText({ directory, name });
    const before = names.get(name)?.identity;
    if (before) this.#places.get(before)?.delete(text);
    names.set(name, { identity, number });
    if (identity !== null) {
      const places = this.#places.get(identity) ?? new Map<string, Place>();
      this.#places.set(identity, places.set(text, { directory, name }));
    }
    if (before && before !== identity && isMadeUp(before)) this.#unplace(before);
  }

  #forget(identity: Identity, number: number): void {
    for (const place of this.names(identity)) this.#set(place, null, number);
    for (const [name] of this.children(identity)) this.#set({ directory: identity, name }, null, number);
    const maps = [this.#kinds, this.#nodes, this.#names, this.#places, this.#hints, this.#believed];
    for (const map of maps) map.delete(identity);
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

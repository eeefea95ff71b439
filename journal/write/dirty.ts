import { type DoubtRecord, type Identity, type Key, keyText } from '../record.ts';

/** Milliseconds without a change after which a thing is taken to be written. */
export const SETTLE = 1000;
/** Milliseconds after its first change at which a thing is taken in any case: a file that stays open and is written to. */
export const OPEN = 60_000;
/** Things that may be dirty at once: some 60 MB, of the 160 MiB that all of the agent has on a host. What comes beyond, a scan finds. */
export const MOST_DIRTY = 30_000;

/** What a file system says of a change. `target` is what it happened to; a rename is two names. */
export type Change =
  | { readonly change: 'named'; readonly directory: Identity; readonly name: string; readonly target?: Identity }
  /** @property closed: who wrote to it has closed it; else it may still be open */
  | { readonly change: 'content'; readonly target: Identity; readonly closed: boolean }
  | { readonly change: 'attributes'; readonly target: Identity }
  /** Changes were lost. */
  | { readonly change: 'overflow' };

export interface Dirty {
  readonly key: Key;
  /** When it became dirty, and when it was last heard of. */
  readonly first: number;
  readonly last: number;
  /** Its content may have changed, and not only what is known about it. */
  readonly content: boolean;
  /** It is stated even where the journal seems to have it: somebody else may have stated something else. */
  readonly forced: boolean;
  /** It was written to, and not closed since. */
  readonly open: boolean;
  /**
   * A change of it was heard. It is stated even where it is as the index has it: it may have been otherwise in between, when a copy of the blocks was
   * taken.
   */
  readonly heard: boolean;
  /** The last moment at which everything was known: it changed after that. `-Infinity`: nobody knows. */
  readonly since: number;
}

const HEARD = { heard: true } as const;
type How = Partial<Pick<Dirty, 'content' | 'forced' | 'heard' | 'open' | 'since'>>;

/**
 * What may differ from what the journal has. It gathers changes, and hands out what has settled; time is passed in: milliseconds of a clock that only
 * goes on.
 */
export class DirtySet {
  readonly #entries = new Map<string, Dirty>();
  #wanted: string | undefined;
  #scanning = false;
  /** The last moment up to which everything was known. In doubt it stays: what a scan finds changed after that. */
  #known = Number.NEGATIVE_INFINITY;
  #hurried = false;
  #unsaid: DoubtRecord | undefined;
  readonly #most: number;

  /** @param most things that may be dirty at once */
  constructor(most = MOST_DIRTY) {
    this.#most = most;
  }

  /** A scan that has found so many waits until half of these are stated: what is heard meanwhile has room beside them. */
  get enough(): number {
    return this.#most / 2;
  }

  note(change: Change, now: number): void {
    if (change.change === 'overflow') this.wantScan('changes were lost');
    const how = change.change === 'content' ? { ...HEARD, content: true, open: !change.closed } : HEARD;
    for (const key of keysOf(change)) this.add(key, now, how);
  }

  add(key: Key, now: number, how: How = {}): void {
    const text = keyText(key);
    const before = this.#entries.get(text);
    const entry = {
      key,
      content: (how.content ?? false) || (before?.content ?? false),
      forced: (how.forced ?? false) || (before?.forced ?? false),
      heard: (how.heard ?? false) || (before?.heard ?? false),
      open: how.open ?? before?.open ?? false,
      first: before?.first ?? now,
      last: now,
      since: Math.min(how.since ?? this.#known, before?.since ?? Number.POSITIVE_INFINITY),
    };
    // What was there before stays, and is stated, however much keeps coming. What is forced does as well: no scan would know of it.
    if (before || entry.forced || this.#entries.size < this.#most) this.#entries.set(text, entry);
    else {
      // What a scan is to find again has been dirty since it was.
      this.#known = Math.min(this.#known, entry.since);
      this.wantScan('too much has changed at once');
    }
  }

  /**
   * What is to be stated by now, what may have changed the longest ago first: what comes to light with a directory goes before what has changed since
   * that did, or a flush waits for all that keeps coming. It stays until it is taken.
   */
  due(now: number): Key[] {
    const due = [...this.#entries.values()].filter((entry) => this.#hurried || now >= dueAt(entry));
    return due.sort((a, b) => compare(a.since, b.since) || a.first - b.first).map(({ key }) => key);
  }

  /** Takes one out, before it is read: what changes from now on makes it dirty again. */
  take(key: Key): Dirty | undefined {
    const text = keyText(key);
    const entry = this.#entries.get(text);
    this.#entries.delete(text);
    return entry;
  }

  /** Puts back what could not be stated yet: it is dirty since it was. */
  defer(taken: Dirty): void {
    const text = keyText(taken.key);
    const { content, forced, heard, last, since } = taken;
    const before = this.#entries.get(text);
    // What was heard meanwhile says whether it is open.
    const how = { content, forced, heard, since, open: before?.open ?? taken.open };
    this.add(taken.key, Math.max(last, before?.last ?? last), how);
    const entry = this.#entries.get(text);
    if (entry) this.#entries.set(text, { ...entry, first: Math.min(entry.first, taken.first) });
  }

  /** Whether somebody is writing to it, as far as was heard. */
  isOpen(identity: Identity): boolean {
    return this.#entries.get(keyText({ of: 'node', identity }))?.open ?? false;
  }

  /** Until when it is better waited than taken; `undefined` where it is not dirty, or due. */
  settles(identity: Identity, now: number): number | undefined {
    const entry = this.#entries.get(keyText({ of: 'node', identity }));
    return entry && !this.#hurried && dueAt(entry) > now ? dueAt(entry) : undefined;
  }

  /** Nothing settles while this is so: what is dirty is due. */
  hurry(hurried: boolean): void {
    this.#hurried = hurried;
  }

  /**
   * Only a scan can say what has changed.
   * @param all what the journal had is not known either
   */
  wantScan(why: string, all = false): void {
    this.#wanted ??= why;
    if (all) this.#unsaid = { record: 'doubt', why, all };
    else this.#unsaid ??= { record: 'doubt', why };
  }

  /** Why something may have gone unheard, to be said in the next segment. */
  takeUnsaid(): DoubtRecord | undefined {
    const unsaid = this.#unsaid;
    this.#unsaid = undefined;
    return unsaid;
  }

  /** Why a scan is wanted. */
  get scanWanted(): string | undefined {
    return this.#wanted;
  }

  /** What is lost from now on wants another scan. */
  scanBegins(): void {
    this.#wanted = undefined;
    this.#scanning = true;
  }

  scanEnds(): void {
    this.#scanning = false;
  }

  /** Changes may have been lost: that nothing was heard of a file says nothing. */
  get doubt(): boolean {
    return this.#scanning || this.#wanted !== undefined;
  }

  /** All changes before this moment were noted. In doubt that is not so, whatever was heard, and nothing changes. */
  heardUpTo(now: number): void {
    if (!this.doubt) this.#known = Math.max(this.#known, now);
  }

  /** Every change before this moment is taken; `undefined` where nobody can know. */
  get takenUpTo(): number | undefined {
    const upTo = Math.min(this.#known, this.takenSince);
    return this.doubt || upTo === Number.NEGATIVE_INFINITY ? undefined : upTo;
  }

  /** Before this moment nothing changed that is still dirty. */
  get takenSince(): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { since } of this.#entries.values()) least = Math.min(least, since);
    return least;
  }

  /** Since when something is dirty; `undefined` where nothing is. */
  get since(): number | undefined {
    let since: number | undefined;
    for (const { first } of this.#entries.values()) since = Math.min(since ?? first, first);
    return since;
  }

  /** Something is to be stated whatever the index has. */
  get owes(): boolean {
    return [...this.#entries.values()].some(({ forced }) => forced);
  }

  *keys(): Generator<Key> {
    for (const { key } of this.#entries.values()) yield key;
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** What a change makes dirty. */
export function keysOf(change: Change): Key[] {
  switch (change.change) {
    case 'named': {
      const { directory, name, target } = change;
      // The directory's own time of change is another.
      const nodes = target ? [directory, target] : [directory];
      return [{ of: 'name', directory, name }, ...nodes.map((identity) => ({ of: 'node' as const, identity }))];
    }
    case 'content':
    case 'attributes':
      return [{ of: 'node', identity: change.target }];
    case 'overflow':
      return [];
  }
}

/** Of moments that may both be `-Infinity`. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** A name is one value, and has not to settle: one that changes twice a second would never. */
function dueAt({ key, first, last, open }: Dirty): number {
  if (key.of === 'name') return first + SETTLE;
  return open ? first + OPEN : Math.min(last + SETTLE, first + OPEN);
}

import type { FileRecord, Identity, JournalRecord, NameRecord, NodeRecord } from '../record.ts';
import type { Action } from './action.ts';
import { type Local, type LocalChanges, type Place, placeText, View } from './view.ts';

export type Plan =
  | {
      readonly state: 'planned';
      readonly actions: readonly Action[];
      /** To be noted after the last action, and before the cursor. */
      readonly changes: LocalChanges;
      /** Named here, and not on this spare: on a base that is newer than the segment it was deleted since. None, once the base has passed its own moment. */
      readonly missing: readonly Identity[];
    }
  /** It is stated to be one thing and is another here: this spare is none of this journal. */
  | { readonly state: 'contradiction'; readonly identity: Identity };

/**
 * What has to be done on a spare for a segment: the difference between what it states and what is there. So a segment may be applied twice, and segments
 * again from an earlier one on: what they state by and by is what the last of them states.
 */
export function plan(records: readonly JournalRecord[], local: Local): Plan {
  const planner = new Planner(records, local);
  const contradiction = planner.contradiction();
  return contradiction ? { state: 'contradiction', identity: contradiction } : planner.plan();
}

interface Want {
  readonly place: Place;
  readonly identity: Identity | undefined;
}

class Planner {
  readonly #view: View;
  readonly #nodes: NodeRecord[] = [];
  readonly #names: NameRecord[] = [];
  readonly #gone = new Set<Identity>();
  readonly #records: readonly JournalRecord[];
  readonly #actions: Action[] = [];
  readonly #missing = new Set<Identity>();
  /** Content that replaces what is here. */
  readonly #fresh = new Set<Identity>();
  /** No directories; limbo has them until it is seen that they are named. */
  readonly #held = new Set<Identity>();

  constructor(records: readonly JournalRecord[], local: Local) {
    this.#records = records;
    this.#view = new View(local);
    for (const record of records) {
      if (record.record === 'name') this.#names.push(record);
      else if (record.record === 'gone') this.#gone.add(record.identity);
      else if (record.record !== 'piece' && record.record !== 'doubt') this.#nodes.push(record);
    }
  }

  contradiction(): Identity | undefined {
    const kinds = new Map(this.#nodes.map(({ identity, record }) => [identity, record]));
    for (const [identity, kind] of kinds) if ((this.#view.kind(identity) ?? kind) !== kind) return identity;
    const kind = (identity: Identity) => kinds.get(identity) ?? this.#view.kind(identity) ?? 'directory';
    return this.#names.find(({ directory }) => kind(directory) !== 'directory')?.directory;
  }

  plan(): Plan {
    for (const record of this.#records) if (record.record === 'piece') this.#do({ do: 'piece', record });
    for (const record of this.#nodes) this.#prepare(record);
    this.#do({ do: 'sync' });
    for (const identity of this.#fresh) this.#install(identity);
    const wants = this.#wants();
    for (const want of wants) this.#detach(want);
    for (const want of wants) this.#attach(want);
    this.#settleOwed();
    this.#relink();
    this.#discard();
    for (const record of this.#nodes) this.#attributes(record);
    const { changes } = this.#view;
    return { state: 'planned', actions: this.#actions, changes, missing: [...this.#missing] };
  }

  #do(action: Action): void {
    this.#actions.push(action);
  }

  /** Nothing of it is seen yet. */
  #prepare(record: NodeRecord): void {
    const { identity } = record;
    const known = this.#view.kind(identity) !== undefined;
    switch (record.record) {
      case 'file':
        if (record.content === 'kept') {
          if (!known) this.#missing.add(identity);
          return;
        }
        this.#do({ do: 'write', record });
        this.#fresh.add(identity);
        return;
      case 'directory':
      case 'symlink':
        if (!known) {
          const at = this.#names.filter((name) => name.identity === identity);
          this.#do({ do: 'make', record, at: at.map(({ directory, name }) => ({ directory, name })) });
          if (record.record === 'symlink') this.#held.add(identity);
        }
        this.#view.setKind(identity, record.record);
        return;
      case 'special':
        this.#view.setKind(identity, 'special');
    }
  }

  #install(identity: Identity): void {
    const [from = 'limbo' as const] = this.#view.names(identity);
    if (this.#view.kind(identity)) this.#do({ do: 'version', identity, from });
    this.#do({ do: 'install', identity });
    this.#view.setKind(identity, 'file');
    this.#held.add(identity);
  }

  /** What is to be at each place that something is said of. */
  #wants(): Want[] {
    const view = this.#view;
    const wants = new Map<string, Want>();
    const want = (place: Place, identity: Identity | undefined) => wants.set(placeText(place), { place, identity });
    /** A directory is at one place: the last that is stated. */
    const places = new Map<Identity, Place>();
    for (const { directory, name, identity } of this.#names) {
      const place = { directory, name };
      for (const [other, owed] of view.owed()) if (placeText(owed) === placeText(place)) view.owe(other, undefined);
      // With the directory all its names are gone.
      if (this.#gone.has(directory)) continue;
      if (!view.isDirectory(directory)) {
        this.#missing.add(directory);
        continue;
      }
      const kind = identity && !this.#gone.has(identity) ? view.kind(identity) : undefined;
      if (identity && !kind && !this.#gone.has(identity)) this.#missing.add(identity);
      const is = identity && kind && kind !== 'special' ? identity : undefined;
      if (is && kind === 'directory') {
        const before = places.get(is);
        if (before) want(before, undefined);
        for (const now of view.names(is)) if (!wants.has(placeText(now))) want(now, undefined);
        places.set(is, place);
        view.owe(is, undefined);
      }
      want(place, is);
    }
    for (const identity of this.#gone) {
      for (const place of view.names(identity)) if (!wants.has(placeText(place))) want(place, undefined);
      // What was in it and is not gone has a name elsewhere, which may be stated later.
      if (view.isDirectory(identity))
        for (const [name] of view.children(identity)) want({ directory: identity, name }, undefined);
      for (const [other, { directory }] of view.owed())
        if (other === identity || directory === identity) view.owe(other, undefined);
    }
    return [...wants.values()];
  }

  #detach({ place, identity }: Want): void {
    const now = this.#view.at(place);
    if (!now || now === identity) return;
    const directory = this.#view.isDirectory(now);
    if (!directory && !this.#held.has(now)) {
      this.#do({ do: 'keep', identity: now, from: place });
      this.#held.add(now);
    }
    // What is no directory is replaced at once, so that the name is never without anything.
    if (directory || !identity || this.#view.isDirectory(identity))
      this.#do({ do: 'detach', identity: now, directory, from: place });
    this.#view.set(place, undefined);
  }

  #attach({ place, identity }: Want): void {
    if (!identity || this.#view.at(place) === identity) return;
    const directory = this.#view.isDirectory(identity);
    // Of two directories, each in the other, one was moved since it was read: where to, is stated later.
    if (directory && this.#view.isWithin(place.directory, identity)) {
      this.#view.owe(identity, place);
      return;
    }
    if (!directory && !this.#held.has(identity)) {
      const [from] = this.#view.names(identity);
      if (from) this.#do({ do: 'keep', identity, from });
      this.#held.add(identity);
    }
    this.#do({ do: 'attach', identity, directory, to: place });
    this.#view.set(place, identity);
  }

  #settleOwed(): void {
    for (let found = true; found; ) {
      found = false;
      for (const [identity, place] of this.#view.owed()) {
        if (!this.#view.isDirectory(place.directory)) this.#view.owe(identity, undefined);
        else if (!this.#view.at(place) && !this.#view.isWithin(place.directory, identity)) {
          this.#attach({ place, identity });
          this.#view.owe(identity, undefined);
          found = true;
        }
      }
    }
  }

  /** New content under names of which nothing is said. */
  #relink(): void {
    const attached = new Set(this.#actions.flatMap((action) => (action.do === 'attach' ? [placeText(action.to)] : [])));
    for (const identity of this.#fresh)
      for (const to of this.#view.names(identity))
        if (!attached.has(placeText(to))) this.#do({ do: 'attach', identity, directory: false, to });
  }

  #discard(): void {
    for (const identity of this.#gone) {
      const kind = this.#view.kind(identity);
      if (kind && kind !== 'special') this.#do({ do: 'discard', identity });
      this.#view.setKind(identity, undefined);
    }
    for (const identity of this.#held)
      if (!this.#gone.has(identity) && this.#view.names(identity).length > 0) this.#do({ do: 'release', identity });
  }

  /** Last: what is done in a directory changes its times. */
  #attributes(record: NodeRecord): void {
    const { identity } = record;
    if (record.record === 'special' || !this.#view.kind(identity)) return;
    if (isWritten(record)) return;
    this.#do({ do: 'attributes', record });
  }
}

function isWritten(record: NodeRecord): record is FileRecord {
  return record.record === 'file' && record.content !== 'kept';
}

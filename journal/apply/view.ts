import type { Identity, NodeRecord } from '../record.ts';

export type Kind = NodeRecord['record'];

/** A name in a directory. */
export interface Place {
  readonly directory: Identity;
  readonly name: string;
}

/** What a spare has: as its applier keeps it, beside the spare's own names and labels. */
export interface Local {
  /** `undefined`: not here. `special`: stated, and never made. */
  kind(identity: Identity): Kind | undefined;
  at(place: Place): Identity | undefined;
  /** Where it is named; nowhere: it is in limbo. */
  names(identity: Identity): readonly Place[];
  children(directory: Identity): Iterable<readonly [name: string, identity: Identity]>;
  /** Directories in limbo whose place is known, and cannot be theirs yet. */
  owed(): Iterable<readonly [identity: Identity, place: Place]>;
}

/** What a plan makes of it, to be noted once all of it is done. */
export interface LocalChanges {
  readonly kinds: ReadonlyMap<Identity, Kind | undefined>;
  readonly places: readonly (Place & { readonly identity: Identity | undefined })[];
  readonly owed: ReadonlyMap<Identity, Place>;
}

export function placeText({ directory, name }: Place): string {
  return `${directory}/${name}`;
}

/** What the spare has after the actions that were planned so far. */
export class View implements Local {
  readonly #local: Local;
  readonly #kinds = new Map<Identity, Kind | undefined>();
  readonly #places = new Map<string, Place & { readonly identity: Identity | undefined }>();
  readonly #names = new Map<Identity, Map<string, Place>>();
  readonly #owed: Map<Identity, Place>;

  constructor(local: Local) {
    this.#local = local;
    this.#owed = new Map(local.owed());
  }

  kind(identity: Identity): Kind | undefined {
    return this.#kinds.has(identity) ? this.#kinds.get(identity) : this.#local.kind(identity);
  }

  isDirectory(identity: Identity): boolean {
    return this.kind(identity) === 'directory';
  }

  at(place: Place): Identity | undefined {
    const changed = this.#places.get(placeText(place));
    return changed ? changed.identity : this.#local.at(place);
  }

  names(identity: Identity): Place[] {
    return [...this.#namesOf(identity).values()];
  }

  children(directory: Identity): [string, Identity][] {
    const all = new Map(this.#local.children(directory));
    for (const { directory: of, name, identity } of this.#places.values()) {
      if (of !== directory) continue;
      if (identity) all.set(name, identity);
      else all.delete(name);
    }
    return [...all];
  }

  owed(): [Identity, Place][] {
    return [...this.#owed];
  }

  /** Whether a directory is the other, or somewhere below it. */
  isWithin(directory: Identity, other: Identity): boolean {
    const seen = new Set<Identity>();
    for (let at: Identity | undefined = directory; at && !seen.has(at); at = this.names(at)[0]?.directory) {
      if (at === other) return true;
      seen.add(at);
    }
    return false;
  }

  setKind(identity: Identity, kind: Kind | undefined): void {
    this.#kinds.set(identity, kind);
  }

  set(place: Place, identity: Identity | undefined): void {
    const text = placeText(place);
    const before = this.at(place);
    if (before) this.#namesOf(before).delete(text);
    if (identity) this.#namesOf(identity).set(text, place);
    this.#places.set(text, { ...place, identity });
  }

  owe(identity: Identity, place: Place | undefined): void {
    if (place) this.#owed.set(identity, place);
    else this.#owed.delete(identity);
  }

  get changes(): LocalChanges {
    return { kinds: this.#kinds, places: [...this.#places.values()], owed: this.#owed };
  }

  #namesOf(identity: Identity): Map<string, Place> {
    let names = this.#names.get(identity);
    if (!names) {
      names = new Map(this.#local.names(identity).map((place) => [placeText(place), place]));
      this.#names.set(identity, names);
    }
    return names;
  }
}

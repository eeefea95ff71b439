import { type Kind, type Local, type LocalChanges, type Place, placeText } from '../../../journal/apply/view.ts';
import type { Identity } from '../../../journal/record.ts';

/** What an applier notes of its spare, in memory. */
export class MemoryLocal implements Local {
  readonly kinds = new Map<Identity, Kind>();
  readonly places = new Map<string, Place & { readonly identity: Identity }>();
  #owed: ReadonlyMap<Identity, Place> = new Map();

  kind(identity: Identity): Kind | undefined {
    return this.kinds.get(identity);
  }
  at(place: Place): Identity | undefined {
    return this.places.get(placeText(place))?.identity;
  }
  names(identity: Identity): Place[] {
    return [...this.places.values()]
      .filter((one) => one.identity === identity)
      .map(({ directory, name }) => ({ directory, name }));
  }
  children(directory: Identity): [string, Identity][] {
    return [...this.places.values()]
      .filter((one) => one.directory === directory)
      .map(({ name, identity }) => [name, identity]);
  }
  owed(): Iterable<readonly [Identity, Place]> {
    return this.#owed;
  }

  apply({ kinds, places, owed }: LocalChanges): void {
    for (const [identity, kind] of kinds) {
      if (kind) this.kinds.set(identity, kind);
      else this.kinds.delete(identity);
    }
    for (const { directory, name, identity } of places) {
      const place = { directory, name };
      if (identity) this.places.set(placeText(place), { ...place, identity });
      else this.places.delete(placeText(place));
    }
    this.#owed = new Map(owed);
  }

  /** To compare with another. */
  get plain(): unknown {
    const kinds = [...this.kinds].filter(([, kind]) => kind !== 'special').sort();
    return { kinds, places: [...this.places.values()].map((p) => [placeText(p), p.identity]).sort() };
  }
}

import type { ResourcePolicy } from '../iam/resource-policies.ts';
import { settled } from './lifecycle.ts';
import type { BucketSettings, StoredObject, Surroundings, Upload, Version } from './model.ts';

/** One bucket, strongly consistent. What has expired goes when somebody looks: nothing ticks. */
export class Bucket {
  readonly name: string;
  readonly arn: string;
  settings: BucketSettings;
  policy: ResourcePolicy | undefined;
  readonly uploads = new Map<string, Upload>();
  /** Key -> when it was last deleted. */
  readonly #deleted = new Map<string, number>();
  readonly #world: Surroundings;
  /** Oldest first. */
  readonly #versions = new Map<string, readonly Version[]>();
  /** All keys, in their order. */
  readonly #keys: string[] = [];

  constructor(name: string, arn: string, settings: BucketSettings, world: Surroundings) {
    this.name = name;
    this.arn = arn;
    this.settings = settings;
    this.#world = world;
  }

  /** What a key has now, oldest first. */
  versions(key: string): readonly Version[] {
    const before = this.#versions.get(key);
    if (!before) return [];
    const now = settled(key, before, this.settings, this.#world);
    if (now !== before) this.#set(key, now);
    return now;
  }

  /** The newest version of a key; a delete marker is none. */
  current(key: string): (Version & { readonly object: StoredObject }) | undefined {
    const last = this.versions(key).at(-1);
    return last?.object ? { ...last, object: last.object } : undefined;
  }

  /** @returns the new version */
  put(key: string, object: StoredObject): Version {
    return this.#add(key, object);
  }

  /** Without a version: a delete marker where versions are kept, and else it is gone. @returns the marker, if one was made */
  remove(key: string): Version | undefined {
    const there = this.versions(key);
    if (there.at(-1)?.object) this.#deleted.set(key, this.#world.now());
    if (this.settings.versioned) return this.#add(key, undefined);
    this.#set(key, []);
    return undefined;
  }

  /** One version, for good. @returns what it was */
  removeVersion(key: string, id: string): Version | undefined {
    const there = this.versions(key);
    const found = there.find((version) => version.id === id);
    if (!found) return undefined;
    if (found === there.at(-1) && found.object) this.#deleted.set(key, this.#world.now());
    this.#set(
      key,
      there.filter((version) => version !== found),
    );
    return found;
  }

  /** Whether the key was deleted after that moment. */
  deletedSince(key: string, at: number): boolean {
    return (this.#deleted.get(key) ?? Number.NEGATIVE_INFINITY) > at;
  }

  /** Objects in the order of their keys (UTF-8), from the one after `after` on. */
  *objects(prefix: string, after = ''): Generator<readonly [string, Version & { readonly object: StoredObject }]> {
    for (const key of this.#keys.slice(this.#place(inOrder(after, prefix) > 0 ? after : prefix))) {
      if (key === after && after !== '') continue;
      if (!key.startsWith(prefix)) {
        if (inOrder(prefix, key) < 0) return;
        continue;
      }
      const version = this.current(key);
      if (version) yield [key, version];
    }
  }

  /** Keys in their order with all that they have, oldest first: what is hidden, too. */
  *keys(prefix: string): Generator<readonly [string, readonly Version[]]> {
    for (const key of this.#keys.slice(this.#place(prefix))) {
      if (!key.startsWith(prefix)) return;
      const versions = this.versions(key);
      if (versions.length > 0) yield [key, versions];
    }
  }

  /** Neither an object nor a marker nor an older version is left. */
  get empty(): boolean {
    return ![...this.#keys].some((key) => this.versions(key).length > 0);
  }

  #add(key: string, object: StoredObject | undefined): Version {
    const { versioned } = this.settings;
    const version = { id: versioned ? this.#world.newId() : 'null', at: this.#world.now(), object };
    const before = this.versions(key);
    this.#set(key, versioned ? [...before, version] : [version]);
    return version;
  }

  #set(key: string, versions: readonly Version[]): void {
    const place = this.#place(key);
    const known = this.#keys[place] === key;
    if (versions.length === 0) {
      this.#versions.delete(key);
      if (known) this.#keys.splice(place, 1);
      return;
    }
    this.#versions.set(key, versions);
    if (!known) this.#keys.splice(place, 0, key);
  }

  /** Where a key is, or would be. */
  #place(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (inOrder(this.#keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Keys are listed in UTF-8 binary order: docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html */
function inOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

import { createHash } from 'node:crypto';
import { type FileRecord, type Identity, type Key, keyText, type NodeRecord } from '../record.ts';
import { Batch, LIMITS, type Limits } from './batch.ts';
import { type Dirty, type DirtySet, OPEN, SETTLE } from './dirty.ts';
import { differs, type Index, type Known, type Sign } from './index.ts';
import { Pieces } from './pieces.ts';
import { type Clock, type Found, type Source, type Stage, Unreadable } from './source.ts';

/** Nanoseconds for which a file may change again without another time of change: clocks of file systems tick every 1 to 10 ms. */
const YOUNG = 1_000_000_000n;
const MILLISECOND = 1_000_000n;
/** Things that are looked at together: each look is a round trip. */
const AT_ONCE = 256;
/** Names that are looked at for what has lost its own: one after the other is given up and another is dirty. */
const MOST_ELSEWHERE = 1024;

/** Looks at one name for one batch, where what it names is replaced meanwhile. */
const MOST_LOOKS = 4;

/** What was found under a name; no identity: nothing. */
interface Name {
  readonly directory: Identity;
  readonly name: string;
  readonly path: string;
  readonly identity?: Identity;
}

/** What came of looking at an identity. `begun`: it is large, and is stated once it is read. `later`: it could not be stated yet. */
type Stated = 'stated' | 'known' | 'gone' | 'begun' | 'later';

export interface GatherWorld {
  readonly dirty: DirtySet;
  readonly index: Index;
  readonly source: Source;
  readonly clock: Clock;
  readonly limits?: Limits;
}

/**
 * Makes batches of what is dirty: looks at each thing as it is now, and states it where the index has it otherwise. One batch at a time; its changes go
 * into the index once it is acknowledged, and only then the next is gathered.
 */
export class Gatherer {
  readonly #world: GatherWorld;
  readonly #pieces: Pieces;
  /** What lost a name in the batch that is being filled. */
  readonly #displaced = new Set<Identity>();
  /** Taken together, and not stated yet. */
  readonly #taken = new Map<string, Dirty>();

  constructor(world: GatherWorld) {
    this.#world = world;
    this.#pieces = new Pieces(world.source);
  }

  async gather(stage: Stage): Promise<Batch> {
    const { clock, dirty } = this.#world;
    const batch = new Batch(stage, clock.now(), this.#world.limits ?? LIMITS);
    batch.taken = Number(clock.wall() / MILLISECOND);
    const unsaid = dirty.takeUnsaid();
    if (unsaid) batch.add(unsaid);
    await this.#fill(batch);
    batch.complete = this.#complete(batch);
    return batch;
  }

  async #fill(batch: Batch): Promise<void> {
    const { clock, dirty } = this.#world;
    // Half is for a large file, where there is one, and the other half for all else: neither waits for the other.
    await this.#large(batch, 0.5);
    const due = dirty.due(clock.now());
    for (let at = 0; at < due.length && !batch.isFull(clock.now()); at += AT_ONCE)
      await this.#some(batch, due.slice(at, at + AT_ONCE));
    await this.#elsewhere(batch);
    await this.#large(batch, 1);
  }

  /** What lost its name may have another one by now, which is not due: without that it would be nowhere, as long as it is renamed on and on. */
  async #elsewhere(batch: Batch): Promise<void> {
    const { clock, dirty, index } = this.#world;
    const named = new Set(batch.names.map(({ identity }) => identity));
    const isThere = (identity: Identity) => (batch.states(identity) ? batch.nodes.get(identity) : index.node(identity));
    const isLost = [...this.#displaced].some((identity) => !named.has(identity) && isThere(identity));
    this.#displaced.clear();
    if (!isLost) return;
    const names = [...dirty.keys()].filter((key) => key.of === 'name' && !batch.has(key)).slice(0, MOST_ELSEWHERE);
    for (let at = 0; at < names.length && !batch.isFull(clock.now()); at += AT_ONCE)
      await this.#some(batch, names.slice(at, at + AT_ONCE));
  }

  async #some(batch: Batch, keys: readonly Key[]): Promise<void> {
    const { clock, dirty, source } = this.#world;
    // Taken before anything of it is looked at: what changes from now on is heard, and makes it dirty again.
    for (const key of keys) {
      const taken = dirty.take(key);
      if (taken) this.#taken.set(keyText(key), taken);
    }
    await source.expect?.(keys);
    for (const key of keys) {
      if (batch.isFull(clock.now())) break;
      const taken = this.#take(key);
      if (taken) await this.#one(batch, taken, key);
    }
    for (const left of this.#taken.values()) dirty.defer(left);
    this.#taken.clear();
  }

  /** It may have been taken along with another, or be dirty anew. */
  #take(key: Key): Dirty | undefined {
    const text = keyText(key);
    const taken = this.#taken.get(text);
    this.#taken.delete(text);
    return taken;
  }

  /** What changed before the oldest that is left over is stated. */
  #complete({ began, taken }: Batch): number | undefined {
    const upTo = this.takenUpTo;
    return upTo === undefined ? undefined : taken - Math.ceil(began - Math.min(began, upTo));
  }

  /** Every change before this moment is in a batch; `undefined` where nobody can know. By the clock that only goes on. */
  get takenUpTo(): number | undefined {
    const upTo = this.#world.dirty.takenUpTo;
    const since = this.#pieces.since ?? Number.POSITIVE_INFINITY;
    return upTo === undefined || since === Number.NEGATIVE_INFINITY ? undefined : Math.min(upTo, since);
  }

  /** The segment of a batch was acknowledged under this number. */
  acknowledged(batch: Batch, number: number): void {
    this.#pieces.acknowledged(batch, number);
  }

  /**
   * Something is to be stated whatever the index has, for an object of an earlier start names it: until that is done the writer's marker stays before that
   * object, so that another start finds it too.
   */
  get owes(): boolean {
    return this.#world.dirty.owes || this.#pieces.owes;
  }

  /** Whether a large file is under way: nothing has to be dirty for the next batch to have something. */
  get isReading(): boolean {
    return this.#pieces.identity !== undefined;
  }

  async #one(batch: Batch, taken: Dirty, key: Key): Promise<void> {
    if (key.of === 'name') await this.#name(batch, taken, key);
    // It was taken along with a name; that it is dirty again was heard since then.
    else if (batch.states(key.identity)) this.#world.dirty.defer(taken);
    else if ((await this.#node(batch, key.identity, taken)) === 'later') this.#world.dirty.defer(taken);
  }

  /** What was found under a name may be replaced before it is read. It is looked up again then, and not with the next batch, where another is too late once more. */
  async #name(batch: Batch, taken: Dirty, key: Extract<Key, { of: 'name' }>): Promise<void> {
    let before: Identity | undefined;
    for (let look = 1; look <= MOST_LOOKS; look++) {
      const found = await this.#world.source.lookup(key.directory, key.name);
      // With the directory all its names are gone.
      if (!found) return;
      if (look > 1 && found.identity === before) break;
      before = found.identity;
      const named = await this.#named(batch, taken, { ...key, ...found });
      if (named === 'done') return;
      if (named === 'waits') break;
    }
    this.#world.dirty.defer(taken);
  }

  /** @returns `waits`: for another batch; `missed`: what it names could not be stated, and may be another by now */
  async #named(batch: Batch, taken: Dirty, at: Name): Promise<'done' | 'waits' | 'missed'> {
    const { dirty, index } = this.#world;
    const { directory, name, identity, path } = at;
    if (!taken.forced && !taken.heard && index.name(directory, name) === identity) return 'done';
    for (const needed of identity ? [directory, identity] : [directory]) {
      if (batch.states(needed) ? batch.nodes.get(needed) : index.node(needed)) continue;
      if (batch.states(needed)) return 'waits';
      if (needed === identity && this.#waits(taken, identity)) return 'waits';
      // What it names has to be in the journal before it, or with it.
      const key = { of: 'node', identity: needed } as const;
      const pulled = this.#take(key) ?? dirty.take(key);
      const stated = await this.#node(batch, needed, pulled);
      if (pulled && stated === 'later') dirty.defer(pulled);
      if (stated !== 'stated' && stated !== 'known') return 'missed';
    }
    const before = index.name(directory, name);
    if (before && before !== identity) this.#displaced.add(before);
    batch.addName(directory, name, identity, path);
    return 'done';
  }

  /** A name waits for what it names to be written, but not for ever: a file that is replaced twice a second never settles. */
  #waits(name: Dirty, identity: Identity): boolean {
    const { clock, dirty } = this.#world;
    const now = clock.now();
    return (
      dirty.settles(identity, now) !== undefined && now < name.first + (dirty.isOpen(identity) ? OPEN : 2 * SETTLE)
    );
  }

  async #node(batch: Batch, identity: Identity, taken: Dirty | undefined): Promise<Stated> {
    const { clock, dirty, index, source } = this.#world;
    if (this.#pieces.identity === identity) return 'later';
    const found = await source.look(identity);
    const known = index.node(identity);
    if (!found) return this.#gone(batch, identity, taken);
    if (!taken?.forced && !differs(found, known)) return 'known';
    const { kind, path, attributes, target = '', type = 'fifo' } = found;
    const young = clock.wall() - found.ctime < YOUNG;
    const node = { identity, path, ...attributes, ctime: found.ctime };
    let record: NodeRecord;
    if (kind === 'directory') {
      record = { record: kind, ...node };
      if (!known) await this.#children(identity, taken);
    } else if (kind === 'symlink') record = { record: kind, ...node, target };
    else if (kind === 'special') record = { record: kind, ...node, type };
    else if (this.#isKept(found, known, taken)) record = { record: kind, ...node, ...this.#kept(known) };
    else if (found.size > batch.limits.large)
      return this.#pieces.begin(identity, {
        found,
        young,
        since: taken?.since ?? Number.NEGATIVE_INFINITY,
        forced: taken?.forced ?? false,
      })
        ? 'begun'
        : 'later';
    else {
      const read = await this.#read(batch, identity, found, taken?.forced ? undefined : known);
      if (!read) return 'later';
      record = { record: kind, ...node, ...read };
    }
    const unsure = young || (record.record === 'file' && record.changing === true);
    batch.addNode(record, found, unsure);
    if (unsure) dirty.add({ of: 'node', identity }, clock.now(), { content: true });
    return 'stated';
  }

  /** What came with it was heard of under no name: it was in `.remount`, or moved while nobody listened. */
  async #children(directory: Identity, taken: Dirty | undefined): Promise<void> {
    const { clock, dirty, source } = this.#world;
    for await (const name of source.names(directory))
      dirty.add({ of: 'name', directory, name }, clock.now(), sinceOf(taken));
  }

  #gone(batch: Batch, identity: Identity, taken: Dirty | undefined): 'gone' {
    const { clock, dirty, index } = this.#world;
    if (!index.node(identity) && !taken?.forced && !taken?.heard) return 'gone';
    // Of what was in it, nothing else may ever speak.
    for (const [, child] of index.names(identity))
      dirty.add({ of: 'node', identity: child }, clock.now(), sinceOf(taken));
    batch.addGone(identity);
    return 'gone';
  }

  /** Renamed, linked or given other attributes, as far as was heard: nobody reads it again for that. */
  #isKept(found: Found, known: Known | undefined, taken: Dirty | undefined): known is Known & { sha256: string } {
    if (!known?.sha256 || known.unsure || !taken || taken.content || taken.forced || this.#world.dirty.doubt)
      return false;
    return found.size === known.size && found.attributes.mtime === known.mtime;
  }

  #kept({ size, sha256 }: Known & { sha256: string }): Pick<FileRecord, 'size' | 'sha256' | 'content'> {
    return { size, sha256, content: 'kept' };
  }

  /** Reads a file into the stage. @returns `undefined` where it vanished meanwhile */
  async #read(batch: Batch, identity: Identity, found: Found, known: Known | undefined) {
    const { source } = this.#world;
    const before = batch.stage.size;
    const hash = createHash('sha256');
    let after: Sign | undefined;
    try {
      after = await source.read(identity, { offset: 0, length: found.size }, async (chunk) => {
        hash.update(chunk);
        await batch.stage.write(chunk);
      });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      batch.unreadable.push(found.path);
    }
    const size = batch.stage.size - before;
    const sha256 = hash.digest('hex');
    const same = known?.sha256 === sha256;
    if (same || !after) await batch.stage.truncate(before);
    if (!after) return undefined;
    const content = same ? ('kept' as const) : ('here' as const);
    const changing = after.ctime !== found.ctime || size !== found.size;
    return changing ? { size, sha256, content, changing } : { size, sha256, content };
  }

  /** Goes on with a large file until the batch is filled up to this share; where all of it is in the journal, states it. */
  async #large(batch: Batch, share: number): Promise<void> {
    const { clock, dirty } = this.#world;
    const done = await this.#pieces.advance(batch, share, clock);
    if (!done) return;
    const { record, found, unsure } = done;
    if (record) batch.addNode(record, found, unsure);
    // Where it vanished it is not known any more who was to learn of it.
    const how = { content: true, forced: !record, ...(record ? {} : { since: done.since }) };
    if (!record || unsure) dirty.add({ of: 'node', identity: done.identity }, clock.now(), how);
  }
}

/** What comes to light with something has changed since that did; nobody knows where that was not dirty itself. */
function sinceOf(taken: Dirty | undefined): { readonly since: number } {
  return { since: taken?.since ?? Number.NEGATIVE_INFINITY };
}

import { createHash } from 'node:crypto';
import { afterSegment, type Base } from '../../../journal/apply/base.ts';
import { isAlone, Merged } from '../../../journal/apply/merge.ts';
import { plan } from '../../../journal/apply/plan.ts';
import { contentOf, type FileRecord, type Identity, type JournalRecord, keyOf, ROOT } from '../../../journal/record.ts';
import { decode } from '../../../journal/segment/decode.ts';
import { encode } from '../../../journal/segment/encode.ts';
import type { Header } from '../../../journal/segment/layout.ts';
import type { Batch, Limits } from '../../../journal/write/batch.ts';
import { type Change, DirtySet } from '../../../journal/write/dirty.ts';
import { Gatherer } from '../../../journal/write/gather.ts';
import { differences } from '../../../journal/write/index.ts';
import { Random } from '../../../simulator/time/random.ts';
import { MemoryIndex } from '../write/memory-index.ts';
import type { Inode } from './files.ts';
import type { MemoryLocal } from './local.ts';
import { Generator, perform } from './operations.ts';
import { MemoryStage, Owner, Time } from './owner.ts';
import { type Node, Spare } from './spare.ts';

const START = 1_790_000_000_000_000_000n;
/** Small, so that files of some hundred bytes go into pieces and segments are soon full. */
const LIMITS: Limits = { bytes: 400, lines: 20_000, time: 2000, large: 120, zeros: 300 };

/**
 * A writer on one file system, an applier on another, and chance: operations while the writer reads, killed and overflowed at any moment, segments applied
 * in part and again, bases that are newer than the segments they are brought up with.
 */
export class World {
  readonly #random: Random;
  readonly #time = new Time();
  readonly #owner: Owner;
  readonly #generator: Generator;
  readonly #index = new MemoryIndex();
  readonly #journal: Buffer[] = [];
  readonly #stated: (readonly JournalRecord[])[] = [];
  /** What the header of each says. */
  readonly #times: Pick<Header, 'taken' | 'complete'>[] = [];
  /** What the writer's marker has. */
  #acknowledged = 0;
  #dirty = new DirtySet();
  #gatherer!: Gatherer;
  #deaf = false;
  #spare: Spare;
  #local: MemoryLocal;
  #cursor = 0;
  /** Up to here segments were applied before, or are older than the base. */
  #behind = 0;
  #calm = false;
  #based: Base = { moment: 0, passed: true };
  /** Another one is taken then. */
  #unfit: number | undefined;
  readonly counts = {
    operations: 0,
    segments: 0,
    kills: 0,
    again: 0,
    bases: 0,
    pieces: 0,
    kept: 0,
    changing: 0,
    owed: 0,
    merged: 0,
  };

  constructor(seed: number) {
    this.#random = new Random(seed, 'journal');
    this.#generator = new Generator(this.#random.stream('operations'), 500);
    this.#owner = new Owner(
      this.#time,
      (change) => this.#note(change),
      () => this.#between(),
    );
    this.#spare = new Spare((segment, identity, offset) => this.#piece(segment, identity, offset));
    this.#local = this.#spare.truth();
    this.#start();
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.#operate();
      this.#time.ms += this.#random.whole(0, 120);
      if (this.#chance(0.1)) await this.#write();
      if (this.#chance(0.1)) await this.#apply();
      if (this.#chance(0.005)) this.#kill();
      if (this.#chance(0.005)) this.#overflow();
      if (this.#chance(0.004)) this.#base();
      if (this.#chance(0.01)) this.#rewind();
      // The clock is set, backwards too.
      if (this.#chance(0.005)) this.#time.offset = START + BigInt(this.#random.whole(-2500, 2500)) * 1_000_000n;
    }
    await this.#settle();
    for (let step = 0; step < steps / 4; step++) this.#operate();
    await this.#settle();
  }

  /** Until all is stated and applied. */
  async #settle(): Promise<void> {
    this.#calm = true;
    for (const operation of this.#generator.close()) perform(this.#owner.files, operation);
    if (this.#deaf) this.#overflow();
    for (let round = 0; round < 400; round++) {
      this.#time.ms += 1500;
      await this.#write();
      await this.#apply();
      if (
        this.#based.passed &&
        this.#unfit === undefined &&
        this.#dirty.size === 0 &&
        !this.#gatherer.isReading &&
        !this.#dirty.doubt
      )
        return;
    }
    throw new Error('it does not come to rest');
  }

  #chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  #note(change: Change): void {
    if (!this.#deaf) this.#dirty.note(change, this.#time.ms);
  }

  #operate(): void {
    perform(this.#owner.files, this.#generator.next(this.#owner.files));
    this.counts.operations++;
  }

  /** While the writer reads. */
  #between(): void {
    if (this.#calm || !this.#chance(0.05)) return;
    this.#time.ms += this.#random.whole(0, 20);
    for (let i = this.#random.whole(1, 3); i > 0; i--) this.#operate();
  }

  #start(): void {
    const [dirty, index, source, clock] = [this.#dirty, this.#index, this.#owner, this.#time];
    this.#gatherer = new Gatherer({ dirty, index, source, clock, limits: LIMITS });
    this.#dirty.wantScan('it starts');
    // What it may not have heard to be written is stated once more.
    for (const record of this.#stated.slice(this.#acknowledged).flat()) {
      const key = keyOf(record);
      if (key) this.#dirty.add(key, this.#time.ms, { content: true, forced: true });
    }
  }

  /** Some changes are not heard of; in the end it is said that they were lost. */
  #overflow(): void {
    this.#deaf = !this.#deaf && !this.#calm;
    if (!this.#deaf) this.#note({ change: 'overflow' });
  }

  #kill(): void {
    this.counts.kills++;
    this.#dirty = new DirtySet();
    this.#start();
  }

  #scan(): void {
    this.#dirty.scanBegins();
    const add = (key: Parameters<DirtySet['add']>[0]) => this.#dirty.add(key, this.#time.ms, { content: true });
    add({ of: 'node', identity: ROOT });
    for (const [directory, listing] of this.#owner.listings()) {
      this.#between();
      for (const key of differences(directory, listing, this.#index)) add(key);
    }
    for (const identity of this.#index.unnamed()) add({ of: 'node', identity });
    this.#dirty.scanEnds();
  }

  async #write(): Promise<void> {
    if (this.#dirty.scanWanted && !this.#deaf) this.#scan();
    if (!this.#deaf) this.#dirty.heardUpTo(this.#time.ms);
    const stage = new MemoryStage();
    const batch = await this.#gatherer.gather(stage);
    // One that says nothing is a heartbeat: up to when there was nothing to say.
    if (batch.records.length === 0 && !this.#chance(0.2)) return;
    this.#count(batch.records);
    const header = { volume: 'alpha', term: 1, writer: 'w', run: 1, kind: 'segment', ...pick(batch) } as const;
    const chunks: Uint8Array[] = [];
    for await (const chunk of encode(header, batch.records, inOne(stage.bytes))) chunks.push(chunk);
    this.#journal.push(Buffer.concat(chunks));
    this.#stated.push(batch.records);
    this.#times.push(pick(batch));
    // A spare fetches them when they are named, also where it began after them.
    let at = 0;
    for (const record of batch.records) {
      const end = at + (contentOf(record)?.length ?? 0);
      const key = (of: Identity, offset: number) => `${this.#journal.length} ${of} ${offset}`;
      if (record.record === 'piece')
        this.#pieces.set(key(record.identity, record.offset), stage.bytes.subarray(at, end));
      at = end;
    }
    if (this.#chance(0.02)) {
      // Killed before it heard.
      this.#kill();
      return;
    }
    this.#index.apply({ nodes: batch.nodes, names: batch.names });
    this.#gatherer.acknowledged(batch, this.#journal.length);
    if (!this.#gatherer.owes) this.#acknowledged = this.#journal.length;
  }

  #count(records: readonly JournalRecord[]): void {
    this.counts.segments++;
    for (const record of records) {
      if (record.record === 'piece') this.counts.pieces++;
      if (record.record === 'file' && record.content === 'kept') this.counts.kept++;
      if (record.record === 'file' && record.changing) this.counts.changing++;
    }
  }

  readonly #pieces = new Map<string, Buffer>();
  #piece(segment: number, identity: string, offset: number): Buffer {
    const piece = this.#pieces.get(`${segment} ${identity} ${offset}`);
    if (!piece) throw new Error(`segment ${segment} has no piece of ${identity} at ${offset}`);
    return piece;
  }

  async #apply(): Promise<void> {
    if (this.#unfit !== undefined && this.#time.ms < this.#unfit) return;
    if (this.#unfit !== undefined) this.#base();
    while (this.#cursor < this.#journal.length) {
      this.#cursor = await this.#applySome(this.#cursor + 1, this.#chance(0.7) ? 1 : this.#random.whole(2, 5));
      if (this.#unfit !== undefined) return;
    }
  }

  /** As one step. @returns the last number of it */
  async #applySome(first: number, most: number): Promise<number> {
    const merged = new Merged();
    const contents = new Map<string, Buffer>();
    let base: Base | 'unfit' = this.#based;
    let number = first - 1;
    for (const bytes of this.#journal.slice(first - 1, first - 1 + most)) {
      const { header, records } = await this.#read(bytes, number + 1, contents);
      const alone = isAlone(records) || afterSegment(base, header, records, 6000) === 'unfit';
      if (!merged.isEmpty && (alone || !merged.takes(records))) break;
      merged.add(++number, records);
      base = afterSegment(base, header, records, 6000);
      if (base === 'unfit' || alone) break;
    }
    if (number > first) this.counts.merged++;
    const { records } = merged;
    const planned = plan(records, this.#local);
    if (planned.state !== 'planned') throw new Error(`segment ${number} contradicts what is here: ${planned.identity}`);
    const { actions, changes, missing } = planned;
    if (missing.length > 0 && number > this.#behind)
      throw new Error(`segment ${number} names what nobody stated: ${missing}`);
    const content = ({ identity }: FileRecord) =>
      contents.get(`${merged.contents.get(identity)} ${identity}`) ?? Buffer.alloc(0);
    const all = (upTo: number) => {
      for (const action of actions.slice(0, upTo)) this.#spare.do(action, number, content);
    };
    // Killed on the way, as often as it takes.
    while (this.#chance(0.3)) {
      this.counts.again++;
      all(this.#random.whole(0, actions.length));
    }
    all(actions.length);
    this.counts.owed += changes.owed.size;
    this.#local.apply(changes);
    if (base !== 'unfit' && base.passed && !this.#based.passed) this.#behind = number;
    this.#based = base === 'unfit' ? { ...this.#based, passed: false } : base;
    if (base === 'unfit') this.#unfit = this.#time.ms + 15_000;
    const [noted, truth] = [JSON.stringify(this.#local.plain), JSON.stringify(this.#spare.truth().plain)];
    if (noted !== truth) throw new Error(`after segment ${number}: noted ${noted}, there is ${truth}`);
    return number;
  }

  async #read(bytes: Buffer, number: number, contents: Map<string, Buffer>) {
    const decoded = await decode(inOne(bytes), createHash('sha256').update(bytes).digest('hex'), {
      content: async ({ identity }, chunks) => {
        const all: Uint8Array[] = [];
        for await (const chunk of chunks) all.push(chunk);
        contents.set(`${number} ${identity}`, Buffer.concat(all));
      },
    });
    if (decoded.state !== 'sound') throw new Error(`segment ${number}: ${decoded.damage.code}`);
    return decoded;
  }

  /** The spare is behind what it says: its cursor was lost. */
  #rewind(): void {
    this.#behind = Math.max(this.#behind, this.#cursor);
    this.#cursor = this.#random.whole(Math.max(0, this.#cursor - 6), this.#cursor);
  }

  /** A new spare of a copy of the owner's blocks, which is newer than the number that stands on it. */
  #base(): void {
    this.counts.bases++;
    this.#spare = Spare.base(this.#owner.files.root, (segment, identity, offset) =>
      this.#piece(segment, identity, offset),
    );
    this.#local = this.#spare.truth();
    this.#cursor = this.#acknowledged;
    this.#based = { moment: Number(this.#time.wall() / 1_000_000n), passed: false };
    this.#unfit = undefined;
    // Until it has passed its moment it may meet what was deleted since.
    this.#behind = Number.POSITIVE_INFINITY;
  }

  /** All numbers, as whoever reads the journal has them. */
  get segments() {
    return this.#times.map((times, i) => ({ times, records: this.#stated[i] ?? [] }));
  }

  /** What stands on the owner, by path. */
  get truth(): ReadonlyMap<string, Identity> {
    return new Map([...this.#owner.files.paths()].map(([path, { identity }]) => [path, identity]));
  }

  /** What differs between the owner and the spare; and what is left aside. */
  differences(): string[] {
    const found: string[] = [];
    compare(this.#owner.files.root, this.#spare.root, '', found, new Map());
    for (const identity of this.#spare.limbo.keys()) found.push(`in limbo: ${identity}`);
    for (const identity of this.#spare.fresh.keys()) found.push(`fresh: ${identity}`);
    return found;
  }
}

function compare(owner: Inode, spare: Node | undefined, path: string, found: string[], pairs: Map<Inode, Node>): void {
  if (!spare) {
    found.push(`${path}: not there`);
    return;
  }
  if ((pairs.get(owner) ?? spare) !== spare) found.push(`${path}: its names are of two files`);
  pairs.set(owner, spare);
  if (owner.kind !== spare.kind) found.push(`${path}: ${owner.kind}, and a ${spare.kind}`);
  if (!owner.content.equals(spare.content)) found.push(`${path}: other content`);
  if (owner.target !== spare.target) found.push(`${path}: another target`);
  const text = (of: Inode | Node) =>
    JSON.stringify(of.attributes, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  if (text(owner) !== text(spare)) found.push(`${path}: ${text(owner)}, and ${text(spare)}`);
  for (const [name, child] of owner.entries)
    if (child.kind !== 'special') compare(child, spare.entries.get(name), `${path}/${name}`, found, pairs);
  for (const name of spare.entries.keys()) if (!owner.entries.has(name)) found.push(`${path}/${name}: of nobody`);
}

function pick({ taken, complete }: Batch): Pick<Header, 'taken' | 'complete'> {
  return { taken, complete };
}

async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

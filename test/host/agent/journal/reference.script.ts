/** A writer on real XFS, an applier on a copy of its blocks, and chance: afterwards both have the same. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeOver } from '../../../../host/agent/applier/takeover.ts';
import { WriterEnded } from '../../../../host/agent/journal/send.ts';
import { Spool } from '../../../../host/agent/journal/spool.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { Random } from '../../../../simulator/time/random.ts';
import { MemoryFiles } from '../../../journal/reference/files.ts';
import { Generator, perform } from '../../../journal/reference/operations.ts';
import { end, Volume } from '../kernel/lab.ts';
import { CLOCK, MARGIN, Owner, pause, Standby } from './agents.ts';
import { MemoryJournal } from './memory-store.ts';
import { OnDisk, pictureOf } from './on-disk.ts';

const seed = Number(process.argv[2] ?? 1);
const rounds = Number(process.argv[3] ?? 8);
console.error(`seed ${seed}`);
const random = new Random(seed, 'journal on disk');
const chance = (probability: number) => random.next() < probability;
const disks = mkdtempSync(join(tmpdir(), 'remount-journal-'));
const counts = { operations: 0, killed: 0, appliersKilled: 0, bases: 0, unfit: 0, segments: 0 };

const journal = new MemoryJournal();
journal.mishap = () => {
  const roll = random.next();
  if (roll < 0.04) return 'unheard';
  if (roll < 0.06) return 'lost';
  if (roll < 0.08) return 'late';
  return roll < 0.12 ? 'busy' : undefined;
};

/** Operations on one volume, in memory too: that says what is lawful. */
class Users {
  readonly #files = new MemoryFiles(CLOCK.wall, () => {});
  readonly #generator: Generator;
  #disk: OnDisk;

  constructor(mountPoint: string, resolver: Resolver) {
    this.#generator = new Generator(random.stream('operations'), 200_000);
    this.#disk = new OnDisk(mountPoint, resolver);
  }

  async act(): Promise<void> {
    counts.operations++;
    const operation = this.#generator.next(this.#files);
    // A name that is not UTF-8 cannot be handed to mkfifo(1) here.
    if (operation.op === 'mkfifo' && !operation.path.isWellFormed()) return;
    // No attributes of users on pipes: xattr(7).
    if (operation.op === 'attributes' && this.#files.find(operation.path)?.kind === 'special') return;
    await this.#disk.do(operation);
    perform(this.#files, operation);
    if (chance(0.02) && this.#files.find('sparse')?.kind !== 'directory') this.#sparse();
  }
  async close(): Promise<void> {
    for (const operation of this.#generator.close()) {
      await this.#disk.do(operation);
      perform(this.#files, operation);
    }
  }
  move(mountPoint: string, resolver: Resolver): void {
    this.#disk = new OnDisk(mountPoint, resolver);
    // Pipes are never made on a spare; those that came with the base are taken away.
    for (const [path, { kind }] of this.#files.paths()) if (kind === 'special') this.#files.unlink(path);
  }
  #sparse(): void {
    this.#disk.sparse('sparse', Buffer.from(random.bytes(70_000)), 1 << 20);
    this.#files.write('sparse', Buffer.alloc(1));
  }
}

async function use(users: Users, operations: number): Promise<void> {
  for (let i = 0; i < operations; i++) {
    await users.act();
    if (chance(0.3)) await pause(random.whole(0, 60));
  }
}

let copies = 0;
async function baseOf(volume: Volume): Promise<Standby> {
  counts.bases++;
  const copy = new Volume(`copy-${++copies}`, volume);
  const standby = new Standby(copy, journal, Date.now());
  await standby.start();
  return standby;
}

/** Until all is flushed, applied, and the spare is as the owner was. */
async function compare(owner: Owner, volume: Volume, standby: Standby, resolver: Resolver): Promise<Standby> {
  let spare = standby;
  for (let attempt = 0; ; attempt++) {
    const { flushed, left } = await owner.writer.flush(60_000);
    if (!flushed) throw new Error(`not flushed, left: ${left}, ${JSON.stringify(owner.writer.status)}`);
    const unfit = await spare.apply();
    if (unfit === undefined && spare.applier.progress.passed) break;
    if (attempt === 10) throw new Error(`no base passes: ${unfit}`);
    if (unfit !== undefined) {
      counts.unfit++;
      spare.stop();
      spare.volume.close();
      await pause(MARGIN);
      spare = await baseOf(volume);
    }
    // Something that is stated after the base's moment.
    await pause(2 * MARGIN);
    volume.sh('touch touched');
  }
  const [there, here] = [
    await pictureOf(volume.mountPoint, resolver),
    await pictureOf(spare.volume.mountPoint, spare.resolver),
  ];
  const short = (line: string) => line.slice(0, 200);
  const differences = [
    ...there.filter((line) => !here.includes(line)).map((line) => `owner ${short(line)}`),
    ...here.filter((line) => !there.includes(line)).map((line) => `spare ${short(line)}`),
  ];
  if (differences.length > 0) throw new Error(`seed ${seed}: ${differences.join('\n')}`);
  return spare;
}

async function live(owner: Owner, volume: Volume, users: Users, resolver: Resolver): Promise<Standby> {
  await pause(MARGIN);
  let standby = await baseOf(volume);
  for (let round = 0; round < rounds; round++) {
    const using = use(users, 60);
    if (chance(0.7)) {
      counts.killed++;
      await pause(random.whole(0, 400));
      await owner.kill(random.whole(1, 150));
      await using;
      if (chance(0.3)) await use(users, 20);
      await owner.start();
    } else await using;
    if (chance(0.7)) {
      counts.appliersKilled++;
      standby.life.killAfter(random.whole(1, 80));
    }
    await standby.apply();
    if (round % 3 === 2) standby = await compare(owner, volume, standby, resolver);
  }
  await users.close();
  return compare(owner, volume, standby, resolver);
}

const first = new Volume('first');
const firstResolver = await Resolver.open(first);
const users = new Users(first.mountPoint, firstResolver);
await use(users, 30);
mkdirSync(join(disks, 'first'));
mkdirSync(join(disks, 'second'));
const owner = new Owner(first, join(disks, 'first'), journal, 1);
await owner.start();
await owner.writer.flush(60_000);
const standby = await live(owner, first, users, firstResolver);

// The standby takes over; the owner of before finds that out, and never writes again.
const taken = await takeOver(
  {
    volume: 'alpha',
    term: 2,
    writer: 'owner-2',
    mountPoint: standby.volume.mountPoint,
    device: standby.volume.device,
    markerCopy: join(disks, 'second', 'marker'),
    index: join(disks, 'second', 'index'),
    store: journal,
    spool: new Spool(join(disks, 'second', 'spool')),
    tree: standby.tree,
    clock: CLOCK,
    pause,
  },
  standby.applier,
  10_000,
);
first.sh('echo more >after');
const old = await Promise.race([
  owner.ended(),
  new Promise((resolve) => setTimeout(resolve, 600_000, 'alive').unref()),
]);
const fenced = old instanceof WriterEnded ? old.why.ended : String(old);
await owner.start();
const again = await owner.ended();
standby.volume.sh('find . -path ./.remount -prune -o -type p -print0 | xargs -0r rm --');
const second = new Owner(standby.volume, join(disks, 'second'), journal, 2);
await second.start();
users.move(standby.volume.mountPoint, standby.resolver);
await second.writer.flush(60_000);
const last = await live(second, standby.volume, users, standby.resolver);
second.writer.stop();
const stopped = await second.ended();

counts.segments = journal.objects.size;
last.stop();
last.volume.close();
firstResolver.close();
rmSync(disks, { recursive: true });
end(
  {
    seed,
    counts,
    taken: taken.state,
    fenced,
    again: again instanceof WriterEnded ? again.why.ended : String(again),
    stopped,
  },
  first,
  standby.volume,
);

/** Sound copies, taken while the volume is written to: the drill must find nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../simulator/time/random.ts';
import { Ground, type Sight } from './volumes.ts';

const LOAD = join(import.meta.dirname, 'load.ts');
const SEED = 1;
/** Copies that are taken before the next are checked, so that there is load while each is taken. */
const BATCH = 10;
const PAUSE_MS = 40;

/** A process that writes. */
class Load {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #complaint = '';

  constructor(content: string, seed: number) {
    this.#child = spawn(process.execPath, [LOAD, content, `${seed}`, 'hard'], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.on('data', (data) => {
      this.#complaint += data;
    });
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** @throws Error when it had ended by itself: then there was no load */
  async end(): Promise<void> {
    const early = this.#child.exitCode !== null;
    this.#child.kill('SIGKILL');
    await this.#closed;
    if (early) throw new Error(`the load ended by itself: ${this.#complaint}`);
  }
}

/** File systems that are not as `format` makes them, but that somebody may bring. */
const MADE: readonly (readonly string[])[] = [
  [],
  ['-b', 'size=1024'],
  ['-b', 'size=2048', '-i', 'size=1024'],
  ['-m', 'rmapbt=1'],
  ['-m', 'reflink=0,finobt=0', '-i', 'sparse=0'],
  ['-d', 'su=64k,sw=4', '-i', 'maxpct=50'],
  ['-m', 'bigtime=0,inobtcount=0', '-d', 'agcount=8'],
];
const FREEZES = 0.2;

/** Takes and checks `count` copies, in turn of volumes that are made in each of these ways, that grow and that are nearly full. */
export async function hardFalseAlarms(count: number, progress: (done: number) => void): Promise<Sight[]> {
  const alarms: Sight[] = [];
  const share = Math.ceil(count / MADE.length);
  for (const [i, options] of MADE.entries()) {
    const before = i * share;
    const some = Math.min(share, count - before);
    if (some <= 0) break;
    const ground = new Ground(options);
    try {
      // A few bytes are free of one in three, and one in three has grown.
      if (i % 3 === 1) ground.fillUp();
      if (i % 3 === 2) ground.grow();
      alarms.push(...(await falseAlarms(ground, some, (done) => progress(before + done))));
    } finally {
      ground.close();
    }
  }
  return alarms;
}

/**
 * Takes `count` crash-consistent copies under load and checks each.
 * @returns the false alarms
 */
export async function falseAlarms(ground: Ground, count: number, progress: (done: number) => void): Promise<Sight[]> {
  const alarms: Sight[] = [];
  const random = new Random(SEED);
  ground.serve();
  for (let done = 0; done < count; ) {
    const ids = Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => `snap-sound-${done + i}`);
    // Two, for the one's syncs bring the half-done work of the other to the disk.
    const loads = [0, 1].map((n) => new Load(ground.content, 2 * (SEED + done) + n));
    // The load's own start takes a moment; then each copy finds it at another point.
    await sleep(300);
    for (const id of ids) {
      await sleep(PAUSE_MS);
      // As on an owner: the log is written each time, and no two copies have the same canary.
      ground.probe();
      if (random.next() < FREEZES) ground.snapshotFrozen(id);
      else ground.snapshot(id);
    }
    for (const load of loads) await load.end();
    for (const id of ids) {
      const sight = ground.drillCopy(id);
      if (sight.noticed !== '') alarms.push(sight);
      ground.disks.deleteSnapshot(id);
      progress(++done);
    }
  }
  return alarms;
}

/** Sound copies, taken while the volume is written to: the drill must find nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground, Sight } from './ground.ts';

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
    this.#child = spawn(process.execPath, [LOAD, content, `${seed}`], { stdio: ['ignore', 'ignore', 'pipe'] });
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

/**
 * Takes `count` crash-consistent copies under load and checks each.
 * @returns the false alarms
 */
export async function falseAlarms(ground: Ground, count: number, progress: (done: number) => void): Promise<Sight[]> {
  const alarms: Sight[] = [];
  for (let done = 0; done < count; ) {
    const ids = Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => `snap-sound-${done + i}`);
    // Two, for the one's syncs bring the half-done work of the other to the disk.
    const loads = [0, 1].map((n) => new Load(ground.content, 2 * (SEED + done) + n));
    // The load's own start takes a moment; then each copy finds it at another point.
    await sleep(300);
    for (const id of ids) {
      await sleep(PAUSE_MS);
      ground.snapshot(id);
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

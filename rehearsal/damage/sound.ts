/** Sound copies, taken while the volume is written to: the drill must find nothing. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground, Sight } from './ground.ts';

const LOAD = join(import.meta.dirname, 'load.ts');
const SEED = 1;
/** Copies that are taken before the next are checked, so that there is load while each is taken. */
const BATCH = 10;
const PAUSE_MS = 40;

/**
 * Takes `count` crash-consistent copies under load and checks each.
 * @returns the false alarms
 */
export async function falseAlarms(ground: Ground, count: number, progress: (done: number) => void): Promise<Sight[]> {
  const alarms: Sight[] = [];
  for (let done = 0; done < count; ) {
    const ids = Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => `snap-sound-${done + i}`);
    const load = spawn(process.execPath, [LOAD, ground.content, `${SEED + done}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaint = '';
    load.stderr.on('data', (data) => {
      complaint += data;
    });
    const ended = new Promise((resolve) => load.once('close', resolve));
    // The load's own start takes a moment; then each copy finds it at another point.
    await sleep(300);
    for (const id of ids) {
      await sleep(PAUSE_MS);
      ground.snapshot(id);
    }
    if (load.exitCode !== null) throw new Error(`the load ended by itself: ${complaint}`);
    load.kill('SIGKILL');
    await ended;
    for (const id of ids) {
      const sight = ground.drillCopy(id);
      if (sight.noticed !== '') alarms.push(sight);
      ground.disks.deleteSnapshot(id);
      progress(++done);
    }
  }
  return alarms;
}

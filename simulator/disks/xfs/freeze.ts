/** Freezes of real file systems: what `host/freeze.sh` leaves on a host, and its watchdogs, whose real timers follow virtual time. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Watchdog } from '../disks.ts';

const RUN = 'run/remount';
const SUFFIX = '.frozen';
/** A watchdog whose timer has rung thaws at once. Milliseconds. */
const THAWS_WITHIN_MS = 5000;

interface Record extends Watchdog {
  readonly pid: number;
  readonly timer: number;
}

function records(root: string): Record[] {
  const run = join(root, RUN);
  if (!existsSync(run)) return [];
  return readdirSync(run)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => {
      const [until, pid, timer] = readFileSync(join(run, name), 'utf8').split(' ').map(Number);
      return { volumeId: name.slice(0, -SUFFIX.length), at: Number(until) * 1000, pid: pid ?? 0, timer: timer ?? 0 };
    });
}

export function watchdogsOf(root: string): Watchdog[] {
  return records(root).map(({ volumeId, at }) => ({ volumeId, at }));
}

/** Ends the sleep that the watchdog waits for, and waits until it has thawed. @throws Error when it does not */
export function ringWatchdog(root: string, volumeId: string): void {
  const found = records(root).find((r) => r.volumeId === volumeId);
  if (!found) return;
  kill(found.timer);
  const deadline = performance.now() + THAWS_WITHIN_MS;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (existsSync(join(root, RUN, `${volumeId}${SUFFIX}`))) {
    if (performance.now() > deadline) throw new Error(`real disks: the watchdog of ${volumeId} does not thaw it`);
    Atomics.wait(pause, 0, 0, 10);
  }
}

/** As a power cut: no process is left, and /run is empty. What is mounted stays frozen: see `cutOff`. */
export function endWatchdogs(root: string): void {
  for (const { pid } of records(root)) kill(-pid);
  if (existsSync(join(root, RUN))) rmSync(join(root, RUN), { recursive: true });
}

function kill(pid: number): void {
  if (pid === 0) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from '@jest/globals';
import { boundLoopDevices } from '../../../simulator/disks/machine.ts';
import { realDiskTest } from './real-disk-test.ts';

const realTest = realDiskTest();
/** The kernel clears a loop device just after its last user is gone. Tries of 50 ms. */
const TRIES = 1200;

function backingFiles(): string[] {
  return boundLoopDevices().flatMap((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    // Another rehearsal's device may vanish between the listing and the reading.
    return existsSync(file) ? [readFileSync(file, 'utf8')] : [];
  });
}

interface Ended {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly seenWhileRunning: boolean;
}

/** Runs the script until it has mounted; `then` may end it. */
async function run(how: string, volumeId: string, then: (child: ChildProcess) => void): Promise<Ended> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'leftovers.script.ts'), how, volumeId]);
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
  let printed = '';
  let complaints = '';
  child.stderr.on('data', (data) => {
    complaints += String(data);
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      printed += String(data);
      if (printed.includes('\n')) resolve();
    });
    child.once('exit', () => (printed.includes('\n') ? resolve() : reject(new Error(complaints))));
  });
  const seenWhileRunning = backingFiles().some((file) => file.includes(volumeId));
  then(child);
  const [code, signal] = await ended;
  const pid: unknown = JSON.parse(printed).pid;
  return { pid: Number(pid), code, signal, seenWhileRunning };
}

async function leftovers({ pid }: Ended, volumeId: string): Promise<string[]> {
  let loops: string[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    loops = backingFiles().filter((file) => file.includes(volumeId) || file.includes(`remount-${pid}.img`));
    if (loops.length === 0) break;
    await sleep(50);
  }
  const files = readdirSync(tmpdir()).filter((name) => name === `remount-${pid}.img`);
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return [...loops, ...files, ...mounts.filter((line) => line.startsWith('remount ') || line.includes(volumeId))];
}

describe('real disks leave nothing behind', () => {
  realTest('after SIGKILL', async () => {
    const ended = await run('hang', 'vol-00000000dead0001', (child) => child.kill('SIGKILL'));
    expect(ended).toMatchObject({ signal: 'SIGKILL', seenWhileRunning: true });
    expect(await leftovers(ended, 'vol-00000000dead0001')).toEqual([]);
  });

  realTest('after an exit without closing, whose code passes through', async () => {
    const ended = await run('exit', 'vol-00000000dead0002', () => undefined);
    expect(ended).toMatchObject({ code: 7, signal: null });
    expect(await leftovers(ended, 'vol-00000000dead0002')).toEqual([]);
  });

  realTest('after an end at which a volume is frozen', async () => {
    const ended = await run('frozen', 'vol-00000000dead0004', () => undefined);
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(await leftovers(ended, 'vol-00000000dead0004')).toEqual([]);
  });

  realTest('after a signal, which reaches the script itself', async () => {
    const ended = await run('hang', 'vol-00000000dead0003', (child) => child.kill('SIGTERM'));
    expect(ended).toMatchObject({ signal: 'SIGTERM', seenWhileRunning: true });
    expect(await leftovers(ended, 'vol-00000000dead0003')).toEqual([]);
  });

  realTest('of web servers, after SIGKILL', async () => {
    const instanceId = 'i-0dead0000000000fe';
    const script = join(import.meta.dirname, 'web-leftovers.script.ts');
    const { stdout, signal } = spawnSync(process.execPath, [script, instanceId], { encoding: 'utf8' });
    expect(signal).toBe('SIGKILL');
    const { masters, notes } = JSON.parse(stdout.trim());
    // The front's, where this machine has nginx.
    expect(masters).toBe(String(notes).includes('the real nginx with') ? 1 : 0);
    const left = () => spawnSync('pgrep', ['--full', `nginx.*${instanceId}`], { encoding: 'utf8' }).stdout;
    for (let attempt = 0; attempt < TRIES && left() !== ''; attempt++) await sleep(50);
    expect(left()).toBe('');
  });
});

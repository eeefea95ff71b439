/** A program that keeps a copy of a directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { treeCpuOf } from '../kernel/process.ts';
import type { Content } from './content.ts';

const LOOK_MS = 100;
/** Of a machine that is slow, whatever is waited for. Seconds. */
export const PATIENCE = 1800;
/** In a PID namespace that ends with this process, however that ends: also what is stopped then. */
const TIED = ['--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;

export interface Copier {
  readonly name: string;
  /** Begins with what is there. `caughtUp` ends once that is copied. */
  start(): Promise<void>;
  /** Until it has a copy of all that is there now. */
  caughtUp(): Promise<void>;
  /** What it has taken of a processor. Milliseconds. */
  cpu(): number;
  /** As a host ends: at once. */
  kill(): Promise<void>;
  /** Once it is killed. @returns the directory with its copy */
  copy(): Promise<string>;
  close(): void;
}

/** @param disk a directory of its own, beside the volume */
export type MakeCopier = (content: Content, disk: string) => Copier;

export abstract class Program {
  protected readonly content: Content;
  protected readonly disk: string;
  protected child: ChildProcess | undefined;

  constructor(content: Content, disk: string) {
    this.content = content;
    this.disk = disk;
  }

  protected run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    return spawn('setpriv', [...TIED, program, ...args], {
      env: { ...process.env, ...env },
      stdio: [...stdio],
      detached: true,
    });
  }

  cpu(): number {
    return this.child?.pid === undefined ? 0 : treeCpuOf(this.child.pid);
  }

  /** All that it has started. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, 'SIGKILL');
    await once(child, 'exit');
  }

  close(): void {}
}

export async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE * 1000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`${PATIENCE} s have passed, and not yet: ${what}`);
    await pause(LOOK_MS);
  }
}

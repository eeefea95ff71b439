/** Who keeps a copy of a directory: the journal's agent, as hosts have it, and programs that others use for that. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AGENT, bundle } from '../../../lib/internal/bundle.ts';
import { must } from '../../../simulator/disks/shell.ts';
import { HttpS3 } from '../../../simulator/disks/xfs/agent/http-s3.ts';
import { treeCpuOf } from '../kernel/process.ts';
import type { Content } from './content.ts';

const HELPERS = join(import.meta.dirname, '../../../host/agent/kernel');
const LOOK_MS = 100;
/** Of a machine that is slow, whatever is waited for. Seconds. */
const PATIENCE = 1800;
const VOLUME = 'alpha';

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

abstract class Program {
  protected readonly content: Content;
  protected readonly disk: string;
  protected child: ChildProcess | undefined;

  constructor(content: Content, disk: string) {
    this.content = content;
    this.disk = disk;
  }

  protected run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    return spawn(program, args, { env: { ...process.env, ...env }, stdio: [...stdio], detached: true });
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

/** The journal's agent; the copy is a spare that was made before, and that the journal is applied to. */
class Agent extends Program implements Copier {
  readonly name = 'journal';
  readonly #s3 = new HttpS3();
  readonly #program = join(bundle(AGENT), 'index.mjs');
  #endpoint = '';
  #spare = '';
  #moment = '';

  async start(): Promise<void> {
    this.#endpoint = await this.#s3.listen();
    const settings = this.#settings('owner', this.content.mountPoint);
    this.child = this.#run('write', settings, 'term=1', 'writer=i-1');
    await until('the writer listens', () => existsSync(join(this.disk, 'owner.sock')));
    await this.caughtUp();
    this.#moment = new Date().toISOString();
    this.#spare = this.content.copy();
  }

  async caughtUp(): Promise<void> {
    await this.#ask('flush', join(this.disk, 'owner.json'), `deadline=${PATIENCE}`);
  }

  async copy(): Promise<string> {
    const settings = this.#settings('spare', this.#spare);
    await this.#ask(
      'drain',
      settings,
      'term=2',
      'writer=i-2',
      `moment=${this.#moment}`,
      'margin=0',
      `deadline=${PATIENCE}`,
    );
    return this.#spare;
  }

  override close(): void {
    this.#s3.close();
  }

  #run(...args: readonly string[]): ChildProcess {
    const [command = '', settings = '', ...more] = args;
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    return this.run(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', this.#program, command, settings, ...more],
      env,
    );
  }

  async #ask(...args: readonly string[]): Promise<void> {
    const [code] = await once(this.#run(...args), 'exit');
    if (code !== 0) throw new Error(`the agent's ${args[0]} ended with ${code}`);
  }

  #settings(name: string, mountPoint: string): string {
    const file = join(this.disk, `${name}.json`);
    const of = { volume: VOLUME, bucket: 'journals', region: 'us-east-1', endpoint: this.#endpoint, helpers: HELPERS };
    const state = join(this.disk, name);
    writeFileSync(file, JSON.stringify({ ...of, mountPoint, state, socket: `${state}.sock` }));
    return file;
  }
}

/** `lsyncd` with `rsync`, and a second of delay in the place of its 15. */
class Lsyncd extends Program implements Copier {
  readonly name = 'lsyncd';

  async start(): Promise<void> {
    mkdirSync(this.#copy);
    const { mountPoint } = this.content;
    this.child = this.run('lsyncd', ['-nodaemon', '-log', 'scarce', '-delay', '1', '-rsync', mountPoint, this.#copy]);
    await this.caughtUp();
  }

  get #copy(): string {
    return join(this.disk, 'copy');
  }

  async caughtUp(): Promise<void> {
    const files = filesIn(this.content.mountPoint).length;
    await until('lsyncd has all files', () => filesIn(this.#copy).length >= files);
    const left = () => must('rsync', '-rlptn', '--out-format=%n', `${this.content.mountPoint}/`, `${this.#copy}/`);
    await until('lsyncd has their content', () => left().trim() === '');
  }

  async copy(): Promise<string> {
    return this.#copy;
  }
}

/** `restic backup`, begun every minute. */
class Restic extends Program implements Copier {
  readonly name = 'restic';

  get #env(): Record<string, string> {
    const [repository, cache] = [join(this.disk, 'repository'), join(this.disk, 'cache')];
    return { RESTIC_REPOSITORY: repository, RESTIC_CACHE_DIR: cache, RESTIC_PASSWORD: 'a' };
  }

  async start(): Promise<void> {
    this.#do('init');
    const loop = `while :; do
      sleep 60 & minute=$!
      echo begin >>"$1/log"; restic -q backup "$2"; echo end >>"$1/log"
      wait "$minute"
    done`;
    this.child = this.run('bash', ['--norc', '-c', loop, 'bash', this.disk, this.content.mountPoint], this.#env);
    await until('the first backup has ended', () => this.#logged('end') > 0);
  }

  /** The first one that begins from now on has ended. */
  async caughtUp(): Promise<void> {
    const begun = this.#logged('begin');
    await until('the next backup has ended', () => this.#logged('end') > begun);
  }

  async copy(): Promise<string> {
    this.#do('unlock', '--remove-all');
    const copy = join(this.disk, 'copy');
    this.#do('restore', 'latest', '--target', copy);
    return join(copy, this.content.mountPoint);
  }

  #logged(what: string): number {
    const log = join(this.disk, 'log');
    return existsSync(log) ? readFileSync(log, 'utf8').split(what).length - 1 : 0;
  }

  #do(...args: readonly string[]): void {
    const env = Object.entries(this.#env).map(([name, value]) => `${name}=${value}`);
    must('env', ...env, 'restic', '-q', ...args);
  }
}

/** By the program that has to be there. */
export const COPIERS: Readonly<Record<string, MakeCopier>> = {
  '': (content, disk) => new Agent(content, disk),
  lsyncd: (content, disk) => new Lsyncd(content, disk),
  restic: (content, disk) => new Restic(content, disk),
};

/** Paths of regular files, `.remount` apart. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .filter((path) => !path.startsWith('.remount'));
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE * 1000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`${PATIENCE} s have passed, and not yet: ${what}`);
    await pause(LOOK_MS);
  }
}

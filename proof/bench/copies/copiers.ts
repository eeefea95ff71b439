/** Who keeps a copy of a directory: the journal's agent, as hosts have it, and programs that others use for that. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../../simulator/disks/shell.ts';
import { Agent } from './agent.ts';
import { type Copier, type MakeCopier, Program, until } from './program.ts';

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

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGENT, bundle } from '../../../lib/internal/bundle.ts';
import { deployedFlags } from '../../../simulator/disks/xfs/agent/flags.ts';
import { HttpS3 } from '../../../simulator/disks/xfs/agent/http-s3.ts';
import { type Copier, PATIENCE, Program, until } from './program.ts';

const HELPERS = join(import.meta.dirname, '../../../host/agent/kernel');
const VOLUME = 'alpha';

/** The journal's agent; the copy is a spare that was made before, and that the journal is applied to. */
export class Agent extends Program implements Copier {
  readonly name = 'journal';
  readonly #s3 = new HttpS3();
  readonly #program = join(bundle(AGENT), 'index.mjs');
  #endpoint = '';
  #spare = '';
  #moment = '';

  async start(): Promise<void> {
    await this.begin();
    this.#moment = new Date().toISOString();
    this.#spare = this.content.copy();
  }

  /** The writer alone, until it has stated all that is there. */
  async begin(): Promise<void> {
    this.#endpoint = await this.#s3.listen();
    const settings = this.#settings('owner', this.content.mountPoint);
    this.child = this.#run('write', settings, 'term=1', 'writer=i-1');
    await until('the writer listens', () => existsSync(join(this.disk, 'owner.sock')));
    await this.caughtUp();
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

  /** It and its helpers: nothing of it runs until `wake`. */
  freeze(): void {
    process.kill(-this.pid, 'SIGSTOP');
  }

  wake(): void {
    process.kill(-this.pid, 'SIGCONT');
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error('the agent has not begun');
    return this.child.pid;
  }

  /** What it has written since this was asked last; of its content nothing is kept, so nothing can be applied any more. */
  taken(): Buffer[] {
    const written = this.#s3.written();
    for (const { path, metadata } of written) this.#s3.objects.set(path, { bytes: Buffer.alloc(0), metadata });
    return written.map(({ bytes }) => bytes);
  }

  override close(): void {
    this.#s3.close();
  }

  #run(...args: readonly string[]): ChildProcess {
    const [command = '', settings = '', ...more] = args;
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    return this.run(process.execPath, [...deployedFlags(), this.#program, command, settings, ...more], env);
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

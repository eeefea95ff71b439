/** An owner with an intake: a volume of real XFS, the deployed program as its journal's writer and as its intake, and an S3 on a port of this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { INTAKE_PREFIX } from '../../../contract/intake.ts';
import { AGENT, bundle } from '../../../lib/internal/bundle.ts';
import { zipOf } from '../../../rehearsal/world/uploads.ts';
import { baseDirectory } from '../../../simulator/disks/machine.ts';
import { must } from '../../../simulator/disks/shell.ts';
import { deployedFlags } from '../../../simulator/disks/xfs/agent/flags.ts';
import { HttpS3 } from '../../../simulator/disks/xfs/agent/http-s3.ts';
import { StorageArea } from '../../../simulator/disks/xfs/area.ts';
import { mountXfs, unmount } from '../../../simulator/disks/xfs/mounts.ts';

const HELPERS = join(import.meta.dirname, '../../../host/agent/kernel');
const SIZE = 10 * 2 ** 30;
const VOLUME = 'alpha';
const BUCKET = 'uploads';
const LOOK_MS = 2;
/** Of a machine that is slow, whatever is waited for. Milliseconds. */
const PATIENCE_MS = 600_000;
const FILES = 50;
const FILE_BYTES = 8000;

/** A course of 50 files, 8 kB each, of which a third can be compressed. */
export function courseZip(): Uint8Array {
  const text = Buffer.alloc(FILE_BYTES / 3, 'words ');
  return zipOf(
    Array.from({ length: FILES }, (_, n) => ({
      path: `d${n % 5}/${n}.html`,
      bytes: Buffer.concat([text, randomBytes(FILE_BYTES - text.length)]),
      deflated: true,
    })),
  );
}

export class IntakeLab {
  readonly area = new StorageArea(baseDirectory());
  readonly #disk = mkdtempSync(join(tmpdir(), 'remount-bench-intake-'));
  readonly #s3 = new HttpS3();
  readonly #device;
  readonly #running: ChildProcess[] = [];
  /** As hosts have it. */
  readonly #program = join(bundle(AGENT), 'index.mjs');
  #uploads = 0;

  /** In a private namespace of mounts. */
  constructor() {
    const image = this.area.volumeImage('bench');
    this.area.createBlank(image, SIZE);
    this.#device = this.area.loop(image);
    must('mkfs.xfs', '-q', '-K', this.#device.path);
    const refused = mountXfs(this.#device.path, this.area.scratch);
    if (refused !== undefined) throw new Error(refused);
    mkdirSync(join(this.area.scratch, '.remount'));
    this.#s3.uploads.give(BUCKET, []);
  }

  get content(): string {
    return this.area.scratch;
  }

  /** Both programs, until {@link close}. */
  async start(): Promise<void> {
    const socket = join(this.#disk, 'writer.sock');
    const endpoint = await this.#s3.listen();
    const place = { volume: VOLUME, region: 'us-east-1', mountPoint: this.content };
    const all = { ...place, socket, endpoint, helpers: HELPERS };
    this.#run('write', { ...all, bucket: 'journals', state: join(this.#disk, 'state') }, 'term=1', 'writer=i-1');
    await until('the writer listens', () => existsSync(socket));
    this.#run('intake', { ...all, bucket: BUCKET });
  }

  /** As somebody's upload, which S3 has from now on. */
  upload(course: string, body: Uint8Array): void {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    const version = `v${++this.#uploads}`;
    const modified = Math.floor(Date.now() / 1000) * 1000;
    const key = `${INTAKE_PREFIX}${VOLUME}/${course}.zip`;
    this.#s3.uploads.add(BUCKET, { key, version, modified, etag, bytes: body });
  }

  /** Readers find it. */
  async served(course: string): Promise<void> {
    await until(`${course} is served`, () => existsSync(join(this.content, 'courses', course)));
  }

  /** So many answers more than when this was asked last. */
  async answered(count: number): Promise<void> {
    let answers = 0;
    await until(`${count} are answered`, () => {
      answers += this.#s3.uploads.acts().filter(({ act }) => act === 'write').length;
      return answers >= count;
    });
  }

  async close(): Promise<void> {
    for (const child of this.#running) child.kill('SIGTERM');
    await Promise.all(this.#running.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'close')));
    this.#s3.close();
    unmount(this.content);
    this.#device.release();
    this.area.close();
    rmSync(this.#disk, { recursive: true });
  }

  #run(command: string, settings: object, ...args: readonly string[]): void {
    const file = join(this.#disk, `${command}.json`);
    writeFileSync(file, JSON.stringify(settings));
    const env = { ...process.env, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    this.#running.push(
      spawn(process.execPath, [...deployedFlags(), this.#program, command, file, ...args], { env, stdio: [...stdio] }),
    );
  }
}

async function until(what: string, is: () => boolean): Promise<void> {
  for (const from = performance.now(); !is(); await pause(LOOK_MS))
    if (performance.now() - from > PATIENCE_MS) throw new Error(`waited in vain: ${what}`);
}

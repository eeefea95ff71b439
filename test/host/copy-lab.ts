/** A volume that is served, and copies of it to check, on real XFS: for scripts of tests. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../simulator/disks/shell.ts';
import { SENT_ENV } from '../../simulator/disks/software.ts';
import { enterPrivateNamespace } from '../../simulator/disks/xfs/namespace.ts';
import { XfsDisks } from '../../simulator/disks/xfs/xfs.ts';
import { keysOf } from '../simulator/disks/support.ts';

const HOST_FILES = join(import.meta.dirname, '../../host');
const COMMANDS = join(import.meta.dirname, '../../simulator/disks/xfs/commands');
const HOST = 'i-0aaaaaaaaaaaaaaaa';
const OWN = 'vol-0000000000000000a';
const COPY = 'vol-0000000000000000b';
const VOLUME = 'alpha';

export class CopyLab {
  /** Name of a run -> exit code, keys, standard error. */
  readonly answers: Record<string, unknown> = {};
  readonly root: string;
  readonly #disks: XfsDisks;
  #copies = 0;

  constructor() {
    const reason = enterPrivateNamespace();
    if (reason !== undefined) throw new Error(reason);
    this.#disks = new XfsDisks();
    this.#disks.addHost(HOST);
    this.root = this.#disks.rootOf(HOST);
    this.#disks.createVolume(OWN, 1);
    this.#disks.attach(OWN, HOST);
    for (const name of ['format', 'mount', 'serve']) this.#run(name, OWN, {});
  }

  /** Root of what is served. */
  get content(): string {
    return join(this.root, 'srv/content', VOLUME);
  }

  /** A script in a directory of a course, which is made. */
  in(course: string, script: string, root = this.content): void {
    const directory = join(root, 'courses', course);
    mkdirSync(directory, { recursive: true });
    must('sh', '-c', `cd "$1" && { ${script}; }`, 'sh', directory);
  }

  /** What a probe does: a new canary, which is also how far the log reaches in the next copy. @param more its settings */
  probe(more: Readonly<Record<string, string>> = {}): void {
    this.#run('probe', OWN, more);
  }

  /**
   * A fresh copy of what is served.
   * @param change what is done to it while it is mounted; it is unmounted then, as no copy of a live volume is
   * @param damage what is done to its device
   */
  copy(change?: (root: string) => void, damage?: (device: string) => void): void {
    if (this.#copies++ > 0) {
      this.#run('release', COPY, {});
      this.#disks.detach(COPY, HOST);
      this.#disks.deleteVolume(COPY);
    }
    this.#disks.takeSnapshot(OWN, `snap-${this.#copies}`);
    this.#disks.createVolume(COPY, 1, `snap-${this.#copies}`);
    this.#disks.attach(COPY, HOST);
    if (change) {
      this.#run('mount', COPY, {});
      change(join(this.root, 'mnt/remount', COPY));
      this.#run('release', COPY, {});
    }
    const link = join(this.root, `dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${COPY.replace('-', '')}`);
    damage?.(readlinkSync(link));
  }

  /** Checks the copy, and notes the answer. @param more settings of the check */
  check(label: string, more: Readonly<Record<string, string>> = {}): void {
    const { status, stdout, stderr } = this.#spawn('check', COPY, { REMOUNT_SETTLE_SECONDS: '0', ...more });
    this.answers[label] = [status, keysOf(stdout), stderr.replaceAll(this.root, '').trim()];
  }

  /** Brings a path out of the copy, and notes the answer. @returns where the archive is, if it was sent */
  bundle(label: string, path: string | Buffer, more: Readonly<Record<string, string>> = {}): string {
    const sent = join(this.root, 'sent.tar');
    rmSync(sent, { force: true });
    const { status, stdout, stderr } = this.#spawn('bundle', COPY, {
      SSM_Path: Buffer.concat([Buffer.from('/'), Buffer.from(path)]).toString('base64'),
      SSM_Key: 'bundles/one.tar',
      SSM_Bucket: 'bundles-of-a-stack',
      SSM_Region: 'eu-west-1',
      [SENT_ENV]: sent,
      ...more,
    });
    this.answers[label] = [status, keysOf(stdout), stderr.replaceAll(this.root, '').trim()];
    return sent;
  }

  /** Runs the indexer. @param more its settings */
  index(more: Readonly<Record<string, string>> = {}): void {
    const { status, stderr } = this.#spawn('index', OWN, { REMOUNT_QUIET_MINUTES: '0', ...more });
    if (status !== 0) throw new Error(`index: exit ${status}: ${stderr}`);
  }

  /** Tools in the place of those of the host. @returns the environment that has them foremost */
  instead(scripts: Readonly<Record<string, string>>): Record<string, string> {
    const directory = join(this.root, 'tools');
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
    for (const [name, script] of Object.entries(scripts))
      writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { PATH: `${directory}:${COMMANDS}:${process.env.PATH}:/usr/sbin:/sbin` };
  }

  /** Gives everything back, and prints the answers. */
  close(): void {
    this.#disks.close();
    console.log(JSON.stringify(this.answers));
  }

  #run(name: string, id: string, more: Readonly<Record<string, string>>): void {
    const { status, stderr } = this.#spawn(name, id, more);
    if (status !== 0) throw new Error(`${name} ${id}: exit ${status}: ${stderr}`);
  }

  #spawn(name: string, id: string, more: Readonly<Record<string, string>>) {
    return spawnSync('sh', [join(HOST_FILES, `${name}.sh`)], {
      encoding: 'utf8',
      env: {
        PATH: `${COMMANDS}:${process.env.PATH}:/usr/sbin:/sbin`,
        REMOUNT_ROOT: this.root,
        REMOUNT_WEB_USER: 'nobody',
        REMOUNT_DEVICE_WAIT: '0',
        REMOUNT_DEADLINE: '600',
        REMOUNT_NOW: '2026-01-01T00:00:00Z',
        SSM_Volume: VOLUME,
        SSM_VolumeId: id,
        SSM_Seed: '1',
        ...more,
      },
    });
  }
}

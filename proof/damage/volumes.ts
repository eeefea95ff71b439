/** Volumes to damage, a host that they are mounted on as the owner's is, and one that drills them. */
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, type HostVerb } from '../../contract/contract.ts';
import { verbScript } from '../../lib/internal/host-documents.ts';
import type { HostResult } from '../../simulator/disks/disks.ts';
import { must, tool } from '../../simulator/disks/shell.ts';
import { XfsDisks } from '../../simulator/disks/xfs/xfs.ts';
import { fill, type Inodes } from './content.ts';
import type { Kind } from './tools.ts';

const HOST = 'i-0aaaaaaaaaaaaaaaa';
const VOLUME = 'alpha';
const FIRST = 'vol-0000000000000000a';
const WITH_RMAP = 'vol-0000000000000000c';
const VICTIM = 'vol-0000000000000000b';
const SIZE_GIB = 1;
/** Seconds for one verb, or for reading everything: what takes longer hangs. */
const DEADLINE_SECONDS = 60;
const CLEAN = 'snap-clean';
const DIRTY = 'snap-dirty';
const CLEAN_RMAP = 'snap-clean-rmap';

/** What somebody saw of a damage. */
export interface Sight {
  /** What noticed it, empty when nothing did: for the live volume mount, read or write; for the drill the exit's name. */
  readonly noticed: string;
  /** The first line that was said about it. */
  readonly said: string;
  /** Real milliseconds until then, or for all that found nothing. */
  readonly ms: number;
}

export class Ground {
  readonly disks = new XfsDisks();
  private size = SIZE_GIB;
  private readonly inodes: Inodes;
  private readonly rmapInodes: Inodes | undefined;

  /** @param options of mkfs.xfs, for sound copies only */
  constructor(options?: readonly string[]) {
    this.disks.addHost(HOST);
    if (options === undefined) {
      this.rmapInodes = this.prepare(WITH_RMAP, CLEAN_RMAP, ['-m', 'rmapbt=1']);
      this.disks.detach(WITH_RMAP, HOST);
      this.disks.deleteVolume(WITH_RMAP);
    }
    this.inodes = this.prepare(FIRST, CLEAN, options);
    this.serve();
    for (let i = 0; i < 20; i++) {
      tool(
        'sh',
        '-c',
        'd="$1/courses/late-$2"; mkdir "$d" && echo x >"$d/file" && sync "$d/file"',
        '',
        this.content,
        `${i}`,
      );
    }
    this.disks.takeSnapshot(FIRST, DIRTY);
  }

  /** Fills a volume, which is not served then. @param options of mkfs.xfs, other than its defaults */
  private prepare(volumeId: string, snapshotId: string, options: readonly string[] = []): Inodes {
    this.disks.createVolume(volumeId, SIZE_GIB);
    this.disks.attach(volumeId, HOST);
    // `format` takes what has its label.
    if (options.length > 0) must('mkfs.xfs', '-q', '-L', VOLUME, ...options, this.deviceOf(volumeId));
    this.done('format', volumeId);
    for (const verb of ['mount', 'serve'] as const) this.done(verb, volumeId);
    const inodes = fill(this.content);
    this.done('release', volumeId);
    // No tool for attributes is on every machine; xfs_db is.
    const attributes = ['attr_set -r -v 3000 short', 'attr_set -r -v 8000 long'];
    const commands = [`inode ${inodes.marked}`, ...attributes].flatMap((command) => ['-c', command]);
    must('xfs_db', '-x', ...commands, this.deviceOf(volumeId));
    // Replayed and unmounted: nothing of the log is left to undo a damage.
    this.done('mount', volumeId);
    this.done('release', volumeId);
    this.disks.takeSnapshot(volumeId, snapshotId);
    return inodes;
  }

  /** Root of the served content. */
  get content(): string {
    return join(this.disks.rootOf(HOST), 'srv/content', VOLUME);
  }

  serve(): void {
    this.done('mount', FIRST);
    this.done('serve', FIRST);
  }

  /** A copy of the served volume as it is now. */
  snapshot(id: string): void {
    this.disks.takeSnapshot(FIRST, id);
  }

  /** The same, frozen meanwhile. */
  snapshotFrozen(id: string): void {
    must('fsfreeze', '--freeze', this.content);
    try {
      this.snapshot(id);
    } finally {
      must('fsfreeze', '--unfreeze', this.content);
    }
  }

  /** What the owner's timer does. */
  probe(): void {
    this.done('probe', FIRST);
  }

  /** Leaves a few dozen MiB free. */
  fillUp(): void {
    const free =
      Number(must('stat', '-f', '-c', '%a', this.content)) * Number(must('stat', '-f', '-c', '%S', this.content));
    must('fallocate', '-l', `${free - 48 * 2 ** 20}`, join(this.content, 'filler'));
  }

  /** The volume and its file system become twice as large. */
  grow(): void {
    this.size = 2 * SIZE_GIB;
    this.disks.resize(FIRST, this.size);
    this.done('grow', FIRST);
  }

  /** The damage on a volume that goes on serving: mounted, everything read, one file written, as probes do it. */
  live(kind: Kind): Sight {
    return this.withVictim(kind, () => {
      const start = performance.now();
      const sight = (noticed: string, said: string): Sight => ({
        noticed,
        said: said.trim().split('\n')[0] ?? '',
        ms: performance.now() - start,
      });
      const mounted = this.run('mount', VICTIM);
      if (mounted.exitCode !== EXIT.ok) return sight('mount', mounted.stderr);
      const directory = join(this.disks.rootOf(HOST), 'mnt/remount', VICTIM);
      const read = 'cd "$1" && find . -type l -exec readlink -v {} + -o -type f -exec cat {} + >/dev/null';
      const { status, stderr } = tool('timeout', `${DEADLINE_SECONDS}`, 'sh', '-c', read, 'sh', directory);
      if (status !== 0) return sight('read', stderr);
      for (const verb of ['serve', 'probe'] as const) {
        const written = this.run(verb, VICTIM);
        if (written.exitCode !== EXIT.ok) return sight('write', written.stderr);
      }
      return sight('', '');
    });
  }

  /** The damage on a copy, under the drill's own check. */
  drill(kind: Kind): Sight {
    return this.withVictim(kind, () => this.check());
  }

  /** The check of an untouched copy. */
  drillCopy(snapshotId: string): Sight {
    this.disks.createVolume(VICTIM, this.size, snapshotId);
    this.disks.attach(VICTIM, HOST);
    try {
      return this.check();
    } finally {
      this.removeVictim();
    }
  }

  close(): void {
    this.disks.close();
  }

  private check(): Sight {
    const { exitCode, stderr, stdout, realMs } = this.run('check', VICTIM);
    const noticed = exitCode === EXIT.ok ? '' : (/^state=(.*)$/m.exec(stdout)?.[1] ?? `exit ${exitCode}`);
    return { noticed, said: stderr.trim().split('\n')[0] ?? '', ms: realMs };
  }

  private withVictim<T>(kind: Kind, work: () => T): T {
    this.disks.createVolume(VICTIM, SIZE_GIB, kind.rmap ? CLEAN_RMAP : kind.dirtyLog ? DIRTY : CLEAN);
    this.disks.attach(VICTIM, HOST);
    try {
      kind.apply(this.deviceOf(VICTIM), (kind.rmap ? this.rmapInodes : undefined) ?? this.inodes);
      return work();
    } finally {
      this.removeVictim();
    }
  }

  private removeVictim(): void {
    this.run('release', VICTIM);
    this.disks.detach(VICTIM, HOST);
    this.disks.deleteVolume(VICTIM);
  }

  private deviceOf(volumeId: string): string {
    const name = `nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;
    return readlinkSync(join(this.disks.rootOf(HOST), 'dev/disk/by-id', name));
  }

  private done(verb: HostVerb, volumeId: string): void {
    const { exitCode, stderr } = this.run(verb, volumeId);
    if (exitCode !== EXIT.ok) throw new Error(`${verb} ${volumeId}: exit ${exitCode}: ${stderr}`);
  }

  private run(verb: HostVerb, volumeId: string): HostResult {
    const env = { SSM_Volume: VOLUME, SSM_VolumeId: volumeId, SSM_Seed: '1' };
    return this.disks.run(HOST, { verb, script: verbScript(verb), env, timeoutSeconds: DEADLINE_SECONDS });
  }
}

/** Prints, as JSON, what the loop device's counters say that each verb reads of a fresh copy, and what was written to it. */
import { createHash } from 'node:crypto';
import { DISK_KIND, type Disks } from '../../../simulator/disks/disks.ts';
import { openDisks } from '../../../simulator/disks/open.ts';
import type { DeviceReads } from '../../../simulator/disks/reads.ts';
import { enterPrivateNamespace } from '../../../simulator/disks/xfs/namespace.ts';
import { runVerb } from './support.ts';

const HOST = 'i-0aaaaaaaaaaaaaaaa';
const OTHER = 'i-0bbbbbbbbbbbbbbbb';
const SOURCE = 'vol-0000000000000000a';
const COPY = 'vol-0000000000000000b';
const VOLUME = 'alpha';

/** Courses, files of each, and bytes of a file. */
const CONTENTS = [
  [10, 5, 4000],
  [60, 5, 4000],
  [20, 50, 60_000],
  [4, 1000, 3000],
] as const;

function fill(disks: Disks, courses: number, files: number, bytes: number): void {
  disks.createVolume(SOURCE, 100);
  disks.attach(SOURCE, HOST);
  for (const verb of ['format', 'mount', 'serve']) must(disks, HOST, verb, SOURCE);
  for (let course = 0; course < courses; course++)
    disks.upload(HOST, VOLUME, {
      id: `course-${course}`,
      files: Array.from({ length: files }, (_, i) => {
        const data = Buffer.alloc(bytes, `${course}/${i} `);
        return { path: `part-${i % 3}/${i}`, bytes: data, sha256: createHash('sha256').update(data).digest('hex') };
      }),
    });
  disks.takeSnapshot(SOURCE, 'snap-1');
}

function must(disks: Disks, host: string, verb: string, volumeId: string): void {
  const { exitCode, stderr } = runVerb(disks, host, verb, { volume: VOLUME, volumeId });
  if (exitCode !== 0) throw new Error(`${verb}: exit ${exitCode}: ${stderr}`);
}

function onCopy(disks: Disks, verbs: readonly string[]): [string, DeviceReads][] {
  disks.createVolume(COPY, 100, 'snap-1');
  disks.attach(COPY, OTHER);
  const read = verbs.map((verb): [string, DeviceReads] => {
    const before = disks.deviceReads(COPY);
    must(disks, OTHER, verb, COPY);
    const after = disks.deviceReads(COPY);
    if (!before || !after) throw new Error('a loop device has no counters');
    return [verb, { reads: after.reads - before.reads, kib: after.kib - before.kib }];
  });
  must(disks, OTHER, 'release', COPY);
  disks.detach(COPY, OTHER);
  disks.deleteVolume(COPY);
  return read;
}

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
const rows = CONTENTS.map(([courses, files, bytes]) => {
  const disks = openDisks({ kind: DISK_KIND.xfs });
  try {
    disks.addHost(HOST);
    disks.addHost(OTHER);
    fill(disks, courses, files, bytes);
    const reads = Object.fromEntries([...onCopy(disks, ['mount', 'verify', 'serve']), ...onCopy(disks, ['check'])]);
    return { written: disks.written(SOURCE), reads };
  } finally {
    disks.close();
  }
});
console.log(JSON.stringify(rows));

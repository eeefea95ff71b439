/**
 * Plants the inconsistency on a real disk that has lived a while, and prints what follows as JSON.
 * Arguments: size of the volume in GiB, number of courses, seed of the courses' ids, `mounted` or `detached`.
 */
import { DISK_KIND, DiskError } from '../../../simulator/disks/disks.ts';
import { openDisks } from '../../../simulator/disks/open.ts';
import { enterPrivateNamespace } from '../../../simulator/disks/xfs/namespace.ts';
import { damagedCourses, makeCourse, runVerb } from './support.ts';

const HOST = 'i-0aaaaaaaaaaaaaaaa';
const STANDBY = 'i-0bbbbbbbbbbbbbbbb';
const VOLUME = 'alpha';
const LIVE = 'vol-0000000000000000a';
const RESTORED = 'vol-0000000000000000b';

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
const [sizeGiB = '10', courses = '20', seed = '1', state = 'mounted'] = process.argv.slice(2);
const count = Number(courses);

const disks = openDisks({ kind: DISK_KIND.xfs });
const verb = (instanceId: string, name: string, volumeId: string): number =>
  runVerb(disks, instanceId, name, { volume: VOLUME, volumeId }).exitCode;
const upload = (kind: string, from: number, to: number): void => {
  for (let i = from; i < to; i++) disks.upload(HOST, VOLUME, makeCourse(`${kind}-${seed}-${i}`));
};

disks.addHost(HOST);
disks.addHost(STANDBY);
disks.createVolume(LIVE, Number(sizeGiB));
disks.attach(LIVE, HOST);
const prepared = ['format', 'mount', 'serve'].map((name) => verb(HOST, name, LIVE));

// A life: uploads, and every third of the first deleted again, so that small gaps lie between what is there.
upload('gone', 0, count);
upload('old', 0, count);
for (let i = 0; i < count; i += 3) disks.remove(HOST, VOLUME, `gone-${seed}-${i}`);
disks.takeSnapshot(LIVE, 'snap-before');

if (state === 'detached') {
  verb(HOST, 'release', LIVE);
  disks.detach(LIVE, HOST);
}
const planted = disks.plantInconsistency(LIVE);
if (state === 'detached') {
  disks.attach(LIVE, HOST);
  verb(HOST, 'mount', LIVE);
  verb(HOST, 'serve', LIVE);
}

// Nothing shows: content, uploads, snapshots, probes, deletions of other courses.
const damagedAfterPlanting = damagedCourses(disks, HOST, VOLUME);
upload('new', 0, count * 2);
const harmless = disks.list(HOST, VOLUME).filter((id) => !id.startsWith('new-') && !planted.courseIds.includes(id));
for (const id of harmless) disks.remove(HOST, VOLUME, id);
upload('newer', 0, count);
const damagedAfterUploads = damagedCourses(disks, HOST, VOLUME);
const probeBefore = verb(HOST, 'probe', LIVE);
disks.takeSnapshot(LIVE, 'snap-after');
const sound = {
  before: disks.inspect({ snapshotId: 'snap-before' }).sound,
  after: disks.inspect({ snapshotId: 'snap-after' }).sound,
};

// The clean-up runs into it.
let error = 'none';
try {
  for (const id of planted.courseIds) disks.remove(HOST, VOLUME, id);
} catch (thrown) {
  error = thrown instanceof DiskError ? thrown.code : String(thrown);
}
const after = {
  probe: verb(HOST, 'probe', LIVE),
  release: verb(HOST, 'release', LIVE),
  remount: verb(HOST, 'mount', LIVE),
};
disks.detach(LIVE, HOST);
disks.deleteVolume(LIVE);

disks.createVolume(RESTORED, Number(sizeGiB), 'snap-after');
disks.attach(RESTORED, STANDBY);
const restored = ['mount', 'verify', 'serve', 'probe'].map((name) => verb(STANDBY, name, RESTORED));
const damagedRestored = damagedCourses(disks, STANDBY, VOLUME);
const log = disks.kernelLog().join('\n');
disks.close();

console.log(
  JSON.stringify({
    prepared,
    tripping: planted.courseIds,
    damaged: [...damagedAfterPlanting, ...damagedAfterUploads, ...damagedRestored],
    probeBefore,
    sound,
    deletedBefore: harmless.length,
    error,
    after,
    restored,
    saidCorruption: log.includes('Corruption of in-memory data') && log.includes('Failed to recover intents'),
  }),
);

/** One long sequence of operations whose answers must be the same on both kinds of disk. */
import { createHash } from 'node:crypto';
import { RESUME_VERB, UPDATE_VERB } from '../../../contract/contract.ts';
import { DiskError, type Disks } from '../../../simulator/disks/disks.ts';
import { LEDGER_ENV } from '../../../simulator/disks/software.ts';
import { bundled } from './bundled.ts';
import { inTurns } from './in-turns.ts';
import { journalTurn } from './journal-turn.ts';
import { damagedCourses, documentScript, keysOf, makeCourse, runVerb } from './support.ts';

const A = 'i-0aaaaaaaaaaaaaaaa';
const B = 'i-0bbbbbbbbbbbbbbbb';
const C = 'i-0cccccccccccccccc';
const FIRST = 'vol-0000000000000000a';
const SECOND = 'vol-0000000000000000b';
const THIRD = 'vol-0000000000000000c';
const SMALL = 'vol-0000000000000000d';
const DRILLED = 'vol-0000000000000000e';
const VOLUME = 'alpha';
const COURSES = 20;
const START = Date.parse('2026-01-01T00:00:00Z');

/** What differs by nature: words of tools, and what only a real kernel says. */
const INCOMPARABLE = ['kernel', 'full', 'seconds', 'ms', 'used', 'upto'];

/** Plays the sequence and returns one line for each answer. */
export function playSequence(disks: Disks): string[] {
  const answers: string[] = [];
  let minute = 0;

  const note = (what: string, answer: unknown): void => {
    answers.push(`${what}: ${JSON.stringify(answer)}`);
  };
  const verb = (instanceId: string, name: string, volumeId?: string, volume = VOLUME): void => {
    const at = new Date(START + minute++ * 60_000).toISOString().replace('.000Z', 'Z');
    const result = runVerb(disks, instanceId, name, { volume, at, ...(volumeId === undefined ? {} : { volumeId }) });
    const keys = keysOf(result.stdout);
    for (const key of INCOMPARABLE) delete keys[key];
    const sorted = Object.fromEntries(Object.entries(keys).sort());
    note(`${name} ${volumeId ?? ''}`, [result.exitCode, sorted, result.exitCode === 0 ? result.stderr : 'said']);
  };
  const attempt = (what: string, work: () => unknown): void => {
    try {
      note(what, work() ?? 'done');
    } catch (error) {
      note(what, error instanceof DiskError ? error.code : `wrong use: ${error instanceof Error}`);
    }
  };
  const lifeCycle = (instanceId: string, volumeId: string, verbs: readonly string[]): void => {
    for (const name of verbs) verb(instanceId, name, name === 'probe' ? undefined : volumeId);
  };
  /** The check of a snapshot, on a volume made from it. */
  const drill = (snapshotId: string): void => {
    disks.createVolume(DRILLED, 40, snapshotId);
    disks.attach(DRILLED, B);
    lifeCycle(B, DRILLED, ['check', 'check']);
    attempt('bundles', () => bundled(disks, B, DRILLED));
    disks.detach(DRILLED, B);
    disks.deleteVolume(DRILLED);
  };
  const each = ['probe', 'mount', 'verify', 'serve', 'format'];

  disks.addHost(A);
  disks.addHost(B);
  disks.addHost(C);
  attempt('a host twice', () => disks.addHost(A));
  disks.createVolume(FIRST, 10);
  attempt('a volume twice', () => disks.createVolume(FIRST, 10));
  attempt('an unknown snapshot', () => disks.createVolume(THIRD, 10, 'snap-unknown'));

  // Called wrongly.
  verb(A, 'probe', undefined, 'Alpha');
  verb(A, 'probe', undefined, 'a');
  verb(A, 'probe', undefined, '../etc');
  verb(A, 'mount', undefined);
  verb(A, 'mount', 'vol-xyz');
  verb(A, 'mount', 'vol-1');

  // Nothing there, then blank, then formatted, then serving; everything twice.
  lifeCycle(A, FIRST, [...each, 'release', 'unused']);
  disks.attach(FIRST, A);
  attempt('a second attachment', () => disks.attach(FIRST, B));
  lifeCycle(A, FIRST, [
    'check',
    'mount',
    'check',
    'format',
    'check',
    'format',
    'mount',
    'mount',
    'verify',
    'format',
    'probe',
    'serve',
    'serve',
  ]);
  lifeCycle(A, FIRST, ['probe', 'probe', 'verify', 'format', 'unused']);
  note('mounted', disks.mounted(FIRST));

  attempt('no course', () => disks.list(A, VOLUME));
  for (let i = 0; i < COURSES; i++) attempt('upload', () => disks.upload(A, VOLUME, makeCourse(`old-${i}`)));
  attempt('the same again', () => disks.upload(A, VOLUME, makeCourse('old-0')));
  attempt('not served there', () => disks.upload(B, VOLUME, makeCourse('elsewhere')));
  attempt('manifest', () => Buffer.from(disks.read(A, VOLUME, 'courses/old-3/manifest.sha256')).toString());
  attempt('canary', () => Buffer.from(disks.read(A, VOLUME, '.remount/canary')).toString());
  attempt('no such file', () => disks.read(A, VOLUME, 'courses/old-3/none'));
  attempt('no such course', () => disks.remove(A, VOLUME, 'none'));
  lifeCycle(A, FIRST, ['verify']);

  // Snapshots while mounted; a volume from one, served by the other host, while the first goes on.
  disks.takeSnapshot(FIRST, 'snap-good');
  attempt('after the snapshot', () => disks.upload(A, VOLUME, makeCourse('late')));
  attempt('smaller than the snapshot', () => disks.createVolume(SMALL, 5, 'snap-good'));
  disks.createVolume(SECOND, 20, 'snap-good');
  disks.attach(SECOND, B);
  lifeCycle(B, SECOND, ['check', 'check', 'format', 'mount', 'verify', 'serve', 'probe', 'format']);
  // Served from a volume that is larger than the snapshot's; then made larger under the mount.
  attempt('capacity', () => disks.capacity(B, VOLUME));
  disks.resize(SECOND, 30);
  attempt('capacity', () => disks.capacity(B, VOLUME));
  lifeCycle(B, SECOND, ['grow', 'grow']);
  attempt('capacity', () => disks.capacity(B, VOLUME));
  lifeCycle(B, FIRST, ['grow']);
  attempt('restored', () => disks.list(B, VOLUME));
  attempt('content', () => damagedCourses(disks, B, VOLUME));
  note('inspect', disks.inspect({ snapshotId: 'snap-good' }).sound);

  // Frozen for a snapshot: read, and not written; thawed by whom it may be; an upload that was not synced is in it.
  const dlm = (command: string, execution = 'None', at = '2026-01-01T01:00:00Z'): void => {
    const env = { SSM_command: command, SSM_executionId: execution, REMOUNT_NOW: at };
    const { exitCode, stdout } = disks.run(B, { verb: 'dlm', script: documentScript('dlm'), env, timeoutSeconds: 600 });
    note(`dlm ${command}`, [exitCode, stdout.split('\n').sort()]);
    note('watchdogs', disks.watchdogs(B));
  };
  attempt('unsynced', () => disks.upload(B, VOLUME, makeCourse('unsynced'), false));
  for (const command of ['dry-run', 'pre-script', 'pre-script', 'stop']) dlm(command);
  dlm('pre-script', '11111111-2222-3333-4444-555555555555');
  const frozenProbe = runVerb(disks, B, 'probe', { volume: VOLUME, at: '2026-01-01T01:00:10Z' });
  note('probe frozen', [frozenProbe.exitCode, keysOf(frozenProbe.stdout).frozen]);
  attempt('upload to what is frozen', () => disks.upload(B, VOLUME, makeCourse('blocked')));
  attempt('delete of what is frozen', () => disks.remove(B, VOLUME, 'old-1'));
  disks.takeSnapshot(SECOND, 'snap-frozen');
  for (const command of ['post-script', 'post-script']) dlm(command);
  dlm('pre-script');
  disks.ringWatchdog(B, SECOND);
  dlm('post-script');
  attempt('upload to what is thawed', () => disks.upload(B, VOLUME, makeCourse('thawed')));
  attempt('frozen and restored', () => {
    disks.createVolume(DRILLED, 40, 'snap-frozen');
    disks.attach(DRILLED, C);
    // Under another name nothing of it is mounted on.
    for (const name of ['mount', 'check', 'serve', 'release']) verb(C, name, DRILLED, 'gamma');
    for (const name of ['mount', 'serve']) verb(C, name, DRILLED);
    const found = disks.list(C, VOLUME).includes('unsynced') && !damagedCourses(disks, C, VOLUME).includes('unsynced');
    for (const name of ['mount', 'verify', 'serve']) verb(C, name, DRILLED, 'gamma');
    verb(C, 'release', DRILLED);
    disks.detach(DRILLED, C);
    disks.deleteVolume(DRILLED);
    return found;
  });

  // A forced detach under a live mount; released; attached again.
  disks.detach(SECOND, B);
  note('mounted', disks.mounted(SECOND));
  lifeCycle(B, SECOND, each);
  disks.attach(SECOND, B);
  note('mounted', disks.mounted(SECOND));
  lifeCycle(B, SECOND, [...each, 'release', 'release', ...each, 'probe']);
  attempt('restored', () => disks.list(B, VOLUME).length);

  // The bad Wednesday.
  const planted = disks.plantInconsistency(FIRST);
  note('planted', planted.courseIds);
  lifeCycle(A, FIRST, ['probe', 'verify']);
  for (let i = 0; i < COURSES; i++) attempt('upload', () => disks.upload(A, VOLUME, makeCourse(`new-${i}`)));
  attempt('content', () => damagedCourses(disks, A, VOLUME));
  disks.takeSnapshot(FIRST, 'snap-bad');
  note(
    'inspect',
    [{ snapshotId: 'snap-good' }, { snapshotId: 'snap-bad' }, { volumeId: FIRST }].map((of) => disks.inspect(of).sound),
  );
  drill('snap-good');
  drill('snap-bad');
  // Somebody has a file open: busy while it takes writes, and served again all the same.
  disks.keepOpen(A, FIRST, true);
  lifeCycle(A, FIRST, ['release', 'probe']);
  disks.sweepLeft(A);
  note('links', [disks.links(A), disks.markers(A), disks.mounted(FIRST), disks.writes(A, FIRST)]);
  lifeCycle(A, FIRST, ['mount', 'serve', 'probe']);
  for (let i = 0; i < COURSES; i++) attempt(`delete old-${i}`, () => disks.remove(A, VOLUME, `old-${i}`));
  attempt('list', () => disks.list(A, VOLUME));
  attempt('read', () => disks.read(A, VOLUME, 'courses/new-0/index.html'));
  attempt('upload', () => disks.upload(A, VOLUME, makeCourse('too-late')));
  lifeCycle(A, FIRST, each);
  disks.takeSnapshot(FIRST, 'snap-dead');
  // Shut down, it takes none any more, and is fenced; it is unmounted when the file is closed.
  lifeCycle(A, FIRST, ['release', 'release', 'probe', 'mount', 'unused']);
  note('links', [disks.links(A), disks.markers(A), disks.mounted(FIRST), disks.writes(A, FIRST)]);
  lifeCycle(A, FIRST, ['release']);
  disks.sweepLeft(A);
  note('mounted', disks.mounted(FIRST));
  disks.keepOpen(A, FIRST, false);
  disks.sweepLeft(A);
  note('mounted', disks.mounted(FIRST));
  lifeCycle(A, FIRST, ['release', 'unused', 'release', ...each]);
  note('inspect', disks.inspect({ snapshotId: 'snap-dead' }).sound);
  disks.detach(FIRST, A);

  // A copy of the damaged volume mounts and reads, as the hourly copies of 2010 did.
  disks.createVolume(THIRD, 10, 'snap-bad');
  disks.attach(THIRD, A);
  lifeCycle(A, THIRD, ['mount', 'verify', 'serve', 'probe']);
  attempt('content', () => damagedCourses(disks, A, VOLUME));
  attempt('courses', () => disks.list(A, VOLUME).length);

  // Another volume takes over on the same host; the old one's release leaves it alone.
  lifeCycle(B, SECOND, ['release']);
  disks.detach(SECOND, B);
  disks.attach(SECOND, A);
  lifeCycle(A, SECOND, ['mount', 'serve']);
  lifeCycle(A, THIRD, ['release']);
  lifeCycle(A, SECOND, ['probe']);

  // Lost hosts, deleted things.
  disks.removeHost(A);
  attempt('deleted while attached', () => disks.attach(SECOND, B));
  attempt('deleted while attached', () => disks.deleteVolume(SECOND));
  lifeCycle(B, SECOND, ['mount', 'verify', 'serve', 'probe']);
  attempt('uploads outlive a host', () => disks.list(B, VOLUME).length);
  // I/O that hangs: every verb ends by its deadline, and a release has let go of the link at least.
  note('links', disks.links(B));
  disks.stall(SECOND, true);
  lifeCycle(B, SECOND, ['probe', 'verify', 'serve', 'mount', 'check']);
  attempt('read', () => disks.read(B, VOLUME, '.remount/canary'));
  attempt('upload', () => disks.upload(B, VOLUME, makeCourse('hangs')));
  note('links', disks.links(B));
  lifeCycle(B, SECOND, ['unused', 'release', 'unused']);
  note('links', [disks.links(B), disks.markers(B), disks.mounted(SECOND)]);
  note('writes', [disks.writes(B, SECOND), disks.writes(B, FIRST)]);
  disks.stall(SECOND, false);
  note('writes', [disks.writes(B, SECOND), disks.mounted(SECOND)]);
  lifeCycle(B, SECOND, ['probe', 'mount', 'serve', 'probe']);
  // Where no probe hangs on it, its release hangs itself; where somebody else does, that is said.
  disks.stall(SECOND, true);
  lifeCycle(B, SECOND, ['release', 'probe']);
  disks.stall(SECOND, false);
  note('writes', [disks.writes(B, SECOND), disks.mounted(SECOND)]);
  lifeCycle(B, SECOND, ['mount', 'serve']);
  disks.keepOpen(B, SECOND, true);
  disks.stall(SECOND, true);
  lifeCycle(B, SECOND, ['probe', 'release']);
  disks.stall(SECOND, false);
  note('writes', [disks.writes(B, SECOND), disks.mounted(SECOND)]);
  disks.keepOpen(B, SECOND, false);
  disks.sweepLeft(B);
  note('writes', [disks.writes(B, SECOND), disks.mounted(SECOND)]);
  lifeCycle(B, SECOND, ['mount', 'serve', 'probe']);

  // Unmounted by somebody; a power cut; a snapshot that does not mount.
  disks.unmount(SECOND);
  attempt('unmounted twice', () => disks.unmount(SECOND));
  note('links', [disks.links(B), disks.markers(B), disks.mounted(SECOND)]);
  lifeCycle(B, SECOND, ['probe', 'mount', 'probe']);
  disks.powerOff(B);
  note('links', [disks.links(B), disks.markers(B), disks.mounted(SECOND)]);
  lifeCycle(B, SECOND, ['probe', 'mount', 'probe']);
  attempt('uploads outlive a power cut', () => disks.list(B, VOLUME).length);

  // Booted, with a ledger that says this and that.
  const boot = (orderly: boolean, ...said: readonly string[]): void => {
    disks.powerOff(B, orderly);
    const env = { [LEDGER_ENV]: ['eu-west-1 Ledger', ...said.map((each) => `${VOLUME}=${each}`)].join('\n') };
    const once = { ...env, REMOUNT_RESUME_TRIES: '1', REMOUNT_NOW: '2026-01-01T01:00:00Z' };
    const script = documentScript(RESUME_VERB);
    const { exitCode, stdout, stderr } = disks.run(B, { verb: RESUME_VERB, script, env: once, timeoutSeconds: 600 });
    note(`booted, ${said}`, [exitCode, stdout.split('\n').sort(), exitCode === 0 ? stderr : 'said']);
    note('links', [disks.links(B), disks.markers(B), disks.mounted(SECOND)]);
  };
  const update = { SSM_Version: 'a'.repeat(64), SSM_Bucket: 'assets', SSM_Region: 'eu-west-1', SSM_Ledger: 'Ledger' };
  boot(true, `${SECOND} ${B} None`);
  note(
    'knows a ledger',
    disks.run(B, { verb: UPDATE_VERB, script: documentScript(UPDATE_VERB), env: update, timeoutSeconds: 60 }).exitCode,
  );
  boot(true);
  boot(true, '!AccessDeniedException');
  boot(true, `${SECOND} ${B}`);
  boot(true, 'None None None');
  boot(true, `${FIRST} ${B} None`);
  boot(true, `${SECOND} ${A} None`);
  boot(true, `${SECOND} ${B} ${B}`);
  boot(true, `${SECOND} ${B} None`);
  lifeCycle(B, SECOND, ['probe']);
  boot(false, `${SECOND} ${B} None`);
  attempt('uploads outlive a crash', () => disks.list(B, VOLUME).length);
  lifeCycle(B, SECOND, ['probe', 'release']);
  boot(true, `${SECOND} ${B} None`);
  lifeCycle(B, SECOND, ['mount', 'serve']);
  disks.spoil('snap-good');
  note('inspect', disks.inspect({ snapshotId: 'snap-good' }).sound);
  disks.createVolume(SMALL, 10, 'snap-good');
  disks.attach(SMALL, B);
  lifeCycle(B, SMALL, ['check', 'mount', 'release']);
  disks.detach(SMALL, B);
  disks.deleteVolume(SMALL);

  lifeCycle(B, SECOND, ['mount', 'serve']);
  attempt('a journal', () => journalTurn(disks, { host: B, served: SECOND, copy: DRILLED, volume: VOLUME }));

  // Bit rot, which only the manifests show: on the volume that serves, and in its snapshots from then on.
  lifeCycle(B, SECOND, ['mount', 'serve', 'check']);
  disks.takeSnapshot(SECOND, 'snap-sound');
  drill('snap-sound');
  attempt('in turns', () => inTurns(disks, DRILLED, 'snap-sound'));
  attempt('a huge file', () => disks.addSparse(B, VOLUME, 'images/disk.raw', 8 * 2 ** 40));
  for (const how of ['flip', 'zero'] as const) {
    attempt(`alter ${how}`, () => {
      const { courseId, path } = disks.alter(SECOND, how);
      const bytes = disks.read(B, VOLUME, `courses/${courseId}/${path}`);
      return [courseId, path, createHash('sha256').update(bytes).digest('hex')];
    });
    attempt('content', () => damagedCourses(disks, B, VOLUME));
    // Another canary: another moment, in which what differs of a live volume is reported.
    lifeCycle(B, SECOND, ['probe']);
    disks.takeSnapshot(SECOND, `snap-${how}`);
    note('inspect', disks.inspect({ snapshotId: `snap-${how}` }).sound);
    drill(`snap-${how}`);
    attempt('altered, in turns', () => inTurns(disks, DRILLED, `snap-${how}`).suspect);
  }
  lifeCycle(B, SECOND, ['probe', 'verify']);

  // Its data lost for good.
  disks.lose(SECOND);
  note('links', disks.links(B));
  attempt('read', () => disks.read(B, VOLUME, '.remount/canary'));
  lifeCycle(B, SECOND, ['probe', 'mount', 'release', 'mount']);
  note('inspect', disks.inspect({ volumeId: SECOND }).sound);

  disks.deleteVolume(FIRST);
  attempt('nothing to alter', () => disks.alter(FIRST, 'flip'));
  disks.deleteSnapshot('snap-dead');
  attempt('a snapshot that is gone', () => disks.createVolume(SMALL, 10, 'snap-dead'));
  return answers;
}

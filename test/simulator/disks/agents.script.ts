/**
 * The journal's deployed agent on hosts of real disks: an owner writes, flushed again and again, its host dies, and a standby brings an older copy up. Prints
 * what came of it as JSON.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { agentFiles, softwareFiles } from '../../../lib/host-software.ts';
import { enterPrivateNamespace } from '../../../simulator/disks/xfs/namespace.ts';
import { XfsDisks } from '../../../simulator/disks/xfs/xfs.ts';
import { keysOf, makeCourse, runVerb } from './support.ts';

const [OWNER, STANDBY] = ['i-0aaaaaaaaaaaaaaaa', 'i-0bbbbbbbbbbbbbbbb'] as const;
const [OLD, NEW] = ['vol-0000000000000000a', 'vol-0000000000000000b'] as const;
const COURSES = 12;

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
const disks = new XfsDisks();
const { agents } = disks;
if (!agents) throw new Error(disks.notes.join(' '));
const answers: Record<string, unknown> = {};

/** As `update` leaves a host, without its web server. */
function setUp(instanceId: string): void {
  disks.addHost(instanceId);
  const root = disks.rootOf(instanceId);
  const version = join(root, 'opt/remount/versions/a');
  for (const { path, content } of [...softwareFiles('Remount/Test'), ...agentFiles()]) {
    mkdirSync(dirname(join(version, path)), { recursive: true });
    writeFileSync(join(version, path), content);
  }
  symlinkSync('versions/a', join(root, 'opt/remount/current'));
  writeFileSync(join(root, 'opt/remount/journal'), 'eu-west-1 journals\n');
  const unit = 'etc/systemd/system/remount-journal@.service';
  for (const [from, to] of [
    ['etc/remount-journal', 'usr/bin/remount-journal'],
    ['etc/remount-journal@.service', unit],
  ] as const) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    writeFileSync(join(root, to), readFileSync(join(version, from)), { mode: 0o755 });
  }
}
function verb(instanceId: string, name: string, volumeId: string, more: Readonly<Record<string, string>> = {}) {
  const { exitCode, stdout, stderr } = runVerb(disks, instanceId, name, { volume: 'alpha', volumeId, more });
  if (exitCode !== 0) throw new Error(`${name}: ${stderr}${stdout}`);
  return keysOf(stdout);
}
/** While S3 answers. */
function turn<T>(work: () => T): T {
  agents?.s3('answers');
  const done = work();
  agents?.s3('held');
  return done;
}
const taken = () => turn(() => agents.flush(OWNER, OLD)) && agents.written().length;

setUp(OWNER);
setUp(STANDBY);
disks.createVolume(OLD, 1);
disks.attach(OLD, OWNER);
for (const name of ['format', 'mount']) verb(OWNER, name, OLD);
const term = (n: number) => ({ SSM_Term: `${n}`, SSM_Bucket: 'journals', SSM_Region: 'eu-west-1' });
const { state: how, number, head } = turn(() => verb(OWNER, 'drain', OLD, term(1)));
answers['a new volume'] = [how, number, head];
verb(OWNER, 'serve', OLD);
answers.begun = taken();
disks.upload(OWNER, 'alpha', makeCourse('first'));
taken();
disks.takeSnapshot(OLD, 'snap-1');
for (let n = 0; n < COURSES; n++) {
  disks.upload(OWNER, 'alpha', makeCourse(`course-${n}`));
  taken();
}
disks.remove(OWNER, 'alpha', 'course-0');
answers.removed = taken();
disks.upload(OWNER, 'alpha', makeCourse('late'));
answers['not its turn'] = agents.written().length;
disks.powerOff(OWNER);
answers['after its death'] = turn(() => [agents.flush(OWNER, OLD), agents.written().length]);

disks.createVolume(NEW, 1, 'snap-1');
disks.attach(NEW, STANDBY);
verb(STANDBY, 'mount', NEW);
const { state, missing } = turn(() => verb(STANDBY, 'drain', NEW, term(2)));
answers.drained = { state, missing, wrote: agents.written().map(({ metadata: { term, kind } }) => `${term} ${kind}`) };
verb(STANDBY, 'serve', NEW);
const there = disks.list(STANDBY, 'alpha');
answers.there = there.filter((id) => id !== 'first').length;
answers.late = there.includes('late');
answers.intact = makeCourse('course-5').files.every(({ path, bytes }) =>
  Buffer.from(bytes).equals(disks.read(STANDBY, 'alpha', `courses/course-5/${path}`)),
);
disks.upload(STANDBY, 'alpha', makeCourse('next'));
answers['the next owner'] =
  turn(() => agents.flush(STANDBY, NEW)) && agents.written().every((each) => each.metadata.term === '2');
const root = disks.rootOf(STANDBY);
disks.close();
const running = readdirSync('/proc').filter((pid) => {
  try {
    const own = [`REHEARSAL_PROCESS=${process.pid}`, `REHEARSAL_AGENTS=${root}`];
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return own.every((each) => environment.includes(each));
  } catch {
    return false;
  }
});
answers.ended = running.length;
console.log(JSON.stringify(answers));

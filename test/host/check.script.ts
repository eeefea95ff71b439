/**
 * Runs `check` and `index` themselves on real XFS, with the shell named by the argument. Prints the answers as JSON: name
 * -> [exit code, keys, stderr].
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, tool } from '../../simulator/disks/shell.ts';
import { keysOf, makeCourse } from '../simulator/disks/support.ts';
import { disks, HOST, HOST_FILES, root, shell } from './one-host.ts';

const OWN = 'vol-0000000000000000a';
const COPY = 'vol-0000000000000000b';
const OTHER = 'vol-0000000000000000c';
const NEXT = 'vol-0000000000000000d';
const VOLUME = 'alpha';
/** Every name that tools stumble over. */
const NAMES = [
  '-',
  '-dash',
  'new\nline',
  'back\\slash',
  'tab\there',
  'cr\r',
  'per%0Acent',
  ' lead',
  '\x1b[31m',
  'ü',
  '*',
];

const answers: Record<string, unknown> = {};
/** A process that is as old as this one. */
const old = spawn('sleep', ['900']);

const environment = (id: string, more: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  REMOUNT_ROOT: root,
  REMOUNT_WEB_USER: 'nobody',
  REMOUNT_DEVICE_WAIT: '0',
  REMOUNT_SETTLE_SECONDS: '0',
  REMOUNT_NOW: '2026-01-01T00:00:00Z',
  SSM_Volume: VOLUME,
  SSM_VolumeId: id,
  SSM_Seed: '1',
  ...more,
});
function note(label: string, status: number | null, stdout: string, stderr: string): void {
  const { seconds, bytes, kernel, ...keys } = keysOf(stdout);
  answers[label] = [status, keys, stderr.replaceAll(root, '').trim()];
}
function verb(label: string, name: string, id = COPY, more: Record<string, string> = {}): void {
  const script = join(HOST_FILES, `${name}.sh`);
  const { status, stdout, stderr } = spawnSync(shell, [script], { encoding: 'utf8', env: environment(id, more) });
  note(label, status, stdout, stderr);
}
/** Starts a verb that something else is to stop; resolves once it ended. */
function begin(label: string, name: string, id: string, more: Record<string, string> = {}): Promise<void> {
  const child = spawn(shell, [join(HOST_FILES, `${name}.sh`)], { env: environment(id, more) });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      note(label, code, stdout, stderr);
      resolve();
    });
  });
}
/** The volume `COPY` afresh, from what `OWN` holds now. */
let copies = 0;
const none = (): void => undefined;
function copy(change: (staging: string) => void = none): void {
  if (copies++ > 0) {
    disks.detach(COPY, HOST);
    disks.deleteVolume(COPY);
  }
  disks.takeSnapshot(OWN, `snap-${copies}`);
  disks.createVolume(COPY, 1, `snap-${copies}`);
  disks.attach(COPY, HOST);
  if (change === none) return;
  verb('mount', 'mount');
  change(join(root, 'mnt/remount', COPY));
  verb('release', 'release');
}
const shellIn = (directory: string, script: string): void => {
  must('sh', '-c', `cd "$1" && { ${script}; }`, 'sh', directory);
};
/** A tool in the place of that of the host. The environment that has it foremost. */
function instead(name: string, script: string): Record<string, string> {
  const directory = join(root, 'tools');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: `${directory}:${process.env.PATH}` };
}
const noTools = (): void => rmSync(join(root, 'tools'), { recursive: true });
/** What a check leaves that was killed with all of its host. */
const leaveLists = (): void => {
  mkdirSync(join(root, 'var/lib/remount/check.vol-0000000000000000e'), { recursive: true });
};
/** Locks, and what those left who needed the host, stay. */
const inRun = (): string[] => readdirSync(join(root, 'run/remount')).filter((name) => !/\.lock$|way$/.test(name));
/** A file that somebody else makes. What takes ten minutes hangs. */
async function appears(path: string): Promise<void> {
  for (let i = 0; i < 12_000 && !existsSync(path); i++) await sleep(50);
}
/** The check of `COPY` has come to the content. */
const isReading = (): Promise<void> => appears(join(root, `var/lib/remount/check.${COPY}/sums.0`));
const left = (): unknown => ({
  run: inRun(),
  mounts: readdirSync(join(root, 'mnt/remount')).filter((name) => name.startsWith('check')),
  lists: readdirSync(join(root, 'var/lib/remount')),
});

disks.createVolume(OWN, 1);
disks.attach(OWN, HOST);
copy();
verb('blank', 'check');
for (const name of ['format', 'mount', 'serve']) verb(name, name, OWN);
verb('in service', 'check', OWN);
copy();
verb('empty', 'check');
const courses = join(root, 'srv/content', VOLUME, 'courses');
for (let i = 0; i < 6; i++) disks.upload(HOST, VOLUME, makeCourse(`c${i}`));

// The indexer: waits for quiet, writes what is missing, leaves alone what is there.
const odd = join(courses, 'odd\nname=%\tx');
mkdirSync(odd);
for (const name of NAMES) writeFileSync(join(odd, name), name);
shellIn(odd, 'touch "$(printf "bad\\377utf")"; sync');
const own = readFileSync(join(courses, 'c0/manifest.sha256'), 'utf8');
verb('index too early', 'index', OWN);
verb('index', 'index', OWN, { REMOUNT_QUIET_MINUTES: '0' });
verb('index again', 'index', OWN, { REMOUNT_QUIET_MINUTES: '0' });
answers.manifestKept = readFileSync(join(courses, 'c0/manifest.sha256'), 'utf8') === own;
answers.oddManifest = tool('sh', '-c', 'cd "$1" && sha256sum --check --quiet manifest.sha256', 'sh', odd).stdout;
answers.indexAsides = readdirSync(join(root, 'srv/content', VOLUME, '.remount')).sort();

// Sound, twice; with a dirty log, and beside its source, whose UUID it has.
copy();
leaveLists();
verb('sound', 'check');
verb('sound again', 'check');
verb('another seed', 'check', COPY, { SSM_Seed: '4711' });
answers.left = left();
// What only a change explains is no damage: rewritten, deleted, a directory deleted, a file that nobody listed.
copy((staging) =>
  shellIn(
    `${staging}/courses`,
    'sleep 0.05; echo x >c1/index.html; rm c2/a.js; rm -r c3/media; echo x >c4/new; chmod 600 c5/a.js',
  ),
);
verb('changed', 'check');
// What no change explains: the manifest is younger.
copy((staging) =>
  shellIn(
    `${staging}/courses`,
    'echo x >c1/index.html; rm c2/a.js; rm c3/media/*; sleep 0.05; touch c[1-3]/manifest.sha256',
  ),
);
verb('altered', 'check');
verb('altered, but just before the copy', 'check', COPY, { REMOUNT_SETTLE_SECONDS: '60' });
copy((staging) => shellIn(`${staging}/courses`, 'echo junk >>c1/manifest.sha256'));
verb('malformed manifest', 'check');
// An empty one is no better, once its uploader and the indexer have had their time; in an empty course it is right.
copy((staging) => shellIn(`${staging}/courses`, ': >c1/manifest.sha256; mkdir bare; : >bare/manifest.sha256'));
verb('empty manifest', 'check', COPY, { REMOUNT_EMPTY_SECONDS: '0' });
verb('empty manifest, not yet written', 'check');
copy((staging) =>
  shellIn(
    `${staging}/courses`,
    'printf "%s\\r\\n" "$(cat c1/manifest.sha256)" | sed "s,  ,  ./," >x; cat x >c1/manifest.sha256',
  ),
);
verb('manifest from Windows', 'check');
copy((staging) => rmSync(join(staging, '.remount/canary')));
verb('no canary', 'check');
copy((staging) => {
  tool('dd', 'if=/dev/zero', `of=${join(staging, 'filler')}`, 'bs=1M', 'status=none');
  tool('dd', 'if=/dev/zero', `of=${join(staging, 'filler2')}`, 'bs=512', 'status=none');
  must('sync');
});
verb('full', 'check');

// What ends xfs_repair before it has found anything says nothing of the copy.
copy();
for (const code of [1, 126, 127, 134, 137, 139, 255])
  verb(`xfs_repair exits ${code}`, 'check', COPY, instead('xfs_repair', `exit ${code}`));
noTools();
// Reads fail. What the kernel said before, of what had the device's name then, is of no account.
const DEVICE = `$(readlink -f "$REMOUNT_ROOT/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${COPY.replace('-', '')}")`;
const FAILS = 'echo "sha256sum: ./x: Input/output error" >&2; : >"$REMOUNT_ROOT/tools/read"; exit 1';
const LOG = `device=${DEVICE}; of="XFS (\${device##*/})"
echo "[1.0] $of: Metadata corruption detected"; echo "[2.0] $of: Ending clean mount"`;
const SPEAKS = `${LOG}\n[ ! -e "$REMOUNT_ROOT/tools/read" ] || echo "[3.0] $of: `;
for (const [label, log] of [
  ['EIO', LOG],
  ['EIO, and the kernel says that the device fails', `${SPEAKS}metadata I/O error"`],
  ['EIO, and the kernel reports damage', `${SPEAKS}Corruption of in-memory data detected"`],
  ['EIO, and no log', 'exit 1'],
] as const) {
  instead('dmesg', log);
  verb(label, 'check', COPY, instead('sha256sum', FAILS));
  noTools();
}
instead('dmesg', LOG);
const catFails = 'case "$1" in *canary) echo "cat: canary: Input/output error" >&2; exit 1 ;; esac; exec /bin/cat "$@"';
verb('EIO of the canary', 'check', COPY, instead('cat', catFails));
verb('EIO of the name', 'check', COPY, instead('cat', catFails.replace('canary)', 'formatted)')));
noTools();

// A large directory, and more files than one process takes.
copy((staging) => {
  const large = join(staging, 'courses/large');
  mkdirSync(large);
  for (let i = 0; i < 5000; i++) writeFileSync(join(large, `${i}-${'n'.repeat(100)}`), `${i}`);
  shellIn(large, 'find . -type f -print0 | xargs -0 sha256sum >../m && mv ../m manifest.sha256');
});
verb('large directory', 'check');

// Too little time: the copy says so, and the next drill begins elsewhere.
copy((staging) => {
  mkdirSync(join(staging, 'courses/long'));
  must('truncate', '--size=50G', join(staging, 'courses/long/hole'));
  // Listed, for of what is not, only data are read.
  shellIn(join(staging, 'courses/long'), 'echo "$(printf %064d 0)  hole" >manifest.sha256');
});
verb('budget for the fresh', 'check', COPY, { REMOUNT_CHECK_SECONDS: '2' });
verb('budget', 'check', COPY, { REMOUNT_CHECK_SECONDS: '2', REMOUNT_FRESH_SECONDS: '0', SSM_Seed: '0' });

verb('deadline', 'check', COPY, { REMOUNT_DEADLINE: '2' });
// What waited for it tidies up a moment later.
for (let i = 0; i < 100 && inRun().length > 0; i++) await sleep(50);
answers.leftByDeadline = left();

// Whoever mounts or serves anything has the host to itself; a release ends what works on its own volume.
disks.createVolume(OTHER, 1, `snap-${copies - 1}`);
disks.attach(OTHER, HOST);
for (const [name, id] of [
  ['mount', OTHER],
  ['serve', OWN],
  ['release', COPY],
] as const) {
  for (const delayMs of [30, 100, 800]) {
    const ended = begin(`check, and ${name} after ${delayMs} ms`, 'check', COPY);
    // On a busy machine it may not have begun in this time: what comes before it does not stop it.
    for (let i = 0; i < 120_000 && !inRun().some((job) => job.endsWith('.job')); i++) await sleep(5);
    await sleep(delayMs);
    verb(`${name} after ${delayMs} ms`, name, id);
    await ended;
    answers[`left by ${name} after ${delayMs} ms`] = left();
  }
}
// It is to be another content volume's from now on, by the name that is written on it.
writeFileSync(join(root, 'mnt/remount', OTHER, '.remount/formatted'), `beta ${OTHER}\n`);
const goesOn = begin('check, and release of another', 'check', COPY, { REMOUNT_CHECK_SECONDS: '2' });
await sleep(300);
verb('release of another', 'release', OTHER);
await goesOn;

// A volume that takes no manifests does not keep the next from its own. What is empty is written anew; nothing, for nothing.
const beta = { SSM_Volume: 'beta', REMOUNT_QUIET_MINUTES: '0' };
for (const name of ['mount', 'serve']) verb(`${name} beta`, name, OTHER, beta);
const others = join(root, 'srv/content/beta/courses');
shellIn(others, ': >c0/manifest.sha256; mkdir bare; : >bare/manifest.sha256');
shellIn(courses, 'rm c5/manifest.sha256');
const blocked = join(root, 'srv/content', VOLUME, '.remount/index.begun');
mkdirSync(blocked);
verb('index beside a bad one', 'index', OWN, beta);
rmSync(blocked, { recursive: true });
answers.writtenAnew = tool(
  'sh',
  '-c',
  'cd "$1" && sha256sum --check --strict manifest.sha256',
  'sh',
  join(others, 'c0'),
).status;
answers.bare = readFileSync(join(others, 'bare/manifest.sha256'), 'utf8');
const first = begin('sent twice, first', 'check', COPY);
await isReading();
verb('sent twice, second', 'check', COPY, { REMOUNT_CHECK_SECONDS: '1' });
await first;
// Another copy has to wait; but not for a check that is past its deadline, and hangs: for that, another process stands in.
disks.createVolume(NEXT, 1, `snap-${copies - 1}`);
disks.attach(NEXT, HOST);
const reading = begin('checked, and another', 'check', COPY);
await isReading();
verb('beside another', 'check', NEXT);
verb('release, for the other', 'release', COPY);
await reading;
const hung = join(root, `run/remount/check.${OTHER}.job`);
const since = readFileSync(`/proc/${old.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
writeFileSync(hung, `${old.pid} ${since}\n`);
verb('beside one that runs', 'check', NEXT);
await sleep(Math.max(0, 30_000 - process.uptime() * 1000));
verb('beside one that hangs', 'check', NEXT, { REMOUNT_DEADLINE: '25' });
rmSync(hung);
old.kill();
// Killed without a chance to clear up, as with its agent: releasing it clears up.
const killed = spawn(shell, [join(HOST_FILES, 'check.sh')], { env: environment(COPY, {}) });
await isReading();
const [job = ''] = readFileSync(join(root, `run/remount/check.${COPY}.job`), 'utf8').split(' ');
process.kill(Number(job), 'SIGKILL');
await new Promise((resolve) => killed.once('close', resolve));
tool('fuser', '--kill', '--mount', join(root, `mnt/remount/check.${COPY}`));
await sleep(200);
leaveLists();
verb('release after a kill', 'release');
answers.leftAfterKill = left();
answers.mountedAfterKill = existsSync(join(root, `mnt/remount/check.${COPY}`));
// Stopped, it does not go on with the next volume.
shellIn(others, 'rm c1/manifest.sha256');
shellIn(courses, 'mkdir long; truncate -s 50G long/hole');
const indexing = begin('index, and release', 'index', OWN, { REMOUNT_QUIET_MINUTES: '0' });
await appears(join(root, 'srv/content', VOLUME, '.remount/index.sums'));
verb('release under index', 'release', OWN);
await indexing;
answers.wentOn = existsSync(join(others, 'c1/manifest.sha256'));
verb('release beta', 'release', OTHER, beta);
for (const seed of ['', 'x', '-1', '12345678901'])
  verb(`seed ${JSON.stringify(seed)}`, 'check', COPY, { SSM_Seed: seed });
verb('no device', 'check', 'vol-0000000000000000f');

disks.close();
console.log(JSON.stringify(answers));

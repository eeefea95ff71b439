/**
 * Runs host verbs on real XFS in situations that are no fault of a volume, or that only look like one, with the shell named by the
 * argument. Prints the answers as JSON: name -> [exit code, state], and what else was seen.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { must, tool } from '../../simulator/disks/shell.ts';
import { keysOf, makeCourse } from '../simulator/disks/support.ts';
import { disks, HOST, HOST_FILES, root, shell } from './one-host.ts';

const ONE = 'vol-0000000000000000a';
const TWO = 'vol-0000000000000000b';
const GONE = 'vol-0000000000000000c';

const staging = (id: string): string => join(root, 'mnt/remount', id);
const run = join(root, 'run/remount');
const answers: Record<string, unknown> = {};
let keys: Record<string, string> = {};

const environment = (volume: string, id: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  REMOUNT_ROOT: root,
  REMOUNT_WEB_USER: 'nobody',
  REMOUNT_DEVICE_WAIT: '0',
  SSM_Volume: volume,
  SSM_VolumeId: id,
  SSM_Seed: '1',
  REMOUNT_NOW: '2026-01-01T00:00:00Z',
});
/** Where verbs are started: the web server's user may not be there. */
const cwd = join(root, 'closed');
mkdirSync(cwd, { mode: 0o700 });
const verb = (label: string, name: string, id: string, volume = 'alpha', more: NodeJS.ProcessEnv = {}): void => {
  const env = { ...environment(volume, id), ...more };
  const { status, stdout } = spawnSync(shell, [join(HOST_FILES, `${name}.sh`)], { encoding: 'utf8', env, cwd });
  keys = keysOf(stdout);
  answers[label] = [status, keys.state];
};
/** Several at the same instant. */
const together = async (label: string, names: readonly string[], id: string): Promise<void> => {
  const ended = names.map((name) => {
    const child = spawn(shell, [join(HOST_FILES, `${name}.sh`)], { env: environment('alpha', id), stdio: 'ignore' });
    return new Promise<number | null>((resolve) => child.once('exit', resolve));
  });
  answers[label] = (await Promise.all(ended)).map((code, i) => `${names[i]} ${code}`);
};

for (const [id, volume] of [
  [ONE, 'alpha'],
  [TWO, 'beta'],
] as const) {
  disks.createVolume(id, 1);
  disks.attach(id, HOST);
  for (const name of ['format', 'mount', 'serve']) verb(`${name} ${volume}`, name, id, volume);
}
disks.upload(HOST, 'alpha', makeCourse('one'));

// The link of a volume that is gone leads to another one, which is served: nothing of that is touched under the wrong id.
const byId = (id: string): string =>
  join(root, `dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${id.replace('-', '')}`);
symlinkSync(readlinkSync(byId(TWO)), byId(GONE));
for (const name of ['format', 'mount', 'check']) verb(`${name} by a stale link`, name, GONE);
verb('verify by a stale link', 'verify', GONE);
answers.untouched = readFileSync(join(staging(TWO), '.remount/formatted'), 'utf8') === `beta ${TWO}\n`;
// Its own link leads elsewhere: its serial number counts.
verb('release alpha', 'release', ONE);
unlinkSync(byId(ONE));
symlinkSync(readlinkSync(byId(TWO)), byId(ONE));
await together('mounts at once', ['mount', 'mount', 'mount'], ONE);
answers.mountedFrom = must('findmnt', '--noheadings', '--output', 'SOURCE', staging(ONE)) !== readlinkSync(byId(TWO));
verb('serve alpha again', 'serve', ONE);

// Another content volume's file system, by the name that is written on it.
for (const name of ['mount', 'verify', 'serve']) verb(`${name} under another name`, name, ONE, 'gamma');
answers.notLinked = !existsSync(join(root, 'srv/content/gamma'));

// What content may be like while it serves is no fault of it.
const courses = join(staging(ONE), 'courses');
must('mkfifo', join(courses, 'pipe'));
must('mknod', join(courses, 'device'), 'c', '1', '3');
symlinkSync('loop', join(courses, 'loop'));
mkdirSync(join(courses, 'a\nb'));
chmodSync(join(courses, 'a\nb'), 0o700);
mkdirSync(join(courses, 'Input'));
mkdirSync(join(courses, 'Input/output error'), { mode: 0o700 });
must(
  'sh',
  '-c',
  'cd "$1" && i=0; while [ $i -lt 30 ]; do mkdir -p "$2" && cd "$2"; i=$((i + 1)); done',
  'sh',
  courses,
  'd'.repeat(200),
);
must('chattr', '+i', join(courses, 'one/index.html'), join(staging(ONE), '.remount'));
verb('probe of what is odd', 'probe', ONE);
verb('verify of what is odd', 'verify', ONE);
answers.unreadable = keys.unreadable;
verb('serve of what is odd', 'serve', ONE);

// The link is there at every moment.
const watcher = spawn('sh', [
  '-c',
  'while [ ! -e "$2" ]; do readlink "$1" >/dev/null || { echo gone; exit; }; done',
  'sh',
  join(root, 'srv/content/alpha'),
  join(root, 'stop'),
]);
let missed = '';
watcher.stdout.on('data', (text) => {
  missed += text;
});
const watched = new Promise((resolve) => watcher.once('close', resolve));
for (let i = 0; i < 5; i++) await together('serves', ['serve'], ONE);
writeFileSync(join(root, 'stop'), '');
await watched;
answers.missed = missed;

// A process id that was given away again hangs on nothing.
writeFileSync(join(run, `${ONE}.stuck`), `${process.pid} 1\n`);
verb('probe with a stale note', 'probe', ONE);

// The host's own faults: no room anywhere for an answer, or for the marker.
must('mount', '-t', 'tmpfs', '-o', 'size=4k,nr_inodes=20', 'none', run);
verb('verify with /run full', 'verify', ONE);
must('mount', '-t', 'tmpfs', '-o', 'ro', 'none', join(root, 'var/lib/remount'));
for (const place of ['tmp', 'dev/shm']) writeFileSync(join(root, place), '');
for (const name of ['probe', 'verify', 'serve', 'release', 'check']) verb(`${name} without any room`, name, ONE);
for (const place of ['tmp', 'dev/shm']) rmSync(join(root, place));
for (const place of [run, join(root, 'var/lib/remount')]) must('umount', place);
answers.stillServed = readlinkSync(join(root, 'srv/content/alpha')) === staging(ONE);

// Damage, by the kernel's word, where the canary is read and where the content is listed.
const cleaning = (tool: string, of: string): NodeJS.ProcessEnv => {
  const tools = join(root, 'tools');
  rmSync(tools, { recursive: true, force: true });
  mkdirSync(tools, { mode: 0o755 });
  const words = `case "$*" in *${of}*) echo "${tool}: '/x': Structure needs cleaning" >&2; exit 1 ;; esac`;
  writeFileSync(join(tools, tool), `#!/bin/sh\n${words}\nexec /usr/bin/${tool} "$@"\n`, { mode: 0o755 });
  return { PATH: `${tools}:${process.env.PATH}` };
};
verb('probe of a damaged canary', 'probe', ONE, 'alpha', cleaning('cat', 'canary'));
verb('verify of a damaged directory', 'verify', ONE, 'alpha', cleaning('find', 'prune'));
rmSync(join(root, 'tools'), { recursive: true });

// A mount that takes long: it moves, or it does not; whoever asks again waits for the same one; a release ends it.
const slowly = (words: string): NodeJS.ProcessEnv => {
  const tools = join(root, 'tools');
  mkdirSync(tools, { recursive: true, mode: 0o755 });
  writeFileSync(join(tools, 'mount'), `#!/bin/sh\n${words}\nexec /usr/bin/mount "$@"\n`, { mode: 0o755 });
  return { PATH: `${tools}:${process.env.PATH}`, REMOUNT_DEADLINE: '2' };
};
const reading =
  'until [ -e "$(dirname "$0")/go" ]; do dd if=/dev/LOOP of=/dev/null bs=64k count=4 iflag=direct status=none 7>&-; done';
const device = readlinkSync(byId(TWO)).replace('/dev/', '');
const going = slowly(reading.replace('LOOP', device));
const go = join(root, 'tools/go');
verb('release beta', 'release', TWO, 'beta');
// Nor is its log replayed; whoever has changed the label alone has not changed whose it is.
const asked = slowly('echo "$*" >>"$(dirname "$0")/asked"');
for (const name of ['mount', 'check']) verb(`${name} of another`, name, TWO, 'gamma', asked);
answers.written = readFileSync(join(root, 'tools/asked'), 'utf8')
  .split('\n')
  .filter((line) => !/norecovery|^$/.test(line));
must('xfs_admin', '-L', 'other', readlinkSync(byId(TWO)));
verb('mount of what has another label', 'mount', TWO, 'beta');
verb('release of it', 'release', TWO, 'beta');
must('xfs_admin', '-L', 'beta', readlinkSync(byId(TWO)));
slowly(reading.replace('LOOP', device));
verb('mount that moves', 'mount', TWO, 'beta', going);
const before = Number(keys.progress);
verb('mount that still moves', 'mount', TWO, 'beta', going);
answers.progressed = Number(keys.progress) > before;
const busy = spawnSync(shell, [join(HOST_FILES, 'check.sh')], { env: environment('beta', TWO) });
answers.checkBesideIt = busy.status;
writeFileSync(go, '');
verb('mount that ends', 'mount', TWO, 'beta');
rmSync(go);
verb('release after it', 'release', TWO, 'beta');
verb('mount that moves again', 'mount', TWO, 'beta', going);
verb('release under it', 'release', TWO, 'beta');
answers.notMounted = tool('findmnt', staging(TWO)).status !== 0;
verb('mount that hangs', 'mount', TWO, 'beta', slowly('until [ -e "$(dirname "$0")/go" ]; do sleep 0.1 7>&-; done'));
verb('release under that', 'release', TWO, 'beta');
rmSync(join(root, 'tools'), { recursive: true });
verb('mount at last', 'mount', TWO, 'beta');
verb('release at last', 'release', TWO, 'beta');
// Two that start in the same instant, and everything at once: none of it is a verdict.
const wait = async (names: readonly string[]): Promise<readonly (number | null)[]> =>
  Promise.all(
    names.map((name) => {
      const child = spawn(shell, [join(HOST_FILES, `${name}.sh`)], { env: environment('beta', TWO), stdio: 'ignore' });
      return new Promise<number | null>((resolve) => child.once('exit', resolve));
    }),
  );
const codes = [
  ...(await wait(['check', 'check', 'check'])),
  ...(await wait(['index', 'check', 'mount', 'probe', 'check'])),
];
answers.strangers = codes.filter((code) => ![0, 21, 28, 31].includes(code ?? -1));
verb('release of all', 'release', TWO, 'beta');

// Read-only, by the kernel's word.
must('mount', '-o', 'remount,ro', staging(ONE));
verb('probe read-only', 'probe', ONE);
must('mount', '-o', 'remount,rw', staging(ONE));

// A canary that was renamed is on the disk: its volume loses power right afterwards.
verb('probe before the cut', 'probe', ONE, 'alpha', { REMOUNT_NOW: '2026-01-01T00:05:00Z' });
disks.powerOff(HOST);
verb('mount after the cut', 'mount', ONE);
verb('verify after the cut', 'verify', ONE);
answers.canary = keys.canary;

// What somebody else has in the place of the link is left alone.
const place = join(root, 'srv/content/alpha');
rmSync(place);
mkdirSync(place);
verb('serve over a directory', 'serve', ONE);
rmSync(place, { recursive: true });
writeFileSync(place, 'not ours');
verb('serve over a file', 'serve', ONE);
answers.notOurs = readFileSync(place, 'utf8');
tool('chattr', '-i', join(courses, 'one/index.html'), join(staging(ONE), '.remount'));

disks.close();
console.log(JSON.stringify(answers));

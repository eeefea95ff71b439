/**
 * Runs the files in host/ themselves on real XFS, with the shell named by the argument, each verb twice, and provokes each
 * exit code. Prints the answers as JSON: name -> [exit code, keys, stderr].
 */
import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { must, tool } from '../../simulator/disks/shell.ts';
import { keysOf, makeCourse } from '../simulator/disks/support.ts';
import { disks, HOST, HOST_FILES, root, shell } from './one-host.ts';

const ONE = 'vol-0000000000000000a';
const TWO = 'vol-0000000000000000b';
const OTHER = 'vol-0000000000000000c';
const BAD = 'vol-0000000000000000d';
const VOLUME = 'alpha-with-a-long-name';

const staging = (id: string): string => join(root, 'mnt/remount', id);
const answers: Record<string, unknown> = {};
let lastKeys: Record<string, string> = {};

const environment = (more: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  REMOUNT_ROOT: root,
  REMOUNT_WEB_USER: 'nobody',
  REMOUNT_DEVICE_WAIT: '0',
  ...more,
});
function verb(label: string, name: string, id: string, more: Record<string, string> = {}): void {
  const env = environment({ SSM_Volume: VOLUME, SSM_VolumeId: id, REMOUNT_NOW: '2026-01-01T00:00:00Z', ...more });
  const { status, stdout, stderr } = spawnSync(shell, [join(HOST_FILES, `${name}.sh`)], { encoding: 'utf8', env });
  lastKeys = keysOf(stdout);
  answers[label] = [status, lastKeys.state, stderr.replaceAll(root, '').trim()];
}
const twice = (name: string, id: string): void => {
  verb(`${name} first`, name, id);
  verb(`${name} again`, name, id);
};

for (const id of [ONE, TWO, OTHER, BAD]) disks.createVolume(id, 1);
for (const name of ['probe', 'mount', 'format', 'verify', 'serve', 'release', 'unused'])
  verb(`${name} without device`, name, ONE);
disks.attach(ONE, HOST);
verb('mount blank', 'mount', ONE);
twice('format', ONE);
twice('mount', ONE);
answers.options = must('findmnt', '--noheadings', '--output', 'OPTIONS', staging(ONE)).split(',').slice(0, 4).sort();
verb('verify fresh', 'verify', ONE);
verb('unused mounted', 'unused', ONE);
const device = must('findmnt', '--noheadings', '--output', 'SOURCE', staging(ONE)).trim();
twice('serve', ONE);
verb('unused served', 'unused', ONE);
answers.link = readlinkSync(join(root, 'srv/content', VOLUME)) === staging(ONE);
answers.marker = readFileSync(join(root, 'var/lib/remount/serving', VOLUME), 'utf8');
twice('probe', ONE);
disks.upload(HOST, VOLUME, makeCourse('one'));
twice('verify', ONE);
answers.asidesLeft = readdirSync(join(staging(ONE), '.remount')).filter((name) => name.includes('tmp'));
verb('real clock', 'probe', ONE, { REMOUNT_NOW: '' });
answers.realClock = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/.test(
  readFileSync(join(staging(ONE), '.remount/canary'), 'utf8'),
);
verb('format serving', 'format', ONE);
const TAKEOVER = { SSM_Term: '2', SSM_Bucket: 'journals', SSM_Region: 'eu-west-1' };
for (const label of ['drain first', 'drain again']) verb(label, 'drain', ONE, TAKEOVER);
verb('drain without term', 'drain', ONE);
verb('drain what is not mounted', 'drain', TWO, TAKEOVER);

// Unreadable, without canary, full.
const index = join(staging(ONE), 'courses/one/index.html');
chmodSync(index, 0o600);
verb('verify unreadable file', 'verify', ONE);
answers.unreadableFile = lastKeys.unreadable;
chmodSync(index, 0o644);
chmodSync(join(staging(ONE), 'courses/one'), 0o700);
verb('verify unreadable directory', 'verify', ONE);
answers.unreadableDirectory = lastKeys.unreadable;
chmodSync(join(staging(ONE), 'courses/one'), 0o755);
chmodSync(staging(ONE), 0o700);
verb('probe unreadable', 'probe', ONE);
chmodSync(staging(ONE), 0o755);
tool('dd', 'if=/dev/zero', `of=${join(staging(ONE), 'filler')}`, 'bs=1M', 'status=none');
tool('dd', 'if=/dev/zero', `of=${join(staging(ONE), 'filler2')}`, 'bs=512', 'status=none');
verb('probe full', 'probe', ONE);
answers.fullSaid = lastKeys.full === 'true';
for (const name of ['filler', 'filler2']) rmSync(join(staging(ONE), name));
writeFileSync(join(staging(ONE), '.remount/canary'), '\0\0\0');
verb('probe torn canary', 'probe', ONE);
rmSync(join(staging(ONE), '.remount/canary'));
verb('probe without canary', 'probe', ONE);
verb('serve mends', 'serve', ONE);

// A frozen file system stands for stalled I/O: writes hang and cannot be killed.
must('fsfreeze', '--freeze', staging(ONE));
verb('probe hangs', 'probe', ONE, { REMOUNT_DEADLINE: '1' });
// It says so without a try of its own, which would take as long as the test's watchdog waits.
verb('probe still hangs', 'probe', ONE, { REMOUNT_DEADLINE: '600' });
verb('unused while it hangs', 'unused', ONE);
must('fsfreeze', '--unfreeze', staging(ONE));
const left = (): string[] => readdirSync(join(root, 'run/remount')).filter((name) => !/\.lock$|way$/.test(name));
async function nothingLeft(): Promise<void> {
  for (let i = 0; i < 100 && left().length > 0; i++) await sleep(50);
}
await nothingLeft();
answers.leftInRun = left();
verb('probe after the hang', 'probe', ONE);
verb('probe of another', 'probe', ONE, { SSM_Volume: 'other' });

// Busy, then free.
const holder = spawn('sleep', ['60'], { cwd: staging(ONE) });
verb('release busy', 'release', ONE);
answers.heldBy = lastKeys.held;
verb('probe after busy', 'probe', ONE);
const gone = new Promise((resolve) => holder.once('exit', resolve));
holder.kill('SIGKILL');
await gone;
verb('mount still there', 'mount', ONE);
verb('serve after busy', 'serve', ONE);

// The gauge, for a volume that serves.
const socket = createSocket('udp4');
const datagrams: string[] = [];
socket.on('message', (message) =>
  // What is measured is another on each machine.
  datagrams.push(
    message
      .toString()
      .trim()
      .replace(/(Percent|Milliseconds):\d+/g, '$1:N'),
  ),
);
await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
// One a line: that is how bash writes.
const report = async (lines: number): Promise<void> => {
  const env = environment({ REMOUNT_STATSD_PORT: String(socket.address().port) });
  const expected = datagrams.length + lines;
  await new Promise((resolve) => spawn(shell, [join(HOST_FILES, 'report.sh')], { env }).once('exit', resolve));
  for (let i = 0; i < 20 && datagrams.length < expected; i++) await sleep(20);
};
await report(3);

// Another volume takes over the name; releasing the old one leaves it alone.
disks.attach(TWO, HOST);
for (const name of ['format', 'mount']) verb(`${name} second`, name, TWO);
// A probe hangs meanwhile, on its way from the canary that it has read to the one that it writes.
const tools = join(root, 'tools');
mkdirSync(tools, { mode: 0o755 });
const slowly = `/usr/bin/cat "$@"; code=$?; until [ -e ${join(tools, 'go')} ]; do sleep 0.05; done; exit $code`;
writeFileSync(join(tools, 'cat'), `#!/bin/sh\n${slowly}\n`, { mode: 0o755 });
const late = { REMOUNT_DEADLINE: '1', REMOUNT_NOW: '2026-01-01T00:09:00Z', PATH: `${tools}:${process.env.PATH}` };
verb('probe hangs through a replacement', 'probe', ONE, late);
verb('serve second', 'serve', TWO);
verb('probe beside the hang', 'probe', TWO);
writeFileSync(join(tools, 'go'), '');
await nothingLeft();
answers.canaries = [ONE, TWO].map((id) => readFileSync(join(staging(id), '.remount/canary'), 'utf8').trim());
verb('release replaced', 'release', ONE);
verb('release replaced again', 'release', ONE);
answers.linkKept = readlinkSync(join(root, 'srv/content', VOLUME)) === staging(TWO);
verb('format after serving', 'format', ONE);
twice('unused', ONE);

// Somebody salvages from it: mounted elsewhere, in a mount namespace of their own, or read as a device.
const salvage = join(root, 'salvage');
mkdirSync(salvage);
async function usedBy(label: string, command: string): Promise<void> {
  const user = spawn('sh', ['-c', `${command} && echo begun && exec sleep 60`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => user.stdout.once('data', resolve));
  verb(`unused ${label}`, 'unused', ONE);
  const ended = new Promise((resolve) => user.once('close', resolve));
  user.kill('SIGKILL');
  await ended;
}
await usedBy('mounted elsewhere', `mount -t xfs ${device} ${salvage}`);
must('umount', salvage);
await usedBy(
  'mounted by another',
  `exec unshare --mount sh -c "mount -t xfs ${device} ${salvage} && echo begun && exec sleep 60"`,
);
await usedBy('read', `exec <${device}`);
verb('unused after all', 'unused', ONE);

// Shut down while serving: everything says so, and it can be released.
must('xfs_io', '-x', '-c', 'shutdown', staging(TWO));
for (const name of ['probe', 'mount', 'verify', 'serve', 'format']) verb(`${name} shut down`, name, TWO);
await report(1);
twice('release', TWO);
await report(1);
socket.close();
answers.datagrams = datagrams;
answers.linkGone = !existsSync(join(root, 'srv/content', VOLUME));

// Devices that hold something, and are left as they are.
/** Checksum of the places where a new file system, or what stood there before, would be. */
const samples = (device: string): string =>
  must(
    'sh',
    '-c',
    'for at in 0 256 1023; do dd if="$1" bs=1M count=1 skip=$at status=none; done | sha256sum',
    'sh',
    device,
  );
const refuse = (label: string, prepare: (device: string) => void): void => {
  disks.attach(OTHER, HOST);
  const device = readlinkSync(join(root, `dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${OTHER.replace('-', '')}`));
  prepare(device);
  const before = samples(device);
  verb(`format ${label}`, 'format', OTHER);
  answers[`untouched ${label}`] = samples(device) === before;
  disks.detach(OTHER, HOST);
  disks.deleteVolume(OTHER);
  disks.createVolume(OTHER, 1);
};
const write = (text: string, device: string, offset: number): void => {
  must(
    'sh',
    '-c',
    'printf %s "$1" | dd of="$2" bs=1 seek="$3" conv=notrunc status=none',
    'sh',
    text,
    device,
    `${offset}`,
  );
};
refuse('bytes at the start', (device) => write('data', device, 1000));
refuse('bytes at a quarter', (device) => write('data', device, 2 ** 28 + 100));
refuse('bytes at the end', (device) => write('data', device, 2 ** 30 - 8));
refuse('a swap signature', (device) => must('mkswap', device));
refuse('another XFS', (device) => must('mkfs.xfs', '-q', '-K', '-L', 'beta', device));
disks.attach(BAD, HOST);
const badDevice = readlinkSync(join(root, `dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${BAD.replace('-', '')}`));
must('mkfs.xfs', '-q', '-K', '-L', VOLUME.slice(0, 12), badDevice);
verb('format completes what was cut off', 'format', BAD);
verb('mount completed', 'mount', BAD);
writeFileSync(join(staging(BAD), 'upload'), 'x');
verb('format with an upload, mounted', 'format', BAD);
verb('release with an upload', 'release', BAD);
verb('format with an upload', 'format', BAD);

// Parameters.
for (const [volume, id] of [
  ['', ONE],
  ['Alpha', ONE],
  ['a', ONE],
  ['a-', ONE],
  ['a\nb', ONE],
  ['a'.repeat(33), ONE],
]) {
  verb(`volume ${JSON.stringify(volume)}`, 'mount', id ?? '', { SSM_Volume: volume ?? '' });
}
for (const id of [
  '',
  'vol-',
  'vol-1234567',
  `vol-${'0'.repeat(18)}`,
  'vol-0123456G',
  'vol-0123456/..',
  'snap-01234567',
]) {
  verb(`id ${JSON.stringify(id)}`, 'release', id);
}
verb('no such user', 'probe', ONE, { REMOUNT_WEB_USER: 'no-such-user' });

disks.close();
console.log(JSON.stringify(answers));

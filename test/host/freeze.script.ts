/**
 * Freezes and thaws a real XFS with the files in host/, by the shell named by the argument, and does to them what goes wrong:
 * commands that are killed anywhere, a watchdog that dies, verbs that come in between. Prints the answers as JSON.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tool } from '../../simulator/disks/shell.ts';
import { keysOf, makeCourse } from '../simulator/disks/support.ts';
import { disks, HOST, HOST_FILES, root, shell } from './one-host.ts';

const ONE = 'vol-0000000000000000a';
const TWO = 'vol-0000000000000000b';
const SPARE = 'vol-0000000000000000c';
const RUN = '11111111-2222-3333-4444-555555555555';
const OTHER_RUN = '66666666-7777-8888-9999-aaaaaaaaaaaa';
/** Long enough to be seen, short enough to be waited for. Seconds. */
const BOUND = 2;

const run = join(root, 'run/remount');
const staging = (id: string): string => join(root, 'mnt/remount', id);
const answers: Record<string, unknown> = {};

const environment = (more: Record<string, string>): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  REMOUNT_ROOT: root,
  REMOUNT_WEB_USER: 'nobody',
  REMOUNT_DEVICE_WAIT: '0',
  REMOUNT_FREEZE_SECONDS: '60',
  ...more,
});
function verb(label: string, name: string, more: Record<string, string> = {}): Record<string, string> {
  const env = environment({ SSM_Volume: 'alpha', SSM_VolumeId: ONE, SSM_executionId: RUN, ...more });
  const { status, stdout, stderr } = spawnSync(shell, [join(HOST_FILES, `${name}.sh`)], { encoding: 'utf8', env });
  const keys = keysOf(stdout);
  answers[label] = [status, keys.state, stderr.replaceAll(root, '').trim()];
  return keys;
}
/** Whether somebody can write, asked of a process that may hang. */
async function writable(id: string): Promise<boolean> {
  const writer = spawn('touch', [join(staging(id), 'touched')]);
  const ended = new Promise<boolean>((resolve) => writer.once('exit', (code) => resolve(code === 0)));
  return Promise.race([ended, sleep(400).then(() => false)]);
}
const watchdogs = (): string[] =>
  existsSync(run)
    ? readdirSync(run)
        .filter((name) => name.endsWith('.frozen'))
        .map((name) => readFileSync(join(run, name), 'utf8').split(' ')[1] ?? '')
    : [];
const alive = (pid: string): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

verb('freeze with nothing served', 'freeze');
for (const [id, volume] of [
  [ONE, 'alpha'],
  [TWO, 'beta'],
] as const) {
  disks.createVolume(id, 1);
  disks.attach(id, HOST);
  for (const name of ['format', 'mount', 'serve'])
    verb(`${name} ${volume}`, name, { SSM_Volume: volume, SSM_VolumeId: id });
}
disks.createVolume(SPARE, 1);
disks.attach(SPARE, HOST);
for (const name of ['format', 'mount']) verb(`${name} the spare`, name, { SSM_VolumeId: SPARE });
disks.upload(HOST, 'alpha', makeCourse('one'));

// Frozen, twice; read and not written; thawed, twice.
verb('freeze', 'freeze');
verb('freeze again', 'freeze');
verb('freeze for another snapshot', 'freeze', { SSM_executionId: OTHER_RUN });
answers.frozen = [await writable(ONE), await writable(TWO), await writable(SPARE)];
answers.probe = verb('probe frozen', 'probe').frozen;
const owners = watchdogs();
answers.watched = owners.filter(alive).length;
answers.heldOpen = tool('umount', '-c', staging(ONE)).status !== 0;
verb('thaw', 'thaw');
for (let i = 0; i < 20 && owners.some(alive); i++) await sleep(50);
answers.watchdogsGone = !owners.some(alive);
verb('thaw again', 'thaw');
answers.thawed = [await writable(ONE), await writable(TWO)];
answers.probeAfter = verb('probe thawed', 'probe').frozen;
answers.left = readdirSync(run).filter((name) => !/\.lock$|way$/.test(name));

// As DLM calls them.
verb('dry run', 'dlm', { SSM_command: 'dry-run' });
answers.dryRun = await writable(ONE);
verb('pre-script', 'dlm', { SSM_command: 'pre-script' });
answers.preScript = await writable(ONE);
verb('post-script', 'dlm', { SSM_command: 'post-script' });
verb('no command', 'dlm', { SSM_command: '' });
verb('another command', 'dlm', { SSM_command: 'pre-script; thaw' });
verb('no UUID', 'freeze', { SSM_executionId: '../../etc' });

// Nobody comes to thaw: the watchdog does, and the post script says so.
verb('freeze for a while', 'freeze', { REMOUNT_FREEZE_SECONDS: String(BOUND) });
answers.frozenForAWhile = await writable(ONE);
await sleep(BOUND * 1000 + 500);
answers.watchdogThawed = [
  await writable(ONE),
  await writable(TWO),
  readdirSync(run).filter((n) => n.includes('frozen')),
];
verb('thaw too late', 'thaw');
verb('thaw too late again', 'thaw');

// A command that is killed at any moment, with all of its process group, leaves nothing frozen for longer than that.
const stays: string[] = [];
for (let ms = 0; ms <= 320; ms += 40) {
  const env = environment({ SSM_executionId: RUN, REMOUNT_FREEZE_SECONDS: '1' });
  const command = spawn(shell, [join(HOST_FILES, 'freeze.sh')], { env, detached: true, stdio: 'ignore' });
  const ended = new Promise((resolve) => command.once('exit', resolve));
  await sleep(ms);
  try {
    process.kill(-(command.pid ?? 0), 'SIGKILL');
  } catch {
    // It had ended.
  }
  await ended;
  await sleep(1400);
  if (!(await writable(ONE)) || !(await writable(TWO))) stays.push(`killed after ${ms} ms`);
}
answers.killedAnywhere = stays;
for (let i = 0; i < 40 && readdirSync(run).some((name) => name.includes('frozen')); i++) await sleep(50);
rmSync(join(run, 'freeze'), { force: true });

// A freeze that is too late begins nowhere, and stays nowhere: nobody comes to thaw it.
const tools = join(root, 'tools');
const real = (name: string): string => tool('sh', '-c', `command -v ${name}`).stdout.trim();
/** A tool in the place of that of the host, which `$real` is. The environment that has it foremost. */
function instead(name: string, script: string): Record<string, string> {
  mkdirSync(tools, { recursive: true });
  writeFileSync(join(tools, name), `#!/bin/sh\nreal=${real(name)}\n${script}\n`, { mode: 0o755 });
  return { PATH: `${tools}:${process.env.PATH}` };
}
async function afterwards(label: string): Promise<void> {
  await sleep(2500);
  answers[label] = [await writable(ONE), await writable(TWO), readdirSync(run).filter((n) => n.includes('frozen'))];
  rmSync(tools, { recursive: true, force: true });
  // Whatever it left, the next begins afresh.
  verb(`thaw ${label}`, 'thaw');
  for (const id of [ONE, TWO]) tool('fsfreeze', '--unfreeze', staging(id));
}
const LATE = { REMOUNT_DEADLINE: '1' };
verb('freeze after a slow sync', 'freeze', { ...LATE, ...instead('sync', 'sleep 1.5; exec "$real" "$@"') });
await afterwards('afterSlowSync');
// For the watchdog of the second, a probe is writing.
const probing = join(staging(TWO), '.remount/canary.tmp.1');
writeFileSync(probing, '');
verb('freeze after a slow probe', 'freeze', LATE);
await afterwards('afterSlowProbe');
rmSync(probing);
const SECOND_IS_SLOW = `case "$1" in --freeze) mkdir ${tools}/first 2>/dev/null || sleep 1.5 ;; esac; exec "$real" "$@"`;
verb('freeze that is slow', 'freeze', { ...LATE, ...instead('fsfreeze', SECOND_IS_SLOW) });
await afterwards('afterSlowFreeze');
// The watchdog tries to thaw; then the freeze takes hold, and its process ends; then the watchdog hears that it failed.
const CROSSED = `case "$1" in --freeze) sleep 1.3; exec "$real" "$@" ;; esac
"$real" "$@" || { sleep 1.2; exit 1; }`;
verb('freeze that crosses its thaw', 'freeze', { REMOUNT_FREEZE_SECONDS: '1', ...instead('fsfreeze', CROSSED) });
await afterwards('afterCrossing');

// The watchdog itself is killed: the next probe after its time thaws.
verb('freeze before the watchdog dies', 'freeze', { REMOUNT_FREEZE_SECONDS: String(BOUND) });
for (const pid of watchdogs()) process.kill(-Number(pid), 'SIGKILL');
answers.probeBefore = verb('probe before its time is over', 'probe').frozen;
await sleep(BOUND * 1000);
answers.stillFrozen = !(await writable(ONE));
verb('probe after its time', 'probe');
verb('probe of the other', 'probe', { SSM_Volume: 'beta' });
answers.probeThawed = [await writable(ONE), await writable(TWO)];
verb('thaw of what probes thawed', 'thaw');

// Leftovers: of a watchdog that nobody knows any more, and of a number that was given away again.
mkdirSync(run, { recursive: true });
writeFileSync(join(run, `${ONE}.frozen`), `9999999999 ${process.pid} 1 ${OTHER_RUN}\n`);
verb('freeze over a leftover', 'freeze');
answers.overLeftover = await writable(ONE);

// Whoever mounts, serves or releases what is frozen thaws it, and nothing else.
verb('mount frozen', 'mount');
answers.mountThaws = [await writable(ONE), await writable(TWO)];
verb('thaw after the mount', 'thaw');
verb('freeze before serve', 'freeze');
verb('serve frozen', 'serve');
answers.serveThaws = await writable(ONE);
verb('freeze before release', 'freeze', { SSM_executionId: OTHER_RUN });
verb('thaw the rest', 'thaw', { SSM_executionId: OTHER_RUN });
verb('freeze to be released', 'freeze');
const blocked = spawn('touch', [join(staging(ONE), 'waits')]);
const blockedEnd = new Promise((resolve) => blocked.once('exit', resolve));
verb('release frozen', 'release');
answers.writerWentOn = await blockedEnd;
answers.unmounted = !readFileSync('/proc/self/mounts', 'utf8').includes(staging(ONE));
verb('mount what was released', 'mount');
answers.mountedAgain = await writable(ONE);
verb('thaw after the release', 'thaw');

// Shut down: no freeze, and nothing else stays frozen for it.
verb('serve again', 'serve');
tool('xfs_io', '-x', '-c', 'shutdown', staging(TWO));
verb('freeze with one shut down', 'freeze');
answers.soundOneThawed = await writable(ONE);

disks.close();
console.log(JSON.stringify(answers));

/**
 * What a host does at boot, on real XFS, with the shell named by the argument: answers of the ledger of every form, and a `release` in
 * each moment of it. Prints the answers as JSON: name -> [exit code, state].
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keysOf, makeCourse } from '../simulator/disks/support.ts';
import { disks, HOST, HOST_FILES, root, shell } from './one-host.ts';

const OTHER = 'i-0bbbbbbbbbbbbbbbb';
const ONE = 'vol-0000000000000000a';
const TWO = 'vol-0000000000000000b';

const answers: Record<string, unknown> = {};
const staging = (id: string): string => join(root, 'mnt/remount', id);
const link = (volume: string): string => join(root, 'srv/content', volume);
const markers = (): string[] => readdirSync(join(root, 'var/lib/remount/serving'));

/** Commands of the host: what the ledger says is in a file, and `aws` waits where it is asked to; what was asked is noted. */
const commands = join(root, 'commands');
const [said, asked, wait] = ['said', 'asked', 'wait'].map((name) => join(commands, name)) as [string, string, string];
mkdirSync(commands);
const command = (name: string, script: string): void =>
  writeFileSync(join(commands, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
command(
  'aws',
  `echo "$@" >>${asked}\nwhile [ -e ${wait} ]; do sleep 0.05; done\n[ -s ${said} ] || exit 254\ncat ${said}`,
);
command(
  'curl',
  `case "$*" in *api/token) echo token ;; *instance-id) [ ! -e ${commands}/dumb ] && echo ${HOST} ;; esac`,
);
// Which files were synced, in their order with umount.
command('sync', `echo "sync $*" >>${commands}/order\nexec /bin/sync "$@"`);
command('umount', `echo "umount $*" >>${commands}/order\nexec /bin/umount "$@"`);

const environment = (more: Record<string, string> = {}): NodeJS.ProcessEnv => ({
  PATH: `${commands}:${process.env.PATH}`,
  REMOUNT_ROOT: root,
  REMOUNT_WEB_USER: 'nobody',
  REMOUNT_DEVICE_WAIT: '0',
  REMOUNT_NOW: '2026-01-01T00:00:00Z',
  REMOUNT_DEADLINE: '600',
  REMOUNT_RESUME_TRIES: '1',
  REMOUNT_RESUME_PAUSE: '0',
  ...more,
});
function run(label: string, name: string, more: Record<string, string> = {}): void {
  const env = environment(more);
  const { status, stdout } = spawnSync(shell, [join(HOST_FILES, `${name}.sh`)], { encoding: 'utf8', env });
  answers[label] = [status, keysOf(stdout).state ?? ''];
}
const on = (volume: string, id: string) => ({ SSM_Volume: volume, SSM_VolumeId: id });
const say = (...fields: string[]): void => writeFileSync(said, fields.length > 0 ? `${fields.join('\t')}\n` : '');
/** It is on, and nothing runs. */
const boot = (orderly = true): void => disks.powerOff(HOST, orderly);
const stands = (): unknown => [disks.mounted(ONE), existsSync(link('alpha')), markers().includes('alpha')];
const ended = (child: ChildProcess): Promise<number | null> => new Promise((done) => child.once('exit', done));
async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((next) => setTimeout(next, 20));
}

for (const [volume, id] of [
  ['alpha', ONE],
  ['beta', TWO],
] as const) {
  disks.createVolume(id, 1);
  disks.attach(id, HOST);
  for (const name of ['format', 'mount', 'serve']) run(`${name} ${volume}`, name, on(volume, id));
}
disks.upload(HOST, 'alpha', makeCourse('one'));

// This host knows of no ledger.
boot();
say(ONE, HOST, 'None');
run('without a ledger', 'resume');
answers.noLedger = stands();
mkdirSync(join(root, 'opt/remount'), { recursive: true });
writeFileSync(join(root, 'opt/remount/ledger'), 'eu-west-1 Ledger\n');
run('release beta', 'release', on('beta', TWO));

// Whatever is no answer, or says otherwise.
const REFUSALS: Readonly<Record<string, readonly string[]>> = {
  'no answer': [],
  'an entry that is not there': ['None', 'None', 'None'],
  'an owner of no form': [ONE, 'somebody', 'None'],
  'half an answer': [ONE, HOST],
  'an answer cut off': [ONE, HOST, 'Non'],
  'a word too much': [ONE, HOST, 'None', 'None'],
  'two lines': [ONE, HOST, `None\n${ONE}`],
  'another volume': [TWO, HOST, 'None'],
  'another owner': [ONE, OTHER, 'None'],
  'it is fenced': [ONE, HOST, HOST],
  'another is fenced': [ONE, HOST, OTHER],
};
for (const [label, fields] of Object.entries(REFUSALS)) {
  say(...fields);
  run(label, 'resume');
  answers[`${label}: stands`] = stands();
}
writeFileSync(join(commands, 'dumb'), '');
say(ONE, HOST, 'None');
run('it cannot learn its id', 'resume');
rmSync(join(commands, 'dumb'));

// As often as it may; then it answers.
writeFileSync(asked, '');
say();
run('asked again', 'resume', { REMOUNT_RESUME_TRIES: '3' });
answers.tries = readFileSync(asked, 'utf8').trim().split('\n').length;
answers.asked = readFileSync(asked, 'utf8').split('\n')[0];

say(ONE, HOST, 'None');
run('resume', 'resume');
run('resume again', 'resume');
run('probe', 'probe', on('alpha', ONE));
answers.served = [...(stands() as unknown[]), readlinkSync(link('alpha')) === staging(ONE), disks.list(HOST, 'alpha')];
boot(false);
run('resume after a crash', 'resume');
answers.afterCrash = disks.list(HOST, 'alpha');

// A heal has mounted it already, and is about to serve it.
boot();
run('mount by a heal', 'mount', on('alpha', ONE));
rmSync(link('alpha'));
run('mounted by a heal', 'resume');
run('serve by a heal', 'serve', on('alpha', ONE));

// Released while the ledger is asked: it serves nothing, and does not come back; whatever the ledger says.
boot();
writeFileSync(wait, '');
writeFileSync(asked, '');
const waiting = ended(
  spawn(shell, [join(HOST_FILES, 'resume.sh')], {
    env: environment({ REMOUNT_RESUME_TRIES: '5', REMOUNT_RESUME_PAUSE: '1' }),
    stdio: 'ignore',
  }),
);
await until(() => readFileSync(asked, 'utf8') !== '');
const releasing = ended(
  spawn(shell, [join(HOST_FILES, 'release.sh')], { env: environment(on('alpha', ONE)), stdio: 'ignore' }),
);
await until(() => !markers().includes('alpha'));
rmSync(wait);
answers['released meanwhile'] = [await releasing, await waiting];
answers.releasedStands = stands();
boot();
run('resume after release', 'resume');
answers.releasedForGood = stands();

// The marker goes first, and for good.
for (const name of ['mount', 'serve']) run(`${name} once more`, name, on('alpha', ONE));
writeFileSync(join(commands, 'order'), '');
run('release once more', 'release', on('alpha', ONE));
const order = readFileSync(join(commands, 'order'), 'utf8').split('\n');
answers.order = [order[0]?.endsWith('var/lib/remount/serving'), order.some((line) => line.startsWith('umount'))];

// What the kernel, or the volume itself, says is left to a heal: nothing is asked twice.
for (const name of ['mount', 'serve']) run(`${name} and lose`, name, on('alpha', ONE));
boot();
disks.lose(ONE);
writeFileSync(asked, '');
run('lost', 'resume', { REMOUNT_RESUME_TRIES: '3' });
answers.lostAsked = readFileSync(asked, 'utf8').trim().split('\n').length;
run('release what is lost', 'release', on('alpha', ONE));

// A marker of one name, and a file system of another; and one whose volume is not there.
for (const name of ['mount', 'serve']) run(`${name} beta again`, name, on('beta', TWO));
boot();
writeFileSync(join(root, 'var/lib/remount/serving/gamma'), `${TWO}\n`);
rmSync(join(root, 'var/lib/remount/serving/beta'));
say(TWO, HOST, 'None');
run('of another name', 'resume');
answers.foreign = [disks.mounted(TWO), existsSync(link('gamma'))];
writeFileSync(join(root, 'var/lib/remount/serving/gamma'), `${TWO}c\n`);
say(`${TWO}c`.slice(0, 21), HOST, 'None');
writeFileSync(join(root, 'var/lib/remount/serving/gamma'), `${TWO.slice(0, 20)}c\n`);
say(`${TWO.slice(0, 20)}c`, HOST, 'None');
run('not attached', 'resume');

disks.close();
console.log(JSON.stringify(answers));

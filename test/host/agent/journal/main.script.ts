/** The agent as a host starts it: processes, settings, a socket, S3 over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { HttpS3 } from '../../../../simulator/disks/xfs/agent/http-s3.ts';
import { end, Volume } from '../kernel/lab.ts';
import { pictureOf } from './on-disk.ts';

const MAIN = join(import.meta.dirname, '../../../../host/agent/main.ts');
/** Numbers above this one are times. */
const TIMES = Date.UTC(2020, 0);
const disk = mkdtempSync(join(tmpdir(), 'remount-agent-'));
const s3 = new HttpS3();
const endpoint = await s3.listen();
const answers: Record<string, unknown> = {};

function settingsOf(name: string, mountPoint: string): string {
  const file = join(disk, `${name}.json`);
  const state = join(disk, name);
  const of = {
    volume: 'alpha',
    bucket: 'journals',
    region: 'us-east-1',
    mountPoint,
    state,
    socket: `${state}.sock`,
    endpoint,
  };
  writeFileSync(file, JSON.stringify(of));
  return file;
}

interface Running {
  readonly child: ChildProcess;
  readonly said: Promise<Record<string, string>>;
}
function start(...args: readonly string[]): Running {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], { env });
  let [out, complaint] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  const said = once(child, 'close').then(([code]) => {
    const lines = out
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
    return { ...Object.fromEntries(lines), code: `${code}`, ...(code === 70 ? { complaint } : {}) };
  });
  return { child, said };
}
const run = (...args: readonly string[]) => start(...args).said;
async function listening(settings: string): Promise<void> {
  const socket = settings.replace('.json', '.sock');
  for (let i = 0; i < 12_000 && !existsSync(socket); i++) await setTimeout(50);
}

const owner = new Volume('owner');
const resolver = await Resolver.open(owner);
const mine = settingsOf('owner', owner.mountPoint);
answers.usage = [
  (await run('write', mine)).code,
  (await run('sing', mine)).code,
  (await run('status', mine, 'now=1')).code,
];
answers['nobody runs'] = [(await run('status', mine)).state, (await run('flush', mine)).code];
owner.sh('mkdir d; echo one >d/one; ln d/one two; head -c 20000000 /dev/urandom >large');
const writer = start('write', mine, 'term=1', 'writer=i-1');
await listening(mine);
answers.flushed = (await run('flush', mine, 'deadline=30')).state;
answers['a second one'] = (await run('write', mine, 'term=1', 'writer=i-1')).code;
const moment = new Date(Date.now() - 70_000).toISOString();
const copy = new Volume('copy', owner);
const theirs = settingsOf('copy', copy.mountPoint);
const follower = start('follow', theirs, `moment=${moment}`);
await listening(theirs);
owner.sh(
  'echo three >three; mv d e; rm two; head -c 20000000 /dev/urandom >>large; ln -s three link; setfattr -n user.a -v b e',
);
const { number, ...flushed } = await run('flush', mine, 'deadline=30');
answers['flushed again'] = flushed;
const { dirty, lag, ...status } = await run('status', mine);
answers.status = [status.state, Number(status.number) >= Number(number), dirty, status.trouble, typeof lag];
for (let i = 0; i < 6000 && Number((await run('status', theirs)).cursor) < Number(number); i++) await setTimeout(100);
const { cursor, ...following } = await run('status', theirs);
answers.following = [following.state, Number(cursor) >= Number(number), following.passed, following.trouble];
const { seal, complete, ...drained } = await run('drain', theirs, 'term=2', 'writer=i-2', 'deadline=30');
answers.drained = [
  drained.state,
  drained.passed,
  drained.why,
  Number(seal) > Number(number),
  drained.cursor === seal,
  typeof complete,
];
answers.follower = (await follower.said).state;
answers['drained again'] = (await run('drain', theirs, 'term=2', 'writer=i-2')).state;
answers['followed again'] = (await run('follow', theirs)).state;

const picture = await Resolver.open(copy);
const [there, here] = [await pictureOf(owner.mountPoint, resolver), await pictureOf(copy.mountPoint, picture)];
answers.differences = [
  ...there.filter((line) => !here.includes(line)),
  ...here.filter((line) => !there.includes(line)),
].map((line) => line.slice(0, 99));
answers.files = here.length;
owner.sh('echo late >late');
const ended = await writer.said;
answers.fenced = [ended.state, ended.code, (await run('write', mine, 'term=1', 'writer=i-1')).state];

const next = start('write', theirs, 'term=2', 'writer=i-2');
await listening(theirs);
copy.sh('echo four >four');
answers['the next owner'] = (await run('flush', theirs, 'deadline=30')).state;
next.child.kill('SIGTERM');
answers.stopped = (await next.said).state;
// Nobody writes for so long that all of the journal expires. A spare has read it to its end; a copy from before that takes over.
const spare = new Volume('spare', copy);
const old = new Volume('old', owner);
const [read, older] = [settingsOf('spare', spare.mountPoint), settingsOf('old', old.mountPoint)];
s3.objects.clear();
const reader = start('follow', read);
await listening(read);
for (let i = 0; i < 100 && (await run('status', read)).headAt === undefined; i++) await setTimeout(100);
const whole = Number((await run('status', read)).cursor);
reader.child.kill('SIGTERM');
await reader.said;
const taken = await run('drain', older, 'term=3', 'writer=i-3', 'deadline=30');
answers['all has expired'] = [taken.state, Number(taken.seal) > TIMES, Number(taken.cursor) < whole, taken.why];
const last = start('write', older, 'term=3', 'writer=i-3');
await listening(older);
old.sh('echo five >five');
const { state: sent, number: to } = await run('flush', older, 'deadline=30');
answers['and it is written'] = [sent, Number(to) > Number(taken.seal)];
last.child.kill('SIGTERM');
await last.said;
// Nothing that is written now is passed over by who has read all there was.
const again = start('follow', read);
await listening(read);
for (let i = 0; i < 100 && (await run('status', read)).trouble === undefined; i++) await setTimeout(100);
const { headAt, trouble } = await run('status', read);
answers['who had read all'] = [headAt ?? null, trouble];
again.child.kill('SIGTERM');
await again.said;
resolver.close();
picture.close();
s3.close();
rmSync(disk, { recursive: true });
end(answers, owner, copy, spare, old);

/** The intake as a host starts it, beside the writer of the journal: processes, S3 over HTTP, killed at any moment. On real XFS. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { deployedFlags } from '../../../../simulator/disks/xfs/agent/flags.ts';
import { HttpS3 } from '../../../../simulator/disks/xfs/agent/http-s3.ts';
import { end, Volume } from '../kernel/lab.ts';
import { HttpBucket } from './http-bucket.ts';
import { until } from './lab.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { zip } from './zips.ts';

const MAIN = join(import.meta.dirname, '../../../../host/agent/main.ts');
const FLAGS = deployedFlags();
const disk = mkdtempSync(join(tmpdir(), 'remount-intake-'));
const journal = new HttpS3();
const uploads = new HttpBucket(new MemoryBucket());
const { bucket } = uploads;
const endpoint = await uploads.listen();
const answers: Record<string, unknown> = {};
const owner = new Volume('owner');
const { mountPoint } = owner;
const socket = join(disk, 'writer.sock');
const said: string[] = [];
const statsd = createSocket('udp4').on('message', (message) => said.push(`${message}`));
await new Promise<void>((resolve) => statsd.bind(0, '127.0.0.1', resolve));

function settings(name: string, of: object): string {
  const file = join(disk, `${name}.json`);
  writeFileSync(file, JSON.stringify({ volume: 'alpha', region: 'us-east-1', mountPoint, socket, ...of }));
  return file;
}
const writing = settings('writer', {
  bucket: 'journals',
  state: join(disk, 'state'),
  endpoint: await journal.listen(),
});
const taking = { bucket: 'uploads', endpoint, statsd: (statsd.address() as AddressInfo).port };
const mine = settings('intake', taking);

interface Running {
  readonly child: ChildProcess;
  readonly said: Promise<string>;
}
function start(...args: readonly string[]): Running {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const child = spawn(process.execPath, [...FLAGS, MAIN, ...args], { env });
  let [out, complaint] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  const ended = once(child, 'close').then(([code]) =>
    `${out.trim().split('\n')[0]} ${code} ${code === 70 ? complaint : ''}`.trim(),
  );
  return { child, said: ended };
}
const answerTo = (course: string, version: string) => bucket.answered(`answers/alpha/${course}/${version}.json`);

answers.usage = [
  await start('intake', settings('wrong', { bucket: 'uploads', limits: { names: -1 } })).said,
  await start('intake', settings('hasty', { ...taking, lookMs: 1 })).said,
  await start('intake', mine, 'term=1').said,
];
answers['nothing mounted'] = await start('intake', settings('elsewhere', { ...taking, mountPoint: disk })).said;

const writer = start('write', writing, 'term=1', 'writer=i-1');
await until('the writer listens', () => existsSync(socket));

// A stranger uploads by HTTP, and an intake that is killed all the time takes it in.
const versions = new Map<string, string>();
const courseOf = (course: string, round: number) =>
  zip(
    Array.from({ length: 20 }, (_, i) => ({
      name: `d${i % 3}/${i}.txt`,
      content: `${course} ${round} ${i} `.repeat(500),
      deflate: true,
    })),
  );
async function upload(course: string, content: Buffer): Promise<void> {
  const put = await fetch(`${endpoint}/uploads/intake/alpha/${course}.zip`, {
    method: 'PUT',
    body: new Uint8Array(content),
  });
  versions.set(course, put.headers.get('x-amz-version-id') ?? '');
}
let [kills, running] = [0, start('intake', mine)];
for (let round = 0; round < 3; round++) {
  for (let i = 0; i < 8; i++) await upload(`course-${i}`, courseOf(`course-${i}`, round));
  await upload('bad', zip([{ name: '../x', content: 'x' }]));
  for (let i = 0; i < 5; i++) {
    await setTimeout(300 + Math.random() * 700);
    running.child.kill('SIGKILL');
    kills++;
    await running.said;
    running = start('intake', mine);
  }
}
const all = () => [...versions].map(([course, version]) => answerTo(course, version));
await until('all are answered', () => all().every((answer) => answer !== undefined));
answers.kills = kills;
answers.answered = [...new Set(all().map((answer) => answer?.state))].sort();
const { refusals } = answerTo('bad', versions.get('bad') ?? '') as { refusals: { sentence: string }[] };
answers.sentence = refusals[0]?.sentence;
const numbers = all().flatMap((answer) => (answer?.number === undefined ? [] : [answer.number as number]));
answers['numbers are in the journal'] = numbers.every((number) =>
  journal.objects.has(`/journals/journal/alpha/${String(number).padStart(20, '0')}`),
);
answers.sound = owner
  .sh(
    'for c in courses/*; do (cd $c && sha256sum --quiet --check manifest.sha256 && echo sound); done | sort | uniq -c',
  )
  .trim();
answers['of the last round'] = owner.sh('grep -l " 2 " courses/*/d0/0.txt | wc -l').trim();
answers['nothing outside'] = owner.sh('ls -A; ls courses | wc -l').trim().split('\n');

answers['a second one'] = await start('intake', mine).said;

// A large one is streamed: bytes that nobody could compress. What is of no file counts, for programs can be read again: 160 MiB are for this and its helper.
const large = zip(Array.from({ length: 4 }, (_, i) => ({ name: `${i}.bin`, content: randomBytes(40 * 2 ** 20) })));
let peak = 0;
const anonymous = () =>
  Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${running.child.pid}/status`, 'utf8'))?.[1]) / 1024;
const watching = setInterval(() => {
  peak = Math.max(peak, anonymous());
}, 20);
await upload('large', large);
await until('the large one is answered', () => answerTo('large', versions.get('large') ?? '') !== undefined);
clearInterval(watching);
answers.large = [answerTo('large', versions.get('large') ?? '')?.state, peak < 130 || peak];

await until('it is gauged', () => said.some((line) => line.startsWith('IntakeWaiting')));
answers.gauges = [...new Set(said.map((line) => line.replace(/:[\d.]+/, '')))].sort();

running.child.kill('SIGTERM');
answers.stopped = await running.said;
running = start('intake', mine);
await upload('last', courseOf('last', 3));
await until('it has begun', () => answerTo('last', versions.get('last') ?? '') !== undefined);
writer.child.kill('SIGTERM');
answers.writer = await writer.said;
owner.unmount();
answers.unmounted = await running.said;
journal.close();
uploads.close();
statsd.close();
rmSync(disk, { recursive: true });
end(answers, owner);

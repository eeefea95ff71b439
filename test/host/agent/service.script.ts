/**
 * The journal's writer as a host runs it: see `agent-host.ts`. Prints what came of it as JSON.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeCourse } from '../../simulator/disks/support.ts';
import { disks, HOST, root } from '../one-host.ts';
import {
  commands,
  end,
  env,
  gauges,
  ID,
  memory,
  run,
  s3,
  settings,
  startUnit,
  status,
  until,
  verb,
  version,
  wasAsked,
} from './agent-host.ts';

const answers: Record<string, unknown> = {};
// Served since before there was a journal.
env.SSM_Term = '0';
disks.createVolume(ID, 1);
disks.attach(ID, HOST);
for (const name of ['format', 'mount', 'serve']) await verb(name);
answers['without the software'] = wasAsked();
writeFileSync(join(root, 'opt/remount/journal'), 'eu-west-1 journals\n');
answers.applied = [(await run(join(version, 'apply.sh'), 'apply', 'none')).code, wasAsked()];
answers.served = [(await verb('serve')).state, wasAsked()];
await until(() => gauges.length >= 2);
answers['first lags'] = gauges.splice(0);
writeFileSync(join(commands, 'refuses'), '');
const refused = await verb('serve');
answers['systemd refuses'] = [refused.code, refused.state, refused.journaled];
spawnSync('rm', [join(commands, 'refuses')]);
wasAsked();

gauges.length = 0;
const writer = startUnit();
await until(async () => existsSync(settings) && (await status()).state === 'running');
disks.upload(HOST, 'alpha', makeCourse('one'));
await until(async () => Number((await status()).number) >= 2 && (await status()).dirty === '0');
answers.journaled = [
  (await status()).trouble,
  [...s3.objects.keys()].some((key) => key.endsWith('journal/alpha/00000000000000000002')),
];
answers.settings = JSON.parse(readFileSync(settings, 'utf8')).term;
answers.memory = memory(writer.pid ?? 0);
await until(() => gauges.length > 0);
answers.gauge = gauges[0];
const ended = once(writer, 'close');
const released = await verb('release');
answers.released = [released.state, released.flushed, wasAsked()];
answers.ended = (await ended)[0];

// A takeover here: the copy is the volume itself, as its owner left it.
await verb('mount');
env.SSM_Term = '2';
const drained = await verb('drain');
answers.drained = [drained.state, drained.number === drained.head, drained.missing];
await verb('serve');
wasAsked();
const next = startUnit();
await until(async () => (await status()).state === 'running' && (await status()).dirty === '0');
answers['the next owner'] = [JSON.parse(readFileSync(settings, 'utf8')).term, (await status()).trouble];
next.kill('SIGTERM');
answers.stopped = (await once(next, 'close'))[0];
await verb('release');

// S3 is silent while it is taken over: who is to write listens before anybody can touch anything.
await verb('mount');
Object.assign(env, { SSM_Term: '3', REMOUNT_DRAIN_SECONDS: '5', REMOUNT_LISTEN_SECONDS: '1' });
s3.state = 'fails';
wasAsked();
answers.unsealed = (await verb('drain')).state;
const late = join(dirname(settings), 'late');
answers['served unsealed'] = [existsSync(late), (await verb('serve')).state, wasAsked()];
const unsealed = startUnit();
await until(() => !existsSync(late));
s3.state = 'answers';
await until(async () => (await status()).state === 'running' && (await status()).late !== undefined);
await until(async () => (await status()).trouble === undefined && (await status()).dirty === '0');
const after = await status();
answers.late = [existsSync(late), after.late, after.left];
unsealed.kill('SIGTERM');
await once(unsealed, 'close');
await verb('release');

// `drain` never came: whoever asks to serve says the term, and what takes over writes with that. Once it has, nothing is drained again.
await verb('mount');
Object.assign(env, { SSM_Term: '4' });
const undrained = [(await verb('serve')).state, JSON.parse(readFileSync(settings, 'utf8')).term, existsSync(late)];
const asked = s3.objects.size;
answers['served undrained'] = [...undrained, (await verb('serve')).state, s3.objects.size - asked];
const undrainedWriter = startUnit();
await until(async () => (await status()).state === 'running' && (await status()).dirty === '0');
const head = [...s3.objects].filter(([key]) => key.includes('journal/alpha/')).at(-1);
answers['begins its term'] = [(await status()).trouble, head?.[1].metadata['x-amz-meta-term']];
undrainedWriter.kill('SIGTERM');
await once(undrainedWriter, 'close');
await verb('release');

// And where S3 answers nobody then: it is served all the same, and the rest comes late.
await verb('mount');
s3.state = 'fails';
Object.assign(env, { SSM_Term: '5' });
answers['served undrained without S3'] = [
  (await verb('serve')).state,
  JSON.parse(readFileSync(settings, 'utf8')).term,
  existsSync(late),
];
s3.state = 'answers';
await verb('release');
const again = startUnit();
answers['of a volume that it does not serve'] = (await once(again, 'close'))[0];
end(answers);

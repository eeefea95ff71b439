/** What becomes of the reader and the resolver when mounts, processes and the file system do not stay as they were. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type KernelEvent, KernelEvents } from '../../../../host/agent/kernel/events.ts';
import type { Watched } from '../../../../host/agent/kernel/helper.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { must } from '../../../../simulator/disks/shell.ts';
import { end, OWN, until, Volume } from './lab.ts';

const answers: Record<string, unknown> = {};
const volume = new Volume('life');
const other = new Volume('other');
const root = { path: Buffer.from('.remount') };

async function refusal(label: string, watched: Watched): Promise<void> {
  const said = (error: Error & { code?: string }) => error.code;
  answers[label] = [
    await KernelEvents.open(watched).then(() => 'watched', said),
    await Resolver.open(watched).then(() => 'watched', said),
  ];
}

/** All that is said up to the end of the stream, in short. */
async function rest(stream: AsyncIterator<KernelEvent>): Promise<string[]> {
  const said: string[] = [];
  for (let next = await stream.next(); !next.done; next = await stream.next()) said.push(short(next.value));
  return said;
}

function short(event: KernelEvent): string {
  if (event.kind === 'doubt' || event.kind === 'gone') return `${event.kind}: ${event.cause}`;
  return event.kind === 'changes' ? event.changes.map(({ at, to }) => (to ?? at)?.name.toString()).join() : event.kind;
}

const failing = (work: Promise<unknown>) =>
  work.then(
    () => 'answered',
    (error: Error & { code?: string }) => error.code,
  );

// What must not be marked.
const beside = `${volume.mountPoint}.beside`;
mkdirSync(beside);
symlinkSync(volume.mountPoint, `${beside}/link`);
await refusal('a directory where nothing is mounted', { mountPoint: beside });
await refusal('no directory', { mountPoint: `${beside}/none` });
await refusal('a link to the mount point', { mountPoint: `${beside}/link` });
await refusal('a directory of the volume', { mountPoint: join(volume.mountPoint, '.remount') });
await refusal('another device', { mountPoint: volume.mountPoint, device: other.device });
await refusal('no xfs', { mountPoint: '/proc' });
await refusal('no python', { mountPoint: volume.mountPoint, python: '/nonexistent' });

// Unmounted while it is watched, with changes that nobody has taken yet.
{
  const events = await KernelEvents.open(other);
  const resolver = await Resolver.open(other);
  other.sh('touch last');
  other.unmount();
  answers['umount goes through'] = await rest(events[Symbol.asyncIterator]());
  answers['the resolver after umount'] = await failing(resolver.look([root]));
  // On the bare directory now: a reader that is started again must not mark what is below.
  await refusal('after umount', other);
  other.mount();
  resolver.close();
}

// Unmounted and mounted again, of the same device and with the same numbers, before the reader has looked.
{
  const events = await KernelEvents.open({ ...other, most: 64 });
  const resolver = await Resolver.open(other);
  process.kill(events.pid, 'SIGSTOP');
  other.sh('mkdir d; cd d; seq 5000 | xargs mkdir');
  other.unmount();
  other.mount();
  process.kill(events.pid, 'SIGCONT');
  const said = await rest(events[Symbol.asyncIterator]());
  answers['mounted again'] = [said.join().split(',').length, said.at(-1)];
  answers['the resolver when mounted again'] = await failing(resolver.look([root]));
  resolver.close();
}

// Something else is mounted over it.
{
  const events = await KernelEvents.open(other);
  must('mount', '-t', 'tmpfs', 'tmpfs', other.mountPoint);
  answers['mounted over'] = await rest(events[Symbol.asyncIterator]());
  other.unmount();
}

// Unmounted lazily while a file is open: the file system is there, and nobody finds it any more.
{
  const events = await KernelEvents.open(other);
  writeFileSync(join(other.mountPoint, 'open'), '');
  must('bash', '--norc', '-c', 'exec 3<"$1/open"; umount -l "$1"', 'bash', other.mountPoint);
  answers['unmounted lazily'] = (await rest(events[Symbol.asyncIterator]())).at(-1);
  other.mount();
}

// Shut down: the reader says nothing of it, the resolver has its error, and it can be unmounted.
{
  const events = await KernelEvents.open(other);
  const resolver = await Resolver.open(other);
  must('xfs_io', '-x', '-c', 'shutdown', other.mountPoint);
  const looked = await resolver.look([root]);
  const synced = await resolver.sync();
  other.unmount();
  answers['shut down'] = [looked, synced, await rest(events[Symbol.asyncIterator]())];
  resolver.close();
  other.mount();
}

// A mount elsewhere is none of its business, and it goes on.
const events = await KernelEvents.open({ ...volume, most: 64 });
const stream = events[Symbol.asyncIterator]();
const resolver = await Resolver.open(volume);
other.unmount();
other.mount();
volume.sh('touch there');
answers['another one is mounted'] = (await until(stream, resolver)).map(short);

// A reader that is stopped: writers go on, and more happens than the kernel keeps.
process.kill(events.pid, 'SIGSTOP');
const wrote = volume.py('for i in range(20000): os.mkdir("d%d" % i)\nprint("all")');
process.kill(events.pid, 'SIGCONT');
const overflow = (await until(stream, resolver)).map(short);
answers.stopped = [wrote, overflow.filter((text) => text.startsWith('doubt'))];
volume.sh('touch afterwards');
answers['after an overflow'] = (await until(stream, resolver)).map(short);

// Nobody takes what it says: it keeps 64 changes, the pipe some more, the kernel the rest, and then it overflows.
volume.py('for i in range(40000): os.mkdir("e%d" % i)');
answers['nobody takes it'] = (await until(stream, resolver)).map(short).filter((text) => text.startsWith('doubt'));

// Killed, while changes go on.
const before = events.pid;
process.kill(before, 'SIGKILL');
volume.sh('touch meanwhile');
await stream.next().then(({ value }) => {
  answers.killed = value && short(value);
});
volume.sh('touch again');
answers['after a kill'] = [(await until(stream, resolver)).map(short), events.pid !== before];
// In the middle of what it says.
volume.py('for i in range(5000): os.mkdir("f%d" % i)');
process.kill(events.pid, 'SIGKILL');
answers['killed while it speaks'] = [...new Set((await until(stream, resolver)).map(short))].filter((text) =>
  text.startsWith('doubt'),
);

// The resolver, too: the next request has another one.
process.kill(resolver.pid ?? 0, 'SIGKILL');
answers['resolver killed'] = [await failing(resolver.look([root])), await failing(resolver.look([root]))];

// A frozen file system: whoever writes waits, the resolver too, and nobody waits for the reader.
volume.sh('touch frozen');
must('xfs_freeze', '-f', volume.mountPoint);
const hasty = await Resolver.open(volume, { deadlineMs: 1000 });
const look = () => failing(hasty.look([root]));
answers.frozen = [await look(), await failing(hasty.sentinel(OWN)), await look()];
answers['said while it is frozen'] = short((await stream.next()).value as KernelEvent);
must('xfs_freeze', '-u', volume.mountPoint);
await until(stream, resolver);
// The request that hung has ended with its process.
await setTimeout(500);
answers.thawed = await look();
hasty.close();
events.close();
resolver.close();

// Whoever started a helper has died: its pipes are closed, and it ends by itself.
for (const script of ['events.py', 'resolve.py']) {
  for (const pipe of ['stdin', 'stdout'] as const) {
    const path = join(import.meta.dirname, '../../../../host/agent/kernel', script);
    const child = spawn('/usr/bin/python3', ['-S', '-B', path, volume.mountPoint, '-', '64']);
    await once(child.stdout, 'data');
    child[pipe].destroy();
    if (pipe === 'stdout') child.stdin.write('{"id": 1, "op": "sync", "of": [[]]}\n');
    const [code, signal] = await once(child, 'exit');
    answers[`${script} without ${pipe}`] = signal ?? code;
  }
}
end(answers, volume, other);

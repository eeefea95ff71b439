/** What the resolver does to files of real XFS, and how it reads all of them at once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Handle } from '../../../../host/agent/kernel/handle.ts';
import type { Inode, Place } from '../../../../host/agent/kernel/places.ts';
import { Errno } from '../../../../host/agent/kernel/requests.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { end, Volume } from './lab.ts';

const answers: Record<string, unknown> = {};
const volume = new Volume('changes');
const resolver = await Resolver.open(volume);
const at = (path: string): Place => ({ path: Buffer.from(path) });
const codeOf = (found: unknown) => (found instanceof Errno ? found.code : 'done');
const path = (name: string) => join(volume.mountPoint, name);

async function handleOf(name: string): Promise<Handle> {
  const [found] = await resolver.look([at(name)]);
  if (found === undefined || found instanceof Errno) throw new Error(`${name}: ${found?.code}`);
  return found.handle;
}
/** Mode, owner, times in nanoseconds. */
function statOf(name: string): string {
  const { mode, uid, gid, atimeNs, mtimeNs } = lstatSync(path(name), { bigint: true });
  return [mode.toString(8), uid, gid, atimeNs, mtimeNs].join(' ');
}
async function attributesOf(name: string): Promise<unknown> {
  const [found] = await resolver.look([at(name)], { attributes: true });
  if (found === undefined || found instanceof Errno) return codeOf(found);
  return Object.fromEntries([...(found.attributes ?? [])].map(([key, value]) => [key, value.toString('hex')]));
}

volume.sh('echo f >f; ln -s nowhere s; mkdir d; mkfifo p; echo one >one; echo two >two');
const owner = { uid: 7, gid: 8 };
const times = { accessed: 1_000_000_001n, modified: -1_500_000_001n };
const attributes = new Map<string, Uint8Array | undefined>([
  ['user.bytes', Buffer.from([0, 255])],
  ['user.\xff', Buffer.alloc(0)],
  ['user.never', undefined],
]);
const trusted = new Map([['trusted.identity', Buffer.from('81aa')]]);
answers.dressed = (
  await resolver.dress([
    { place: await handleOf('f'), owner, mode: 0o6751, attributes, ...times },
    { place: at('s'), owner, attributes: trusted, ...times },
    { place: at('d'), owner, mode: 0o3700, attributes: trusted, ...times },
    { place: at('p'), owner, mode: 0o600, ...times },
    { place: at('s'), mode: 0o600 },
    { place: at('none'), mode: 0o600 },
  ])
).map(codeOf);
answers.stats = ['f', 's', 'd', 'p'].map(statOf);
answers.attributes = [await attributesOf('f'), await attributesOf('s'), await attributesOf('d')];
await resolver.dress([
  { place: at('f'), modified: 5n, attributes: new Map([['user.bytes', undefined]]) },
  { place: at('d'), accessed: 6n },
]);
answers['what is left out stays'] = [statOf('f'), statOf('d'), await attributesOf('f')];

// Names.
const [one, two] = [await handleOf('one'), await handleOf('two')];
const move = (from: string, to: string) => [{ from: at(from), to: at(to) }];
const here = () =>
  readdirSync(volume.mountPoint)
    .filter((name) => /^(one|two|three)$/.test(name))
    .map((name) => `${name}: ${readFileSync(path(name), 'utf8').trim()}`);
answers.new = [
  codeOf((await resolver.rename(move('one', 'two'), 'new'))[0]),
  codeOf((await resolver.rename(move('one', 'three'), 'new'))[0]),
  here(),
];
answers.exchange = [
  codeOf((await resolver.rename(move('three', 'two'), 'exchange'))[0]),
  codeOf((await resolver.rename(move('two', 'none'), 'exchange'))[0]),
  here(),
];
answers.replace = [
  codeOf((await resolver.rename(move('two', 'three')))[0]),
  here(),
  (await resolver.look([two]).then((found) => found.map(codeOf)))[0],
];
answers.link = [
  (await resolver.link([{ from: one, to: { directory: await handleOf('d'), path: Buffer.from('linked') } }])).map(
    codeOf,
  ),
  (await handleOf('d/linked')) === one,
  (
    await resolver.link([
      { from: two, to: at('again') },
      { from: one, to: at('f') },
    ])
  ).map(codeOf),
];

// Holes.
volume.py(`
with open("sparse", "wb") as f:
    f.truncate(1 << 33); f.seek(1 << 32); f.write(b"x" * 4096)
open("hole", "wb").truncate(1 << 20)
`);
const data = async (name: string, offset: bigint) => {
  const [found] = await resolver.data([{ file: at(name), offset }]);
  return found instanceof Errno ? found.code : found && [String(found.offset), String(found.length)];
};
answers.data = [
  await data('sparse', 0n),
  await data('sparse', 2n ** 32n + 5n),
  await data('sparse', 2n ** 32n + 4096n),
  await data('hole', 0n),
  await data('f', 99n),
  await data('d', 0n),
  await data('none', 0n),
].map((found) => found ?? null);

// All inodes at once, and each as it is looked at.
volume.py('os.mkdir("many")\nfor i in range(2500): os.mkdir("many/%d" % i)');
await resolver.sync();
const swept = new Map<Handle, Inode>();
for await (const some of resolver.sweep()) for (const inode of some) swept.set(inode.handle, inode);
const places = ['f', 's', 'd', 'p', 'sparse', 'many', 'many/1', 'many/2499'];
const looks = await resolver.look(places.map(at));
answers.swept = looks.map((look, i) => {
  if (look instanceof Errno) return look.code;
  const inode = swept.get(look.handle);
  const keys = ['mode', 'links', 'uid', 'gid', 'size', 'modified', 'changed'] as const;
  return keys
    .filter((key) => inode?.[key] !== look[key])
    .map((key) => `${places[i]}: ${key}`)
    .join();
});
answers['swept all'] = [swept.size > 2500, readdirSync(path('many')).length];
resolver.close();

// What is lent and never given back.
const helper = spawn('/usr/bin/python3', [
  '-S',
  '-B',
  join(import.meta.dirname, '../../../../host/agent/kernel/resolve.py'),
  volume.mountPoint,
  '-',
]);
await once(helper.stdout, 'data');
helper.stdin.write(`{"id":1,"op":"lend","of":[[["","66"]]]}\n`);
await once(helper.stdout, 'data');
const held = () =>
  readdirSync(`/proc/${helper.pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${helper.pid}/fd/${fd}`).startsWith(volume.mountPoint);
    } catch {
      return false;
    }
  }).length;
const lent = held();
await setTimeout(7000);
answers.lent = [lent, held()];
helper.stdin.end();
volume.unmount();
end(answers, volume);

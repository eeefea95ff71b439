/**
 * Whether all that differs afterwards was said: things are done at random by two processes at once, and the whole tree is read before and
 * after. Prints what was done, and each difference that no change names.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { KernelEvents } from '../../../../host/agent/kernel/events.ts';
import type { Handle } from '../../../../host/agent/kernel/handle.ts';
import type { Look } from '../../../../host/agent/kernel/places.ts';
import { Errno } from '../../../../host/agent/kernel/requests.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { end, until, Volume } from './lab.ts';

const SEED = Number(process.argv[2] ?? 1);
const COUNT = Number(process.argv[3] ?? 4000);
const ROUNDS = 3;

const volume = new Volume('complete');
const resolver = await Resolver.open(volume);
const [root] = await resolver.look(['' as Handle]);
if (root === undefined || root instanceof Errno) throw new Error('no root');

interface Tree {
  /** Directory and name -> what it is. */
  readonly names: Map<string, Handle>;
  /** All that anybody can see of it but its content and the time of that. */
  readonly things: Map<Handle, string>;
}

const nameOf = (directory: Handle, name: Buffer) => `${directory}/${name.toString('hex')}`;

async function tree(): Promise<Tree> {
  const names = new Map<string, Handle>();
  const things = new Map<Handle, string>([[top.handle, shown(top)]]);
  const open = [top.handle];
  for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
    for await (const entries of resolver.list(directory)) {
      const looks = await resolver.look(
        entries.map(({ handle }) => handle),
        { attributes: true },
      );
      for (const [i, { name, handle, mode }] of entries.entries()) {
        const look = looks[i];
        if (look === undefined || look instanceof Errno) throw new Error(`${name}: ${look?.code}`);
        names.set(nameOf(directory, name), handle);
        things.set(handle, shown(look));
        if ((mode & 0o170000) === 0o040000) open.push(handle);
      }
    }
  }
  return { names, things };
}

const top: Look = root;

function shown({ mode, uid, size, modified, changed, attributes }: Look): string {
  return [mode, uid, size, modified, changed, ...(attributes ?? [])].join(' ');
}

const found: string[] = [];
let done = 0;
let differences = 0;
const events = await KernelEvents.open(volume);
const stream = events[Symbol.asyncIterator]();
await until(stream, resolver);
for (let round = 0; round < ROUNDS; round++) {
  const before = await tree();
  const writers = [0, 1].map((one) => {
    const script = join(import.meta.dirname, 'writer.py');
    const args = [script, volume.mountPoint, String(SEED * 100 + round * 2 + one), String(COUNT)];
    return spawn('/usr/bin/python3', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  });
  const names = new Set<string>();
  const objects = new Set<Handle>();
  await Promise.all(
    writers.map(async (writer) => {
      writer.stdout.on('data', (text) => {
        done += Number(text);
      });
      const [code] = await once(writer, 'close');
      if (code !== 0) throw new Error(`a writer ended with ${code}`);
    }),
  );
  for (const event of await until(stream, resolver)) {
    if (event.kind === 'doubt') found.push(`doubt: ${event.cause}`);
    if (event.kind !== 'changes') continue;
    for (const { object, at, to } of event.changes) {
      if (object) objects.add(object);
      for (const place of [at, to]) {
        if (!place) continue;
        names.add(nameOf(place.directory, place.name));
        objects.add(place.directory);
      }
    }
  }
  const after = await tree();
  for (const name of new Set([...before.names.keys(), ...after.names.keys()])) {
    if (before.names.get(name) === after.names.get(name)) continue;
    differences++;
    if (!names.has(name)) found.push(`name ${name}`);
  }
  for (const [handle, thing] of after.things) {
    if (before.things.get(handle) === thing) continue;
    differences++;
    if (!objects.has(handle)) found.push(`${handle}: ${before.things.get(handle)} -> ${thing}`);
  }
}
events.close();
resolver.close();
end({ seed: SEED, done, differences, found: found.slice(0, 10) }, volume);

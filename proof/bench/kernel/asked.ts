/** What the resolver takes for its answers. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Dress } from '../../../host/agent/kernel/changes.ts';
import { KernelEvents } from '../../../host/agent/kernel/events.ts';
import type { Handle } from '../../../host/agent/kernel/handle.ts';
import type { LookOptions } from '../../../host/agent/kernel/places.ts';
import { Resolver } from '../../../host/agent/kernel/resolver.ts';
import { must } from '../../../simulator/disks/shell.ts';
import { cpuOf, memoryOf } from './process.ts';
import type { Bench } from './writers.ts';

export interface Asked {
  readonly what: string;
  readonly perSecond: number;
  /** Milliseconds of CPU a thousand. */
  readonly helperMs: number;
  readonly nodeMs: number;
}

/** What the resolver answers in a second, of a directory of as many files, that are in the cache. */
export async function asked(
  bench: Bench,
  notify: (text: string) => void,
): Promise<{ asked: Asked[]; mib: Record<string, number> }> {
  const name = 'asked';
  const directory = join(bench.mountPoint, name);
  mkdirSync(directory);
  must('bash', '-c', `cd "$1" && seq ${bench.files} | split -l 1 -a 5 - f`, 'bash', directory);
  const resolver = await Resolver.open(bench);
  const events = await KernelEvents.open(bench);
  const mib = { 'reader, at rest': memoryOf(events.pid), 'resolver, at rest': memoryOf(resolver.pid ?? 0) };
  const found: Asked[] = [];
  const timed = async (what: string, work: () => Promise<number>) => {
    notify(what);
    const { pid = 0 } = resolver;
    const before = { at: performance.now(), node: process.cpuUsage(), helper: cpuOf(pid) };
    const count = await work();
    const { user, system } = process.cpuUsage(before.node);
    const perSecond = count / ((performance.now() - before.at) / 1000);
    found.push({
      what,
      perSecond,
      helperMs: ((cpuOf(pid) - before.helper) / count) * 1000,
      nodeMs: (user + system) / count,
    });
  };
  const handles: Handle[] = [];
  await timed('names listed', async () => {
    for await (const some of resolver.list({ path: Buffer.from(name) })) handles.push(...some.map((e) => e.handle));
    return handles.length;
  });
  const looked = async (options: LookOptions) => (await resolver.look(handles, options)).length;
  await timed('looked at by handle', () => looked({}));
  await timed('with attributes and writers', () => looked({ attributes: true, openForWriting: true }));
  await timed('opened and closed', async () => {
    for (let at = 0; at < handles.length; at += 64)
      await resolver.reading(handles.slice(at, at + 64), async (files) => files.length);
    return handles.length;
  });
  await timed('dressed', async () => (await resolver.dress(handles.map(dressOf))).length);
  await timed('inodes swept', async () => {
    let inodes = 0;
    for await (const some of resolver.sweep()) inodes += some.length;
    return inodes;
  });
  const after = { 'reader, after all': memoryOf(events.pid), 'resolver, after all': memoryOf(resolver.pid ?? 0) };
  events.close();
  resolver.close();
  return { asked: found, mib: { ...mib, ...after } };
}

const IDENTITY = new Map([['trusted.identity', Buffer.alloc(13, 1)]]);
const dressOf = (place: Handle): Dress => ({
  place,
  mode: 0o644,
  owner: { uid: 1, gid: 1 },
  attributes: IDENTITY,
  modified: 1n,
});

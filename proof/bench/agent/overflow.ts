/** What a scan takes after changes were lost, of a tree that the agent knows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { write } from '../kernel/writers.ts';
import { median } from '../measure.ts';
import type { Lab } from './lab.ts';

const FINDS = 3;
/** What the kernel keeps for a reader that does not read: fanotify(7). */
const QUEUE = '/proc/sys/fs/fanotify/max_queued_events';

const TREE = `
for i in range(n):
    if i % 1000 == 0: os.mkdir("d%d" % (i // 1000))
    with open("d%d/f%d" % (i // 1000, i), "wb") as f: f.write(b"x")`;
/** In the agent's own directory, whose things are nobody's content, and all gone in the end: what remains is the scan. */
const BURST = `
for i in range(n): open("b%d" % i, "wb").close()
for i in range(n): os.unlink("b%d" % i)`;

export interface Overflow {
  readonly files: number;
  /** Median of one `find` that looks at each file's time of change. Seconds. */
  readonly find: number;
  /** From the agent's waking until all is known again, as a multiple of that. */
  readonly times: number;
  /** Milliseconds of the agent's CPU for a thousand files of the tree. */
  readonly cpu: number;
}

export async function overflow(lab: Lab, files: number, notify: (text: string) => void): Promise<Overflow> {
  return await lab.with(async (content, agent) => {
    const [tree, burst] = [join(content.mountPoint, 'tree'), join(content.mountPoint, '.remount', 'burst')];
    for (const directory of [tree, burst]) mkdirSync(directory);
    notify(`a tree of ${files} files`);
    await write(tree, TREE, files);
    notify(`the agent takes ${files} files as they are`);
    await agent.begin();
    const found: number[] = [];
    for (let run = 0; run < FINDS; run++) found.push(await find(content.mountPoint));
    notify('an overflow');
    agent.taken();
    agent.freeze();
    await write(burst, BURST, Number(readFileSync(QUEUE, 'utf8')) + 1000);
    agent.wake();
    const before = { at: performance.now(), cpu: agent.cpu() };
    const { written } = await lab.watch(agent, () => agent.caughtUp());
    const seconds = (performance.now() - before.at) / 1000;
    if (!written.some((bytes) => bytes.includes('"doubt"')))
      throw new Error('no segment says that changes were lost: nothing has overflowed');
    return {
      files,
      find: median(found),
      times: seconds / median(found),
      cpu: ((agent.cpu() - before.cpu) / files) * 1000,
    };
  });
}

async function find(directory: string): Promise<number> {
  const start = performance.now();
  const args = [directory, '-xdev', '-newerct', '2100-01-01'];
  const [code] = await once(spawn('find', args, { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  if (code !== 0) throw new Error(`find ended with ${code}`);
  return (performance.now() - start) / 1000;
}

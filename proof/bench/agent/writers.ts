/** What those who write to a volume notice of the deployed agent, and what it takes for what they write. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../../simulator/disks/shell.ts';
import { type Took, write } from '../kernel/writers.ts';
import { median } from '../measure.ts';
import type { Lab } from './lab.ts';

const MIB_OF_LARGE = 1024;

export const MODES = ['off', 'on', 'stuck', 'killed'] as const;
export type Mode = (typeof MODES)[number];

interface Writer {
  readonly name: string;
  readonly body: string;
  /** Of which a thousand is the unit of what the agent takes. */
  readonly n: number;
}

const small = (files: number): Writer => ({
  name: `${files} small files`,
  n: files,
  body: `
for i in range(n):
    if i == n // 2: half()
    if i % 1000 == 0: os.mkdir("d%d" % (i // 1000))
    with open("d%d/f%d" % (i // 1000, i), "wb") as f: f.write(b"x" * 4096)`,
});

const LARGE: Writer = {
  name: `one file of ${MIB_OF_LARGE} MiB`,
  n: MIB_OF_LARGE,
  body: `
block = os.urandom(1 << 20)
with open("large", "wb", buffering=0) as f:
    for i in range(n):
        if i == n // 2: half()
        f.write(block)
assert os.path.getsize("large") == n << 20`,
};

/** Of the agent that is on: from the writer's start until all that it wrote is acknowledged. */
interface Work {
  readonly seconds: number;
  /** Milliseconds. */
  readonly cpu: number;
}

interface Round extends Took {
  readonly work?: Work;
}

export interface AgentFigures {
  readonly writer: string;
  /** Median, without the agent. */
  readonly off: Took;
  /** As multiples of that. */
  readonly on: Took;
  readonly stuck: Took;
  readonly killed: Took;
  /** Files, or MiB, that the agent has acknowledged by the second, from the writer's start to the last. */
  readonly perSecond: number;
  /** Milliseconds of CPU that the agent takes for a thousand files, or MiB. */
  readonly cpu: number;
}

async function round(lab: Lab, { body, n }: Writer, mode: Mode): Promise<Round> {
  return await lab.with(async (content, agent) => {
    const directory = join(content.mountPoint, 'written');
    mkdirSync(directory);
    // What the round before has left to be written is not this one's.
    must('sync');
    if (mode === 'off') return await write(directory, body, n);
    await agent.begin();
    if (mode === 'stuck') {
      agent.freeze();
      return await write(directory, body, n);
    }
    if (mode === 'killed') {
      let killing: Promise<void> | undefined;
      const took = await write(directory, body, n, () => {
        killing = agent.kill();
      });
      await killing;
      return took;
    }
    const before = { at: performance.now(), cpu: agent.cpu() };
    const { done } = await lab.watch(agent, async () => {
      const took = await write(directory, body, n);
      await agent.caughtUp();
      return took;
    });
    const work = { seconds: (performance.now() - before.at) / 1000, cpu: agent.cpu() - before.cpu };
    return { ...done, work };
  });
}

export async function agentWriters(
  lab: Lab,
  files: number,
  runs: number,
  notify: (text: string) => void,
): Promise<AgentFigures[]> {
  const figures: AgentFigures[] = [];
  for (const writer of [small(files), LARGE]) {
    const rounds: Record<Mode, Round[]> = { off: [], on: [], stuck: [], killed: [] };
    // The first one of all finds memory and images that nobody has used yet.
    notify(`${writer.name}: warming up`);
    await round(lab, writer, 'off');
    for (let run = 0; run < runs; run++) {
      // In another order each time: whoever is first finds another machine.
      for (let turn = 0; turn < MODES.length; turn++) {
        const mode = MODES[(run + turn) % MODES.length] ?? 'off';
        notify(`${writer.name}, the agent ${mode}: ${run + 1} of ${runs}`);
        rounds[mode].push(await round(lab, writer, mode));
      }
    }
    figures.push(figuresOf(writer, rounds));
  }
  return figures;
}

function figuresOf({ name, n }: Writer, rounds: Record<Mode, readonly Round[]>): AgentFigures {
  const of = (mode: Mode): Took => ({
    seconds: median(rounds[mode].map(({ seconds }) => seconds)),
    cpu: median(rounds[mode].map(({ cpu }) => cpu)),
  });
  const off = of('off');
  const over = (mode: Mode): Took => ({ seconds: of(mode).seconds / off.seconds, cpu: of(mode).cpu / off.cpu });
  const work = rounds.on.flatMap((one) => (one.work ? [one.work] : []));
  return {
    writer: name,
    off,
    on: over('on'),
    stuck: over('stuck'),
    killed: over('killed'),
    perSecond: n / median(work.map(({ seconds }) => seconds)),
    cpu: (median(work.map(({ cpu }) => cpu)) / n) * 1000,
  };
}

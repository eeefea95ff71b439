/** What the journal's agent costs a volume and its host: its reader of kernel events and the resolver, or all of it as it is deployed. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  EXIT,
  FLAG,
  HELP_FLAG,
  readArguments,
  runCommand,
  UsageError,
  whole,
} from '../../rehearsal/command/command.ts';
import { makeNotifier } from '../../rehearsal/command/progress.ts';
import { baseDirectory, requireXfs } from '../../simulator/disks/machine.ts';
import { must } from '../../simulator/disks/shell.ts';
import { StorageArea } from '../../simulator/disks/xfs/area.ts';
import { mountXfs, unmount } from '../../simulator/disks/xfs/mounts.ts';
import { enterPrivateNamespace } from '../../simulator/disks/xfs/namespace.ts';
import { Lab } from './agent/lab.ts';
import { overflow } from './agent/overflow.ts';
import { type AgentMeasured, agentTable } from './agent/table.ts';
import { agentWriters } from './agent/writers.ts';
import { type Asked, asked } from './kernel/asked.ts';
import { Bench, drained, type Figures, writers } from './kernel/writers.ts';

const MAX_RUNS = 50;
const SIZE = 20 * 2 ** 30;

const HELP = `Measures what a reader of kernel events costs on real XFS: how long writers take while it reads, and while it is stopped and
its queue is full, as a multiple of what they take without it; and what it and the resolver take themselves.

With --agent it measures the journal's agent as it is deployed, in its place: writers of small files, and of one of 1 GiB, with the agent off,
on, stuck (stopped as by a freezer) and killed while they write; what the agent has of memory, and takes of a processor; and how long it
takes after an overflow, as a multiple of one find over the same tree. Its S3 is on this machine, and it has no limits but its heap's.

Usage: npm run bench:journal -- [options]

  --agent    measure the deployed agent, and not the reader alone
  --files N  how many small files are made each time: whole number from 1000 to 1000000 (default 50000; with --agent 2000)
  --runs N   how often each is measured: whole number from 1 to ${MAX_RUNS} (default 5; with --agent 3)
  --tree N   with --agent: files that are there at the overflow: whole number from 1000 to 1000000 (default 100000)
  --json     print the figures as one JSON document on standard output
  --help     print this and stop

In brackets is the writer's own CPU, which depends less on what else the machine does. CPU is milliseconds for a thousand operations of the
writer, or answers: of the helper, and of the Node process that takes what it says. With --agent: of all its processes, for a thousand files,
or MiB of the large one. It fails where the reader does not keep up with a writer; aims that the agent does not keep are said, and no failure.

Exit codes: 0 measured; 1 something failed; 2 wrong usage; 3 not on this machine (it needs Linux, root, XFS).
`;

function table({ figures, drained, asked, mib }: Measured): string {
  const cells = (name: string, values: readonly string[]) =>
    `${name.padEnd(30)}${values.map((value) => value.padStart(14)).join('')}\n`;
  const fixed = (value: number) => value.toFixed(2);
  return [
    cells('writer', ['alone, s', 'reader on', 'stopped', 'changes/s', 'CPU ms/1000', 'Node']),
    ...figures.map((f) =>
      cells(f.writer, [
        ...[f.alone, f.on, f.stopped].map(({ seconds, cpu }) => `${fixed(seconds)} (${fixed(cpu)})`),
        f.changesPerSecond.toFixed(0),
        ...[f.helperMs, f.nodeMs].map(fixed),
      ]),
    ),
    '\n',
    cells('out of a full queue', [`${drained.toFixed(0)}/s`]),
    '\n',
    cells('resolver', ['a second', 'CPU ms/1000', 'Node']),
    ...asked.map((a) => cells(a.what, [a.perSecond.toFixed(0), fixed(a.helperMs), fixed(a.nodeMs)])),
    '\n',
    ...Object.entries(mib).map(([what, size]) => cells(`resident: ${what}`, [`${size.toFixed(1)} MiB`])),
  ].join('');
}

interface Measured {
  readonly figures: readonly Figures[];
  /** Changes a second. */
  readonly drained: number;
  readonly asked: readonly Asked[];
  readonly mib: Readonly<Record<string, number>>;
}

/** On a volume of its own, in the private namespace that this process is in. */
async function measure(files: number, runs: number, notify: (text: string) => void): Promise<Measured> {
  const area = new StorageArea(baseDirectory());
  const image = area.volumeImage('bench');
  area.createBlank(image, SIZE);
  const device = area.loop(image);
  must('mkfs.xfs', '-q', '-K', device.path);
  const refused = mountXfs(device.path, area.scratch);
  if (refused !== undefined) throw new Error(refused);
  try {
    mkdirSync(join(area.scratch, '.remount'));
    const bench = new Bench(area.scratch, files);
    return {
      figures: await writers(bench, runs, notify),
      drained: await drained(bench),
      ...(await asked(bench, notify)),
    };
  } finally {
    unmount(area.scratch);
    device.release();
    area.close();
  }
}

/** On volumes of its own, as `measure`. */
async function measureAgent(options: Options, notify: (text: string) => void): Promise<AgentMeasured> {
  const area = new StorageArea(baseDirectory());
  try {
    const lab = new Lab(area);
    const writers = await agentWriters(lab, options.files, options.runs, notify);
    const lost = await overflow(lab, options.tree, notify);
    return { writers, memory: lab.memory, overflow: lost };
  } finally {
    area.close();
  }
}

type Options = ReturnType<typeof readOptions>;

/** @throws UsageError */
function readOptions(args: readonly string[]) {
  const values = readArguments(args, {
    agent: FLAG,
    files: { type: 'string' },
    runs: { type: 'string' },
    tree: { type: 'string' },
    json: FLAG,
    help: HELP_FLAG,
  });
  const { agent, files = agent ? '2000' : '50000', runs = agent ? '3' : '5', tree } = values;
  if (tree !== undefined && !agent) throw new UsageError(`--tree: received "${tree}"; allowed: with --agent alone`);
  return {
    ...values,
    files: whole('--files', files, 1000, 1_000_000),
    runs: whole('--runs', runs, 1, MAX_RUNS),
    tree: whole('--tree', tree ?? '100000', 1000, 1_000_000),
  };
}

const of = <T>(measured: T, print: (measured: T) => string) => ({ measured, text: print(measured) });

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const reason = enterPrivateNamespace();
  if (reason !== undefined) {
    process.stderr.write(`${reason}\n`);
    return EXIT.cannot;
  }
  requireXfs();
  const { notify, clear } = makeNotifier(process.stderr);
  const { measured, text } = options.agent
    ? of(await measureAgent(options, notify), agentTable)
    : of(await measure(options.files, options.runs, notify), table);
  clear();
  process.stdout.write(options.json ? `${JSON.stringify(measured, null, 1)}\n` : text);
  return EXIT.ok;
}

await runCommand('Nothing could be measured', main);

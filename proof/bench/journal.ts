/** What the journal's agent costs a volume and its host: so far, the reader of kernel events and the resolver. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, whole } from '../../rehearsal/command/command.ts';
import { makeNotifier } from '../../rehearsal/command/progress.ts';
import { baseDirectory, requireXfs } from '../../simulator/disks/machine.ts';
import { must } from '../../simulator/disks/shell.ts';
import { StorageArea } from '../../simulator/disks/xfs/area.ts';
import { mountXfs, unmount } from '../../simulator/disks/xfs/mounts.ts';
import { enterPrivateNamespace } from '../../simulator/disks/xfs/namespace.ts';
import { type Asked, asked } from './kernel/asked.ts';
import { Bench, drained, type Figures, writers } from './kernel/writers.ts';

const MAX_RUNS = 50;
const SIZE = 20 * 2 ** 30;

const HELP = `Measures what a reader of kernel events costs on real XFS: how long writers take while it reads, and while it is stopped and
its queue is full, as a multiple of what they take without it; and what it and the resolver take themselves.

Usage: npm run bench:journal -- [options]

  --files N  how many small files are made each time: whole number from 1000 to 1000000 (default 50000)
  --runs N   how often each is measured: whole number from 1 to ${MAX_RUNS} (default 5)
  --json     print the figures as one JSON document on standard output
  --help     print this and stop

In brackets is the writer's own CPU, which depends less on what else the machine does. CPU is milliseconds for a thousand operations of the
writer, or answers: of the helper, and of the Node process that takes what it says. It fails where the reader does not keep up with a writer.

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

/** @throws UsageError */
function readOptions(args: readonly string[]) {
  const values = readArguments(args, {
    files: { type: 'string', default: '50000' },
    runs: { type: 'string', default: '5' },
    json: FLAG,
    help: HELP_FLAG,
  });
  return {
    ...values,
    files: whole('--files', values.files, 1000, 1_000_000),
    runs: whole('--runs', values.runs, 1, MAX_RUNS),
  };
}

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
  const measured = await measure(options.files, options.runs, notify);
  clear();
  process.stdout.write(options.json ? `${JSON.stringify(measured, null, 1)}\n` : table(measured));
  return EXIT.ok;
}

await runCommand('Nothing could be measured', main);

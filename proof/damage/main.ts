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
import { makeProgress } from '../../rehearsal/command/progress.ts';
import { enterPrivateNamespace } from '../../simulator/disks/xfs/namespace.ts';
import { KINDS } from './kinds.ts';
import { hardFalseAlarms } from './sound.ts';
import { damageRows, printed, writeTable } from './table.ts';
import { Ground } from './volumes.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/failure-modes.md');
const MAX_COPIES = 10_000;

const HELP = `Damages XFS volumes in every way that is known, each on a fresh copy, and shows what notices it: the volume that goes on
serving (mounted, all of it read, a file written), and the drill (host/check.sh).

Usage: npm run damage -- [options]

  --sound N  check N sound copies instead, taken while the volume is written to: whole number from 1 to ${MAX_COPIES}
  --write    put the table into docs/failure-modes.md
  --json     print one JSON document on standard output
  --help     print this and stop

Exit codes: 0 all caught, no false alarm; 1 something missed, or a false alarm; 2 wrong usage; 3 not on this machine (it
needs Linux, root, XFS).
`;

interface Options {
  readonly sound: number | undefined;
  readonly write: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws UsageError */
function readOptions(args: readonly string[]): Options {
  const values = readArguments(args, { sound: { type: 'string' }, write: FLAG, json: FLAG, help: HELP_FLAG });
  if (values.write && values.sound !== undefined)
    throw new UsageError('--write: received with --sound; allowed: without it (the table is of damage)');
  return {
    ...values,
    sound: values.sound === undefined ? undefined : whole('--sound', values.sound, 1, MAX_COPIES),
  };
}

async function run({ sound, write, json }: Options): Promise<number> {
  const progress = makeProgress(process.stderr);
  if (sound !== undefined) {
    const alarms = await hardFalseAlarms(sound, (done) => progress.show('copies', done, sound));
    progress.clear();
    const lines = alarms.map(({ noticed, said }) => `${noticed}: ${said}\n`).join('');
    const found = `${sound} sound copies taken under load, ${alarms.length} false alarms\n${lines}`;
    process.stdout.write(json ? `${JSON.stringify({ copies: sound, falseAlarms: alarms }, null, 1)}\n` : found);
    return alarms.length === 0 ? EXIT.ok : EXIT.failed;
  }
  const ground = new Ground();
  try {
    let done = 0;
    const rows = damageRows(ground, () => progress.show('kinds of damage', ++done, KINDS.length));
    progress.clear();
    process.stdout.write(json ? `${JSON.stringify({ rows }, null, 1)}\n` : printed(rows));
    if (write) writeTable(DOCUMENT, rows);
    return rows.every(({ drill }) => drill.noticed !== '') ? EXIT.ok : EXIT.failed;
  } finally {
    ground.close();
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  enterPrivateNamespace();
  return run(options);
}

await runCommand('The damage could not be done', main);

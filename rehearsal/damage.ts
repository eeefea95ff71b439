import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Ground } from './damage/ground.ts';
import { falseAlarms } from './damage/sound.ts';
import { damageRows, printed, writeTable } from './damage/table.ts';
import { DisksUnavailable } from './disks/disks.ts';
import { enterPrivateNamespace } from './disks/namespace.ts';

const DOCUMENT = join(import.meta.dirname, '../docs/failure-modes.md');
const MAX_COPIES = 10_000;
const EXIT_BROKEN = 1;
const EXIT_USAGE = 2;
const EXIT_CANNOT = 3;

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

/** Wrong usage: one line that names the option, what was received and what is allowed. */
class UsageError extends Error {}

interface Options {
  readonly sound: number | undefined;
  readonly write: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws UsageError */
function readOptions(args: readonly string[]): Options {
  const flag = { type: 'boolean', default: false } as const;
  const options = { sound: { type: 'string' }, write: flag, json: flag, help: { ...flag, short: 'h' } } as const;
  let values: { sound?: string | undefined; write: boolean; json: boolean; help: boolean };
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message.split('\n')[0] : error}; --help lists the options`);
  }
  const sound = values.sound === undefined ? undefined : Number(values.sound);
  if (sound !== undefined && (!/^\d+$/.test(values.sound ?? '') || sound < 1 || sound > MAX_COPIES))
    throw new UsageError(`--sound: received "${values.sound}"; allowed: a whole number from 1 to ${MAX_COPIES}`);
  return { ...values, sound };
}

async function run({ sound, write, json }: Options): Promise<number> {
  const ground = new Ground();
  const tell = process.stderr.isTTY ? (text: string) => process.stderr.write(`\r\x1b[K${text}`) : () => undefined;
  try {
    if (sound !== undefined) {
      const alarms = await falseAlarms(ground, sound, (done) => tell(`${done} of ${sound} copies`));
      tell('');
      const lines = alarms.map(({ noticed, said }) => `${noticed}: ${said}\n`).join('');
      const found = `${sound} sound copies taken under load, ${alarms.length} false alarms\n${lines}`;
      process.stdout.write(json ? `${JSON.stringify({ copies: sound, falseAlarms: alarms }, null, 1)}\n` : found);
      return alarms.length === 0 ? 0 : EXIT_BROKEN;
    }
    const rows = damageRows(ground, ({ damage }) => tell(damage));
    tell('');
    process.stdout.write(json ? `${JSON.stringify({ rows }, null, 1)}\n` : printed(rows));
    if (write) writeTable(DOCUMENT, rows);
    return rows.every(({ drill }) => drill.noticed !== '') ? 0 : EXIT_BROKEN;
  } finally {
    ground.close();
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  enterPrivateNamespace();
  return run(options);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  if (error instanceof UsageError) process.exitCode = EXIT_USAGE;
  else if (error instanceof DisksUnavailable) process.exitCode = EXIT_CANNOT;
  else process.exitCode = EXIT_BROKEN;
}

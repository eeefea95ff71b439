/** How fast uploads are served: from S3's word until readers find the course, many one after the other, and behind many that wait. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, whole } from '../../rehearsal/command/command.ts';
import { makeNotifier } from '../../rehearsal/command/progress.ts';
import { requireXfs } from '../../simulator/disks/machine.ts';
import { enterPrivateNamespace } from '../../simulator/disks/xfs/namespace.ts';
import { courseZip, IntakeLab } from './intake/lab.ts';
import { percentile } from './percentile.ts';

/** Uploads come at any moment between two looks, which are 2 s apart. Milliseconds. */
const LOOK_MS = 2000;

const HELP = `Measures the deployed intake on real XFS, beside the writer of the journal, with an S3 on a port of this machine that answers at once: so
what S3 and its network take comes on top.

Usage: npm run bench:intake -- [options]

  --courses N  how many courses of 50 files are uploaded, each way: whole number from 5 to 5000 (default 100)
  --waiting N  behind how many uploads that wait the first is asked for: whole number from 1000 to 500000 (default 100000)
  --json       print the figures as one JSON document on standard output
  --help       print this and stop

"One at a time" is from S3's word until readers find the course. "All at once" is beside unzip of the same zips, one after the other, with
sync(1) at the end, on the same volume.

Exit codes: 0 measured; 1 something failed; 2 wrong usage; 3 not on this machine (it needs Linux, root, XFS).
`;

interface Measured {
  /** Seconds. */
  readonly alone: { readonly p50: number; readonly p99: number; readonly count: number };
  readonly together: {
    readonly count: number;
    readonly served: number;
    readonly seconds: number;
    readonly unzip: number | undefined;
  };
  readonly waiting: { readonly count: number; readonly seconds: number };
}

async function measure(courses: number, waiting: number, notify: (text: string) => void): Promise<Measured> {
  const lab = new IntakeLab();
  try {
    const zips = Array.from({ length: courses }, courseZip);
    const unzip = byHand(lab, zips);
    await lab.start();
    const alone: number[] = [];
    for (const [n, zip] of zips.slice(0, Math.min(courses, 50)).entries()) {
      notify(`one at a time: ${n + 1}`);
      await pause(Math.random() * LOOK_MS);
      const from = performance.now();
      lab.upload(`alone-${n}`, zip);
      await lab.served(`alone-${n}`);
      alone.push((performance.now() - from) / 1000);
      await lab.answered(1);
    }
    notify('all at once');
    const from = performance.now();
    for (const [n, zip] of zips.entries()) lab.upload(`together-${n}`, zip);
    for (let n = 0; n < courses; n++) await lab.served(`together-${n}`);
    const served = (performance.now() - from) / 1000;
    await lab.answered(courses);
    const seconds = (performance.now() - from) / 1000;
    notify('behind many that wait');
    const [first] = zips;
    const began = performance.now();
    lab.upload('first', first ?? courseZip());
    // Newer by their time, as S3 has it.
    await pause(1000);
    for (let n = 0; n < waiting; n++) lab.upload(`waiting-${n}`, NOTHING);
    await lab.served('first');
    return {
      alone: { p50: percentile(alone, 0.5), p99: percentile(alone, 0.99), count: alone.length },
      together: { count: courses, served, seconds, unzip },
      waiting: { count: waiting, seconds: (performance.now() - began) / 1000 },
    };
  } finally {
    await lab.close();
  }
}

/** No zip: it is refused, once it has its turn. */
const NOTHING = Uint8Array.of(0);

/** @returns seconds; `undefined`: there is no unzip here */
function byHand(lab: IntakeLab, zips: readonly Uint8Array[]): number | undefined {
  const aside = join(lab.content, '.remount/by-hand');
  mkdirSync(aside);
  for (const [n, zip] of zips.entries()) writeFileSync(join(aside, `${n}.zip`), zip);
  const script = 'for zip in *.zip; do unzip -q "$zip" -d "of-$zip" || exit 1; done; sync -f .';
  const from = performance.now();
  const { status } = spawnSync('sh', ['-c', `command -v unzip >/dev/null || exit 9; ${script}`], { cwd: aside });
  if (status === 9) return undefined;
  if (status !== 0) throw new Error(`unzip: exit ${status}`);
  return (performance.now() - from) / 1000;
}

function table({ alone, together, waiting }: Measured): string {
  const rate = (seconds: number) => `${(together.count / seconds).toFixed(1)} courses a second`;
  const beside =
    together.unzip === undefined
      ? 'no unzip is installed here to stand beside it'
      : `unzip ${rate(together.unzip)}: ${(together.seconds / together.unzip).toFixed(1)} times its time`;
  return [
    `one at a time          served after ${alone.p50.toFixed(2)} s (p50; ${alone.p99.toFixed(2)} s p99), ${alone.count} times`,
    `all at once            ${rate(together.served)} served, ${rate(together.seconds)} journaled and answered; ${beside}`,
    `behind ${String(waiting.count).padEnd(15)} the first is served after ${waiting.seconds.toFixed(2)} s`,
    '',
  ].join('\n');
}

async function main(): Promise<number> {
  const values = readArguments(process.argv.slice(2), {
    courses: { type: 'string', default: '100' },
    waiting: { type: 'string', default: '100000' },
    json: FLAG,
    help: HELP_FLAG,
  });
  const courses = whole('--courses', values.courses, 5, 5000);
  const waiting = whole('--waiting', values.waiting, 1000, 500_000);
  if (values.help) {
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
  const measured = await measure(courses, waiting, notify);
  clear();
  process.stdout.write(values.json ? `${JSON.stringify(measured, null, 1)}\n` : table(measured));
  return EXIT.ok;
}

await runCommand('Nothing could be measured', main);

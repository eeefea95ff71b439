/** How soon a copy of a volume is right, what is lost with the host, and what that costs: the journal beside programs that others use. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, whole } from '../../rehearsal/command/command.ts';
import { makeNotifier } from '../../rehearsal/command/progress.ts';
import { baseDirectory, requireXfs } from '../../simulator/disks/machine.ts';
import { hasTool } from '../../simulator/disks/shell.ts';
import { StorageArea } from '../../simulator/disks/xfs/area.ts';
import { enterPrivateNamespace } from '../../simulator/disks/xfs/namespace.ts';
import { Content } from './copies/content.ts';
import { contest, type Result } from './copies/contest.ts';
import { COPIERS } from './copies/copiers.ts';

const HELP = `Measures, on real XFS, how long after a burst of small files a copy has them all, what that takes of a processor, and what is lost
where the host is lost in the midst of a stream of 50 files a second: of the journal's agent as it is deployed, with a spare made
before; of lsyncd with rsync, with a second of delay; of restic, every minute. All copy to this machine.

Usage: npm run bench:copies -- [options]

  --files N  files of 4 KiB in the burst: whole number from 1000 to 1000000 (default 20000)
  --json     print the figures as one JSON document on standard output
  --help     print this and stop

Whoever is not on this machine is left out, and named (Debian: apt-get install lsyncd rsync restic).

Exit codes: 0 measured; 1 something failed; 2 wrong usage; 3 not on this machine (it needs Linux, root, XFS).
`;

function table(results: readonly Result[]): string {
  const cells = (name: string, values: readonly string[]) =>
    `${name.padEnd(10)}${values.map((value) => value.padStart(16)).join('')}\n`;
  const [ours] = results;
  const ratio = (value: number, one: number | undefined) =>
    `${value.toFixed(1)} (${(value / (one || value)).toFixed(2)})`;
  return [
    cells('', ['behind, s', 'CPU ms/1000', 'files lost', 'seconds lost', 'wrong files']),
    ...results.map((r) =>
      cells(r.name, [
        ratio(r.behind, ours?.behind),
        ratio(r.cpu, ours?.cpu),
        `${r.lost}`,
        ratio(r.lostSeconds, ours?.lostSeconds),
        `${r.wrong}`,
      ]),
    ),
    '\nIn brackets: as multiples of the first row.\n',
  ].join('');
}

async function measure(files: number, notify: (text: string) => void): Promise<Result[]> {
  const area = new StorageArea(baseDirectory());
  const results: Result[] = [];
  try {
    for (const [program, make] of Object.entries(COPIERS)) {
      if (program !== '' && !hasTool(program)) {
        process.stderr.write(`${program} is not on this machine: it is left out.\n`);
        continue;
      }
      const disk = mkdtempSync(join(tmpdir(), 'remount-bench-copies-'));
      const content = new Content(area, `content-${program || 'journal'}`);
      const copier = make(content, disk);
      notify(`${copier.name} ...`);
      try {
        results.push(await contest(content, copier, files));
      } finally {
        await copier.kill();
        copier.close();
        content.close();
        rmSync(disk, { recursive: true, force: true });
      }
    }
  } finally {
    area.close();
  }
  return results;
}

async function main(): Promise<number> {
  const values = readArguments(process.argv.slice(2), {
    files: { type: 'string', default: '20000' },
    json: FLAG,
    help: HELP_FLAG,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const files = whole('--files', values.files, 1000, 1_000_000);
  const reason = enterPrivateNamespace();
  if (reason !== undefined) {
    process.stderr.write(`${reason}\n`);
    return EXIT.cannot;
  }
  requireXfs();
  const { notify, clear } = makeNotifier(process.stderr);
  const results = await measure(files, notify);
  clear();
  process.stdout.write(values.json ? `${JSON.stringify(results, null, 1)}\n` : table(results));
  return EXIT.ok;
}

await runCommand('Nothing could be measured', main);

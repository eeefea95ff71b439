/** How long the drill's check of a copy takes, against what it cannot do without: `xfs_repair -n`, and one read of all bytes. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostVerb } from '../../contract/contract.ts';
import { verbScript } from '../../lib/internal/host-documents.ts';
import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, whole } from '../../rehearsal/command/command.ts';
import { makeNotifier } from '../../rehearsal/command/progress.ts';
import { MANIFEST_FILE } from '../../simulator/disks/disks.ts';
import { must } from '../../simulator/disks/shell.ts';
import { mountXfs, unmount } from '../../simulator/disks/xfs/mounts.ts';
import { enterPrivateNamespace } from '../../simulator/disks/xfs/namespace.ts';
import { XfsDisks } from '../../simulator/disks/xfs/xfs.ts';
import { median } from './measure.ts';

const HOST = 'i-0aaaaaaaaaaaaaaaa';
const VOLUME = 'alpha';
const SOURCE = 'vol-0000000000000000a';
const COPY = 'vol-0000000000000000b';
const SNAPSHOT = 'snap-bench';
const SIZE_GIB = 20;
const COURSE_FILES = 100;
const FILE_BYTES = 4000;
const MAX_RUNS = 20;
const VERB_SECONDS = 1500;

const HELP = `Measures the drill's check of a copy on real XFS, each on a fresh copy, as a multiple of xfs_repair -n and one read of the same
bytes. Files of ${FILE_BYTES} bytes, ${COURSE_FILES} to a course. Figures are medians of the wall clock.

Usage: npm run bench:check -- [options]

  --files N,N  how many files: whole numbers from 100 to 1000000 (default 1000,10000,100000)
  --runs N     how often each is measured: whole number from 1 to ${MAX_RUNS} (default 3)
  --json       print the figures as one JSON document on standard output
  --help       print this and stop

Exit codes: 0 measured; 1 something failed; 2 wrong usage; 3 not on this machine (it needs Linux, root, XFS).
`;

interface Figures {
  readonly files: number;
  /** Medians, in seconds. */
  readonly repair: number;
  readonly read: number;
  readonly check: number;
  /** Of the check over the two others together. */
  readonly ratio: number;
}

/** @throws UsageError */
function readOptions(args: readonly string[]) {
  const values = readArguments(args, {
    files: { type: 'string', default: '1000,10000,100000' },
    runs: { type: 'string', default: '3' },
    json: FLAG,
    help: HELP_FLAG,
  });
  const files = values.files.split(',').map((text) => whole('--files', text, COURSE_FILES, 1_000_000));
  return { ...values, files, runs: whole('--runs', values.runs, 1, MAX_RUNS) };
}

function verb(disks: XfsDisks, name: HostVerb, volumeId: string): number {
  const env = { SSM_Volume: VOLUME, SSM_VolumeId: volumeId, SSM_Seed: '1', REMOUNT_CHECK_SECONDS: `${VERB_SECONDS}` };
  const result = disks.run(HOST, { verb: name, script: verbScript(name), env, timeoutSeconds: VERB_SECONDS });
  if (result.exitCode !== 0) throw new Error(`${name}: exit ${result.exitCode}: ${result.stderr}`);
  if (name === 'check' && !result.stdout.includes('complete=true')) throw new Error(`not complete: ${result.stdout}`);
  return result.realMs / 1000;
}

function fill(root: string, files: number): void {
  for (let course = 0; course * COURSE_FILES < files; course++) {
    const directory = join(root, 'courses', `course-${course}`);
    mkdirSync(directory, { recursive: true });
    const lines = Array.from({ length: Math.min(COURSE_FILES, files - course * COURSE_FILES) }, (_, i) => {
      const bytes = Buffer.alloc(FILE_BYTES, `${course}/${i} `);
      writeFileSync(join(directory, `file-${i}`), bytes);
      return `${createHash('sha256').update(bytes).digest('hex')}  file-${i}\n`;
    });
    writeFileSync(join(directory, MANIFEST_FILE), lines.join(''));
  }
  must('sync', '--file-system', root);
}

/** A million files take longer than any tool of the rehearsal may. */
function long(command: string, ...args: readonly string[]): void {
  const PATH = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`;
  execFileSync(command, args, { env: { ...process.env, PATH }, stdio: 'ignore', timeout: VERB_SECONDS * 1000 });
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
}

/** Hands over a fresh copy, attached: nothing of it is in any cache. */
function onCopy<T>(disks: XfsDisks, work: (device: string, directory: string) => T): T {
  disks.createVolume(COPY, SIZE_GIB, SNAPSHOT);
  disks.attach(COPY, HOST);
  try {
    const root = disks.rootOf(HOST);
    const device = readlinkSync(join(root, `dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${COPY.replace('-', '')}`));
    return work(device, join(root, 'mnt'));
  } finally {
    disks.detach(COPY, HOST);
    disks.deleteVolume(COPY);
  }
}

function mount(device: string, directory: string): void {
  const refused = mountXfs(device, directory);
  if (refused !== undefined) throw new Error(refused);
}

function measure(files: number, runs: number, notify: (text: string) => void): Figures {
  const disks = new XfsDisks();
  try {
    disks.addHost(HOST);
    disks.createVolume(SOURCE, SIZE_GIB);
    disks.attach(SOURCE, HOST);
    for (const name of ['format', 'mount', 'serve'] as const) verb(disks, name, SOURCE);
    notify(`${files} files are written`);
    fill(join(disks.rootOf(HOST), 'srv/content', VOLUME), files);
    disks.takeSnapshot(SOURCE, SNAPSHOT);
    const seconds: { repair: number[]; read: number[]; check: number[] } = { repair: [], read: [], check: [] };
    for (let run = 0; run < runs; run++) {
      const now = (what: string) => notify(`${files} files, run ${run + 1} of ${runs}: ${what}`);
      onCopy(disks, (device, directory) => {
        mount(device, directory);
        unmount(directory);
        now('xfs_repair -n');
        seconds.repair.push(timed(() => long('xfs_repair', '-n', device)));
        mount(device, directory);
        now('one read');
        const read = 'find "$1" -type f -print0 | xargs -0 cat >/dev/null';
        seconds.read.push(timed(() => long('sh', '-c', read, 'sh', directory)));
        unmount(directory);
      });
      now('check');
      onCopy(disks, () => seconds.check.push(verb(disks, 'check', COPY)));
    }
    const [repair, read, check] = [median(seconds.repair), median(seconds.read), median(seconds.check)];
    return { files, repair, read, check, ratio: check / (repair + read) };
  } finally {
    disks.close();
  }
}

function table(rows: readonly Figures[]): string {
  const line = (...cells: string[]) => `${cells.map((cell) => cell.padStart(14)).join('')}\n`;
  const seconds = (value: number) => `${value.toFixed(2)} s`;
  const lines = rows.map(({ files, repair, read, check, ratio }) =>
    line(`${files}`, seconds(repair), seconds(read), seconds(check), ratio.toFixed(2)),
  );
  return line('files', 'xfs_repair -n', 'one read', 'check', 'ratio') + lines.join('');
}

function main(): number {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  enterPrivateNamespace();
  const { notify, clear } = makeNotifier(process.stderr);
  const rows = options.files.map((files, n) =>
    measure(files, options.runs, (text) => notify(`${n + 1} of ${options.files.length}: ${text}`)),
  );
  clear();
  process.stdout.write(options.json ? `${JSON.stringify({ rows }, null, 1)}\n` : table(rows));
  return EXIT.ok;
}

await runCommand('Nothing could be measured', main);

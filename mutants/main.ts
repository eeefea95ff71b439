import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MUTANTS, type Mutant } from './list.ts';

const ROOT = join(import.meta.dirname, '..');
const PARTS = [
  'bin',
  'host',
  'lambda',
  'lib',
  'rehearsal',
  'cdk.json',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];
const HELP = `Breaks the rules that the healer lives by in a copy of the code, one by one, and plays an incident on each: something
must notice. The sound code is played first, and must pass.

Usage: npm run mutants

Exit codes: 0 each of them was noticed; 1 one was not, or the sound code did not pass.
`;

/** A copy of what is played, so that a crash leaves the code as it is. */
function inCopy<T>(work: (copy: string) => T): T {
  const copy = mkdtempSync(join(tmpdir(), 'remount-mutants-'));
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    return work(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function played(copy: string, { play }: Mutant): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...play], {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  return { code: status, output: `${stdout}\n${stderr}` };
}

/** @returns why this mutant proves nothing, or `undefined` */
function survives(copy: string, mutant: Mutant): string | undefined {
  const sound = new Map(mutant.edits.map(({ file }) => [file, readFileSync(join(copy, file), 'utf8')]));
  try {
    for (const { file, code, instead } of mutant.edits) {
      const text = readFileSync(join(copy, file), 'utf8');
      if (text.split(code).length !== 2) return `${file} does not hold "${code}" once: the list is out of date`;
      writeFileSync(
        join(copy, file),
        text.replace(code, () => instead),
      );
    }
    const { code: exit, output } = played(copy, mutant);
    if (exit === 0) return 'nothing noticed';
    const lines = output.trim().split('\n');
    const line = lines.find((l) => mutant.says.test(l));
    if (!line)
      return `exit code ${exit}, but nothing said ${mutant.says}; its last lines:\n${lines.slice(-5).join('\n')}`;
    process.stdout.write(`  ${line.trim().slice(0, 150)}\n`);
    return undefined;
  } finally {
    for (const [file, text] of sound) writeFileSync(join(copy, file), text);
  }
}

function main(): number {
  if (process.argv.includes('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  return inCopy((copy) => {
    let failed = 0;
    const sound = new Set<string>();
    for (const mutant of MUTANTS) {
      process.stdout.write(`${mutant.rule} (${[...new Set(mutant.edits.map((e) => e.file))].join(', ')})\n`);
      const key = mutant.play.join(' ');
      const before = sound.has(key) ? { code: 0, output: '' } : played(copy, mutant);
      sound.add(key);
      const why = before.code === 0 ? survives(copy, mutant) : `the sound code does not pass ${key}`;
      if (why === undefined) continue;
      failed++;
      process.stdout.write(`  NOT NOTICED: ${why}\n`);
    }
    process.stdout.write(
      failed === 0 ? `all ${MUTANTS.length} were noticed\n` : `${failed} of ${MUTANTS.length} were not noticed\n`,
    );
    return failed === 0 ? 0 : 1;
  });
}

process.exitCode = main();

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, FLAG, HELP_FLAG, readArguments, runCommand, UsageError } from '../rehearsal/command.ts';
import { EVIDENCE_PARTS } from './evidence.ts';
import { MUTANTS, type Mutant } from './list.ts';
import { OUTAGE_PARTS } from './outages.ts';
import { PARTS } from './scenarios.ts';

const ROOT = join(import.meta.dirname, '..');
const COPIED = [
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

Usage: npm run mutants [-- options]

  --scenarios    breaks, instead, the part that each scenario proves, and plays that scenario: some twenty minutes
  --only TEXT    only those whose description has this text in it
  --help         print this and stop

Exit codes: 0 each of them was noticed; 1 one was not, or the sound code did not pass; 2 wrong usage.
`;

/** A copy of what is played, so that a crash leaves the code as it is. */
function inCopy<T>(work: (copy: string) => T): T {
  const copy = mkdtempSync(join(tmpdir(), 'remount-mutants-'));
  try {
    for (const part of COPIED) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
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
    // The template is the same for nearly all of them, and has been checked.
    env: { ...process.env, CDK_VALIDATION: 'false' },
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

/** Those to be played. @throws UsageError */
function chosen({ scenarios, only }: { readonly scenarios: boolean; readonly only: string }): readonly Mutant[] {
  const all = scenarios ? [...PARTS, ...OUTAGE_PARTS, ...EVIDENCE_PARTS] : MUTANTS;
  const found = all.filter(({ rule }) => rule.includes(only));
  if (found.length > 0) return found;
  const rules = all.map((mutant) => mutant.rule).join('; ');
  throw new UsageError(`--only: received "${only}"; allowed: a text that is in one of: ${rules}`);
}

function main(): number {
  const options = { scenarios: FLAG, only: { type: 'string', default: '' }, help: HELP_FLAG } as const;
  const values = readArguments(process.argv.slice(2), options);
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const mutants = chosen(values);
  return inCopy((copy) => {
    let failed = 0;
    const sound = new Set<string>();
    for (const mutant of mutants) {
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
      failed === 0 ? `all ${mutants.length} were noticed\n` : `${failed} of ${mutants.length} were not noticed\n`,
    );
    return failed === 0 ? EXIT.ok : EXIT.failed;
  });
}

await runCommand('The rules could not be broken', main);

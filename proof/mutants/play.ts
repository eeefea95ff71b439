import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutant, Notice } from './mutant.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What is no code, or is made of it. */
const LEFT_OUT = ['node_modules', '.git', '.cache', 'cdk.out', 'dist', 'coverage'];

/** What a play came to: the exit code, and all that was printed. */
interface Played {
  readonly code: number | null;
  /** Of both streams, as it came. */
  readonly output: string;
  readonly stdout: string;
}

/** Copies of the code, so that a crash leaves the code as it is. */
export class Copies {
  readonly #folder = mkdtempSync(join(tmpdir(), 'remount-mutants-'));
  #made = 0;

  /** A copy of its own for whoever breaks something. */
  add(): string {
    const copy = join(this.#folder, `${this.#made++}`);
    for (const part of readdirSync(ROOT).filter((name) => !LEFT_OUT.includes(name)))
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    return copy;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Runs Node in a copy. */
function played(copy: string, args: readonly string[]): Promise<Played> {
  return new Promise((resolve, reject) => {
    // The template is the same for nearly all of them, and has been checked.
    const env = { ...process.env, CDK_VALIDATION: 'false' };
    const child = spawn(process.execPath, [...args], { cwd: copy, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, stdout] = ['', ''];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        if (stream === child.stdout) stdout += text;
      });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, stdout }));
  });
}

/** Breaks the code, one mutant after the other, each in a copy that nobody else breaks. What is sound is played once. */
export class Player {
  readonly #sound = new Map<string, Promise<Played>>();

  /** @returns what noticed it, or why it proves nothing */
  async play(copy: string, mutant: Mutant): Promise<{ readonly noticed: boolean; readonly text: string }> {
    const args = mutant.sound ?? mutant.play;
    const key = args.join(' ');
    const sound = this.#sound.get(key) ?? played(copy, args);
    this.#sound.set(key, sound);
    const before = await sound;
    if (before.code !== 0)
      return { noticed: false, text: `the sound code does not pass ${key}:\n${lastLines(before.output, 40)}` };
    return this.#broken(copy, mutant);
  }

  async #broken(copy: string, { edits, play, notices }: Mutant) {
    const sound = new Map(edits.map(({ file }) => [file, readFileSync(join(copy, file), 'utf8')]));
    try {
      for (const { file, code, instead } of edits) {
        const text = readFileSync(join(copy, file), 'utf8');
        if (text.split(code).length !== 2)
          return { noticed: false, text: `${file} does not hold "${code}" once: the list is out of date` };
        writeFileSync(
          join(copy, file),
          text.replace(code, () => instead),
        );
      }
      const end = await played(copy, play);
      if (end.code === 0) return { noticed: false, text: 'nothing noticed' };
      for (const notice of notices) {
        const line = noticed(end, notice);
        if (line !== undefined) return { noticed: true, text: line.trim().slice(0, 150) };
      }
      const wanted = JSON.stringify(notices);
      const text = `exit code ${end.code}, and none of ${wanted}; its last lines:\n${lastLines(end.output, 15)}`;
      return { noticed: false, text };
    } finally {
      for (const [file, text] of sound) writeFileSync(join(copy, file), text);
    }
  }
}

/** @returns what noticed it, in a line */
function noticed({ output, stdout }: Played, notice: Notice): string | undefined {
  const lines = output.split('\n');
  if ('dies' in notice) return lines.find((line) => line.includes(notice.dies));
  // So Jest marks a test that fails.
  if ('test' in notice) return lines.find((line) => line.trimStart().startsWith('✕') && line.includes(notice.test));
  const { promise } = notice;
  const broken = brokenIn(stdout).filter((check) => promise === undefined || check.promise === promise);
  return broken[0] && `BROKEN ${broken[0].promise}: ${broken[0].seen}`;
}

interface Check {
  readonly promise: string;
  readonly kept: boolean;
  readonly seen: string;
}

/** Of the document that a rehearsal prints, or a replay of the simulation; where it died, there is none. */
function brokenIn(stdout: string): readonly Check[] {
  if (!stdout.startsWith('{')) return [];
  const played = JSON.parse(stdout) as {
    readonly virtual?: { readonly checks: readonly Check[] };
    readonly broken?: readonly Check[];
  };
  return (played.virtual?.checks ?? played.broken ?? []).filter((check) => !check.kept);
}

function lastLines(output: string, count: number): string {
  return output.trim().split('\n').slice(-count).join('\n');
}

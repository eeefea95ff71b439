import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, runCommand } from '../../rehearsal/command/command.ts';
import { makeProgress } from '../../rehearsal/command/progress.ts';
import { withDirectory } from '../../rehearsal/world/rehearse.ts';
import { CannotRun } from './cannot-run.ts';
import { readOptions } from './options.ts';
import type { Report, Workshop } from './part.ts';
import { PARTS } from './parts/index.ts';
import { Assemblies } from './play.ts';
import { document, type Said, text } from './table.ts';
import { python } from './tools/python.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/conformance.md');

async function main(): Promise<number> {
  const command = readOptions(process.argv.slice(2));
  if ('print' in command) {
    process.stdout.write(command.print);
    return EXIT.ok;
  }
  const { parts, scenarios, runs, json, write } = command.run;
  const out = json ? process.stderr : process.stdout;
  const progress = makeProgress(out);
  const say = (what: string) => {
    progress.clear();
    out.write(`${what}\n`);
  };
  return withDirectory(async (assemblies) => {
    const directory = mkdtempSync(join(tmpdir(), 'remount-conformance-'));
    try {
      const workshop = {
        python: await python(say),
        assemblies: new Assemblies(assemblies),
        directory,
        scenarios,
        runs,
        progress: progress.show,
        say,
      };
      const said: Said[] = [];
      for (const name of parts) {
        say(`${name}: ${PARTS[name]?.about}`);
        said.push({ part: name, ...(await ask(name, workshop)) });
      }
      progress.clear();
      process.stdout.write(json ? `${JSON.stringify(said, null, 1)}\n` : text(said));
      if (write) writeFileSync(DOCUMENT, document(said));
      return exitCode(said);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

/** A part that fails is a verdict like others: the rest is asked all the same. */
async function ask(name: string, workshop: Workshop): Promise<Report & { readonly lacking?: string }> {
  const part = PARTS[name];
  if (!part) throw new Error(`no part ${name}`);
  try {
    return await part.run(workshop);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (process.env.DEBUG) workshop.say(String(error instanceof Error ? error.stack : error));
    const verdicts = [{ asked: part.about, of: 'nobody', said: `could not be asked: ${said}`, ok: false }];
    return { verdicts, ...(error instanceof CannotRun && { lacking: said }) };
  }
}

function exitCode(said: readonly Said[]): number {
  const bad = said.filter(({ verdicts }) => verdicts.some(({ ok }) => !ok));
  if (bad.length === 0) return EXIT.ok;
  return bad.every(({ lacking }) => lacking !== undefined) && process.env.CI !== 'true' ? EXIT.cannot : EXIT.failed;
}

await runCommand('Conformance could not be looked at', async () => {
  try {
    return await main();
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.env.CI === 'true' ? EXIT.failed : EXIT.cannot;
  }
});

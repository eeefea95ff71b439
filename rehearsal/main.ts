import { DISK_KIND, type Disks, DisksUnavailable } from './disks/disks.ts';
import { enterPrivateNamespace } from './disks/namespace.ts';
import { openDisks } from './disks/open.ts';
import { type Options, readOptions, UsageError } from './options.ts';
import { makeProgress } from './progress.ts';
import { type Assembly, rehearse, withDirectory } from './rehearse.ts';
import { closing, inStory, line, type Outcome } from './report.ts';

/** Exit codes of the command (`--help` names them too). */
const EXIT_BROKEN = 1;
const EXIT_USAGE = 2;
const EXIT_CANNOT = 3;

async function main(): Promise<number> {
  const command = readOptions(process.argv.slice(2));
  if ('print' in command) {
    process.stdout.write(command.print);
    return 0;
  }
  const options = command.run;
  // Real disks are mounted where nobody else sees it, and where nothing stays: in a mount namespace of this process alone.
  // Where that cannot be, openDisks says why.
  if (options.disks !== DISK_KIND.memory) enterPrivateNamespace();
  const out = options.json ? process.stderr : process.stdout;
  const progress = makeProgress(out);
  let disks: Disks | undefined;
  try {
    disks = openDisks(options.disks ? { kind: options.disks } : {});
    out.write(
      `Scenario ${options.scenario}, seed ${options.seed}\n${disks.notes.join('\n')}\nSynthesizing the stack ...\n`,
    );
    const opened = disks;
    const outcome = await withDirectory(async (directory) =>
      play(options, await (await import('./synthesize.ts')).synthesize(directory), opened, out, progress),
    );
    if (options.json) process.stdout.write(`${JSON.stringify(outcome, null, 1)}\n`);
    else out.write(closing(outcome));
    return outcome.ok ? 0 : EXIT_BROKEN;
  } finally {
    progress.clear();
    disks?.close();
  }
}

async function play(
  options: Options,
  assembly: Assembly,
  disks: Disks,
  out: NodeJS.WriteStream,
  progress: ReturnType<typeof makeProgress>,
): Promise<Outcome> {
  return rehearse(options, assembly, disks, {
    progress: progress.show,
    happening(happening, inSpotlight) {
      if (!options.verbose && !inStory(happening, inSpotlight)) return;
      progress.clear();
      out.write(`${line(happening)}\n`);
    },
    quote(what) {
      progress.clear();
      out.write(`${' '.repeat(14)}${what}\n`);
    },
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error ? error.name : '';
  if (error instanceof UsageError || name === 'SettingsError') {
    process.stderr.write(`${text}\n`);
    process.exitCode = EXIT_USAGE;
  } else if (error instanceof DisksUnavailable) {
    process.stderr.write(`${text}\n`);
    process.exitCode = EXIT_CANNOT;
  } else {
    process.stderr.write(
      `The rehearsal could not be played: ${text}\n${error instanceof Error && process.env.DEBUG ? error.stack : 'Set DEBUG=1 for the place in the code.'}\n`,
    );
    process.exitCode = EXIT_BROKEN;
  }
}

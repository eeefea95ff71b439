import { join } from 'node:path';
import { EXIT, runCommand } from './command.ts';
import { DISK_KIND, type Disks } from './disks/disks.ts';
import { enterPrivateNamespace } from './disks/namespace.ts';
import { openDisks } from './disks/open.ts';
import { type Options, readOptions } from './options.ts';
import { makeProgress } from './progress.ts';
import { type Assembly, rehearse, withDirectory } from './rehearse.ts';
import { closing, comparison, inStory, line, type Outcome, summary } from './report.ts';
import { ALL, SCENARIOS, UNDRILLED } from './scenarios/index.ts';

async function main(): Promise<number> {
  const command = readOptions(process.argv.slice(2));
  if ('print' in command) {
    process.stdout.write(command.print);
    return EXIT.ok;
  }
  const options = command.run;
  // Real disks are mounted where nobody else sees it, and where nothing stays: in a mount namespace of this process alone.
  // Where that cannot be, openDisks says why.
  if (options.disks !== DISK_KIND.memory) enterPrivateNamespace();
  const out = options.json ? process.stderr : process.stdout;
  const progress = makeProgress(out);
  const given = options.scenario === ALL ? Object.keys(SCENARIOS) : options.scenario.split(',');
  const all = given.length > 1;
  const names = all ? given : options.compare ? [UNDRILLED, options.scenario] : [options.scenario];
  try {
    const outcomes = await withDirectory(async (directory) => {
      const stacks = new Map<string, Assembly>();
      const played: Outcome[] = [];
      for (const [n, scenario] of names.entries()) {
        const disks = openDisks(options.disks ? { kind: options.disks } : {});
        try {
          if (n === 0) out.write(`Scenario ${options.scenario}, seed ${options.seed}\n${disks.notes.join('\n')}\n`);
          const assembly = await assemblyFor(scenario, directory, stacks, out);
          played.push(await play({ ...options, scenario }, assembly, disks, out, progress, all));
        } finally {
          progress.clear();
          disks.close();
        }
        if (all) out.write(`${played.at(-1)?.ok ? 'kept  ' : 'BROKEN'}  ${scenario}\n`);
      }
      return played;
    });
    const [only] = outcomes;
    if (options.json) process.stdout.write(`${JSON.stringify(names.length > 1 ? outcomes : only, null, 1)}\n`);
    else if (all || !only) out.write(summary(outcomes));
    else if (options.compare) out.write(comparison(outcomes));
    else out.write(closing(only));
    return outcomes.every((o) => o.ok) ? EXIT.ok : EXIT.failed;
  } finally {
    progress.clear();
  }
}

/** The stack of a scenario: synthesized once for each set of settings. */
async function assemblyFor(
  scenario: string,
  directory: string,
  stacks: Map<string, Assembly>,
  out: NodeJS.WriteStream,
): Promise<Assembly> {
  const { settings = {}, neighbour } = SCENARIOS[scenario] ?? {};
  const key = JSON.stringify({ ...settings, ...(neighbour && { neighbour }) });
  const known = stacks.get(key);
  if (known) return known;
  out.write(`Synthesizing the stack${key === '{}' ? '' : ` with ${key}`} ...\n`);
  const { synthesize } = await import('./synthesize.ts');
  const directoryOfThis = join(directory, String(stacks.size));
  // Into the same directory: the functions' bundles are named by what is in them, the templates by their stacks.
  if (neighbour) synthesize(directoryOfThis, { ...settings, ...neighbour });
  const made = synthesize(directoryOfThis, settings);
  stacks.set(key, made);
  return made;
}

async function play(
  options: Options,
  assembly: Assembly,
  disks: Disks,
  out: NodeJS.WriteStream,
  progress: ReturnType<typeof makeProgress>,
  brief: boolean,
): Promise<Outcome> {
  return rehearse(options, assembly, disks, {
    progress: brief ? () => {} : progress.show,
    happening(happening, inSpotlight) {
      if (!options.verbose && (brief || !inStory(happening, inSpotlight))) return;
      progress.clear();
      out.write(`${line(happening)}\n`);
    },
    quote(what) {
      if (brief) return;
      progress.clear();
      out.write(`${' '.repeat(14)}${what}\n`);
    },
  });
}

await runCommand('The rehearsal could not be played', main);

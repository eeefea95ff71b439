import type { Services } from '../simulator/aws/account/services.ts';
import { DISK_KIND, type Disks } from '../simulator/disks/disks.ts';
import { enterPrivateNamespace } from '../simulator/disks/xfs/namespace.ts';
import { EXIT, runCommand } from './command/command.ts';
import { type MatrixOptions, type Options, readOptions } from './command/options.ts';
import type { Outcome, Skipped } from './judge/outcome.ts';
import { closing, comparison, summary } from './judge/report.ts';
import { ALL, SCENARIOS } from './scenarios/index.ts';
import { hold } from './world/hold.ts';
import { LivePage } from './world/live.ts';
import { playMatrix } from './world/matrix.ts';
import { pageOfDay, writePage } from './world/page.ts';
import { Player } from './world/player.ts';
import { withDirectory } from './world/rehearse.ts';
import { cdkContext, rawSettings } from './world/settings.ts';

async function main(): Promise<number> {
  const command = readOptions(process.argv.slice(2));
  if ('print' in command) {
    process.stdout.write(command.print);
    return EXIT.ok;
  }
  const options = command.run;
  // Wrong settings are said before anything else is.
  rawSettings(cdkContext(options.context));
  const out = options.json ? process.stderr : process.stdout;
  if (options.matrix) return matrix(options, options.matrix, out);
  // Real disks are mounted where nobody else sees it, and where nothing stays: in a mount namespace of this process alone.
  // Where that cannot be, openDisks says why.
  if (options.disks !== DISK_KIND.memory) enterPrivateNamespace();
  const played = await withDirectory((directory) => playAll(options, new Player(directory, out), out));
  const outcomes = played.filter((o): o is Outcome => 'ok' in o);
  const skipped = played.filter((o): o is Skipped => 'skipped' in o);
  const [only] = outcomes;
  if (options.json) process.stdout.write(`${JSON.stringify(played.length > 1 ? played : played[0], null, 1)}\n`);
  else if (options.compare.length > 0) out.write(comparison(outcomes));
  // What is held was told before.
  else if (only && played.length === 1) out.write(options.hold || options.watch ? '' : closing(only));
  else if (only) out.write(summary(outcomes, skipped));
  if (!only) return EXIT.usage;
  return outcomes.every((o) => o.ok) ? EXIT.ok : EXIT.failed;
}

async function matrix(options: Options, asked: MatrixOptions, out: NodeJS.WriteStream): Promise<number> {
  const { outcomes, skipped } = await withDirectory((directory) =>
    playMatrix(asked, options, new Player(directory, out), out),
  );
  if (options.json) process.stdout.write(`${JSON.stringify([...outcomes, ...skipped], null, 1)}\n`);
  else out.write(summary(outcomes, skipped));
  if (outcomes.length === 0) return EXIT.usage;
  return outcomes.every((o) => o.ok) ? EXIT.ok : EXIT.failed;
}

async function playAll(options: Options, player: Player, out: NodeJS.WriteStream): Promise<(Outcome | Skipped)[]> {
  const given = options.scenario === ALL ? Object.keys(SCENARIOS) : options.scenario.split(',');
  const names = [...options.compare, ...given];
  const brief = given.length > 1;
  const played: (Outcome | Skipped)[] = [];
  for (const scenario of names) {
    const live = options.watch ? new LivePage(scenario) : undefined;
    await live?.opened((url) => out.write(`The day begins when somebody opens ${url}\n`));
    const ended = async (outcome: Outcome, services: Services) => {
      if (options.page !== undefined) out.write(`\n${writePage(options.page, outcome, services)}\n`);
      if (live) {
        out.write(`${closing(outcome)}\nThe page is there until Ctrl-C.\n`);
        await live.ended(pageOfDay(outcome, services));
      }
      if (!options.hold) return;
      out.write(closing(outcome));
      await hold(services, services.cloud.stacks[0] ?? '', out);
    };
    const playing = { ...options, brief, ended, ...(live && { live }) };
    const began = ({ notes }: Disks) => {
      if (played.every((o) => 'skipped' in o))
        out.write(`Scenario ${options.scenario}, seed ${options.seed}\n${notes.join('\n')}\n`);
    };
    const done = await player.play(scenario, playing, began).finally(() => live?.close());
    played.push(done);
    if ('skipped' in done) out.write(`skipped ${scenario}: ${done.skipped}\n`);
    else if (brief) out.write(`${done.ok ? 'kept  ' : 'BROKEN'}  ${scenario}\n`);
  }
  return played;
}

await runCommand('The rehearsal could not be played', main);

import { EXIT, runCommand } from '../../rehearsal/command/command.ts';
import { makeProgress } from '../../rehearsal/command/progress.ts';
import { withDirectory } from '../../rehearsal/world/rehearse.ts';
import { readOptions, SURVEYED } from './options.ts';
import { removeEach } from './removal.ts';
import { isSound, reportOf, text } from './report.ts';
import { Stacks, Survey } from './survey.ts';

async function main(): Promise<number> {
  const command = readOptions(process.argv.slice(2));
  if ('print' in command) {
    process.stdout.write(command.print);
    return EXIT.ok;
  }
  const { scenarios, remove, json, toTheEnd } = command.run;
  const out = json ? process.stderr : process.stdout;
  const progress = makeProgress(out);
  return withDirectory(async (directory) => {
    out.write(`Playing ${scenarios.length} scenarios and ${command.run.runs} schedules of faults ...\n`);
    const stacks = new Stacks(directory);
    const survey = new Survey();
    await survey.run(stacks, command.run, progress.show);
    const removals = remove
      ? await removeEach(stacks, survey.grants, { byAction: remove === 'actions', toTheEnd }, progress.show)
      : [];
    progress.clear();
    const whole = scenarios.length === SURVEYED.length;
    const report = reportOf(survey, removals, whole);
    process.stdout.write(json ? `${JSON.stringify(report, null, 1)}\n` : text(report, remove !== undefined));
    return isSound(report, whole) ? EXIT.ok : EXIT.failed;
  });
}

await runCommand('The permissions could not be looked at', main);

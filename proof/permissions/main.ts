import { EXIT, runCommand } from '../../rehearsal/command/command.ts';
import { makeProgress } from '../../rehearsal/command/progress.ts';
import { withDirectory } from '../../rehearsal/world/rehearse.ts';
import { type Asked, askEverything } from './asking.ts';
import { OPERATOR, readOptions, SURVEYED } from './options.ts';
import { removeEach } from './removal.ts';
import { isSound, reportOf, text } from './report.ts';
import { Stacks, Survey } from './survey.ts';

const NOBODY: Asked = { grants: [], removals: [], broken: [], commands: {} };

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
    const played = scenarios.filter((name) => name !== OPERATOR);
    if (played.length > 0) await survey.run(stacks, { ...command.run, scenarios: played }, progress.show);
    const how = remove && { byAction: remove === 'actions', toTheEnd };
    const removals = how ? await removeEach(stacks, survey.grants, how, progress.show) : [];
    const people = scenarios.includes(OPERATOR) ? await askEverything(stacks, how, progress.show) : NOBODY;
    progress.clear();
    const whole = scenarios.length === SURVEYED.length + 1;
    const seen = { grants: [...survey.grants, ...people.grants], broken: [...survey.broken, ...people.broken] };
    const report = reportOf(seen, [...removals, ...people.removals], whole);
    const { commands } = people;
    process.stdout.write(
      json ? `${JSON.stringify({ ...report, commands }, null, 1)}\n` : text(report, remove !== undefined),
    );
    // Of a few scenarios nobody expects that they use everything; of the commands everybody does.
    return isSound(report, whole || played.length === 0) ? EXIT.ok : EXIT.failed;
  });
}

await runCommand('The permissions could not be looked at', main);

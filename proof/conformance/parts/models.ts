import { join } from 'node:path';
import { holds, verdictText, weigh } from '../known.ts';
import { KNOWN_DEVIATIONS } from '../models/deviations.ts';
import { describedCodes } from '../models/errors.ts';
import { CallJudge } from '../models/judge.ts';
import { Models } from '../models/model.ts';
import { WRITTEN_MODELS } from '../models/responses.ts';
import { playS3 } from '../models/s3-calls.ts';
import type { Part, Report, Verdict } from '../part.ts';
import { playPeople } from '../people.ts';
import { playFaults, playScenarios } from '../play.ts';

/** Every call of every scenario, and every answer of the simulated AWS, against AWS's own models. */
export const models: Part = {
  about: 'calls and simulated answers of all scenarios, against the service models of botocore',

  async run({ python, assemblies, directory, scenarios, runs, progress }): Promise<Report> {
    const known = new Models(python.models, WRITTEN_MODELS);
    const judge = new CallJudge(known);
    const hear = judge.hear.bind(judge);
    const broken = await playScenarios(scenarios, assemblies, hear, progress);
    await playFaults(runs, assemblies, hear, progress);
    const statuses = await playS3(directory, hear);
    broken.push(...(await playPeople(join(directory, 'people'), hear)));
    const findings = judge.deviations.map(
      ({ operation, path, what, seenIn }) => `${operation} ${path}: ${what} (in ${[...seenIn].slice(0, 3).join(', ')})`,
    );
    const weighed = weigh(findings, KNOWN_DEVIATIONS);
    const of = `botocore ${python.version('botocore')}`;
    return {
      verdicts: [
        {
          asked: `${scenarios.length} scenarios, ${runs} schedules of faults, every kind of call of S3, and every command of people: calls, answers and error codes of ${judge.operations.size} operations`,
          of,
          said: `${judge.forms} distinct forms in ${judge.exchanges} exchanges: ${verdictText(weighed, 'no deviation')}; ${judge.byPage.size} errors of EC2 and S3, whose models list none or few, are on their pages of codes; patterns that only Java reads: ${judge.unjudged.size}`,
          ok: holds(weighed) && judge.exchanges > 0,
        },
        statusesOfS3(describedCodes(known.of('s3')), statuses, of),
        {
          asked: 'whether these scenarios keep their promises while they are watched, and commands do their work',
          of: 'the rehearsal',
          said: broken.length === 0 ? 'they do' : `not kept: ${broken.join(', ')}`,
          ok: broken.length === 0,
        },
      ],
    };
  },
};

/** Each error of S3 with the status that its model describes. */
function statusesOfS3(
  described: ReadonlyMap<string, readonly string[]>,
  seen: ReadonlyMap<string, number>,
  of: string,
): Verdict {
  const known = [...seen].filter(([code]) => described.has(code));
  const wrong = known.filter(([code, status]) => !described.get(code)?.includes(String(status)));
  return {
    asked: `statuses of ${known.length} errors of the simulated S3`,
    of,
    said: wrong.length === 0 ? 'each is the one that is described' : wrong.map((each) => each.join(' ')).join(', '),
    ok: wrong.length === 0 && known.length > 0,
  };
}

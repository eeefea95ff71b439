import { holds, verdictText, weigh } from '../known.ts';
import { KNOWN_DEVIATIONS } from '../models/deviations.ts';
import { CallJudge } from '../models/judge.ts';
import { Models } from '../models/model.ts';
import { WRITTEN_MODELS } from '../models/responses.ts';
import type { Part, Report } from '../part.ts';
import { playFaults, playScenarios } from '../play.ts';

/** Every call of every scenario, and every answer of the simulated AWS, against AWS's own models. */
export const models: Part = {
  about: 'calls and simulated answers of all scenarios, against the service models of botocore',

  async run({ python, assemblies, scenarios, runs, progress }): Promise<Report> {
    const known = new Models(python.models, WRITTEN_MODELS);
    const judge = new CallJudge(known);
    const hear = judge.hear.bind(judge);
    const broken = await playScenarios(scenarios, assemblies, hear, progress);
    await playFaults(runs, assemblies, hear, progress);
    const findings = judge.deviations.map(
      ({ operation, path, what, seenIn }) => `${operation} ${path}: ${what} (in ${[...seenIn].slice(0, 3).join(', ')})`,
    );
    const weighed = weigh(findings, KNOWN_DEVIATIONS);
    const of = `botocore ${python.version('botocore')}`;
    return {
      verdicts: [
        {
          asked: `${scenarios.length} scenarios and ${runs} schedules of faults: calls, answers and error codes of ${judge.operations.size} operations`,
          of,
          said: `${judge.forms} distinct forms in ${judge.exchanges} exchanges: ${verdictText(weighed, 'no deviation')}; ${judge.byPage.size} errors of EC2, whose model lists none, are on its page of codes; patterns that only Java reads: ${judge.unjudged.size}`,
          ok: holds(weighed) && judge.exchanges > 0,
        },
        {
          asked: 'whether these scenarios keep their promises while they are watched',
          of: 'the rehearsal',
          said: broken.length === 0 ? 'they do' : `not kept: ${broken.join(', ')}`,
          ok: broken.length === 0,
        },
      ],
    };
  },
};

/** Rehearses a scenario on a synthesized example, as it is or with a slip in what is the team's own; prints what came of it, as JSON. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rehearse } from '../../rehearsal/world/rehearse.ts';
import { MemoryDisks } from '../../simulator/disks/memory/memory.ts';

type Resources = Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>;

const ofType = (resources: Resources, type: string) => Object.values(resources).filter(({ Type }) => Type === type);

/** What a team may forget that brings instances of its own. */
const SLIPS: Readonly<Record<string, (resources: Resources) => void>> = {
  none: () => {},
  tag: (resources) => {
    for (const { Properties } of ofType(resources, 'AWS::AutoScaling::AutoScalingGroup')) Properties.Tags = [];
  },
  metrics: (resources) => {
    for (const { Properties } of ofType(resources, 'AWS::IAM::Policy')) {
      const { Statement } = Properties.PolicyDocument as { Statement: { Action: string | string[] }[] };
      for (const statement of Statement)
        if (statement.Action === 'cloudwatch:PutMetricData') statement.Action = 'none:None';
    }
  },
};

const [, , directory = '', scenario = '', slip = 'none', stackName = 'Wiki'] = process.argv;
const forget = SLIPS[slip];
if (!forget) throw new Error(`slip: received ${slip}; allowed: ${Object.keys(SLIPS).join(', ')}`);
const template = JSON.parse(readFileSync(join(directory, `${stackName}.template.json`), 'utf8')) as {
  Resources: Resources;
};
forget(template.Resources);
const outcome = await rehearse(
  { scenario, seed: 1 },
  { directory, stackName, region: 'eu-west-1', zones: ['eu-west-1a', 'eu-west-1b'] },
  new MemoryDisks(),
  { progress: () => {}, happening: () => {}, quote: () => {} },
  template,
);
const { checks, outcome: what } = outcome.virtual;
console.log(JSON.stringify({ ok: outcome.ok, outcome: what, broken: checks.filter(({ kept }) => !kept) }));

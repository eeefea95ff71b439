import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { RESILIENCE_RULES, ResilienceChecks, UNJUDGED } from '../../../lib/checks/resilience-checks.ts';
import { CONTEXT, REGION, ROOT } from '../support.ts';
import { alarm, findings, group, policy, volume } from './support.ts';

/** An app with a volume that no policy covers, and these acknowledgements on it. */
function uncovered(...ids: string[]): App {
  const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Other', { env: { region: REGION } });
  group(stack);
  const made = volume(stack);
  for (const id of ids) Validations.of(made).acknowledge({ id, reason: 'a test' });
  Validations.of(app).addPlugins(new ResilienceChecks(app));
  return app;
}

describe('the pack', () => {
  test('stops a synthesis, and the report says where, what and how', () => {
    const app = uncovered();
    expect(() => app.synth()).toThrow(/Resilience-DV1/);
    const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8'));
    const [plugin] = report.pluginReports.filter(
      ({ pluginName }: { pluginName: string }) => pluginName === 'Resilience',
    );
    expect(plugin.violations).toEqual([
      expect.objectContaining({
        ruleName: 'Resilience-DV1',
        severity: 'error',
        description: expect.stringMatching(/^No enabled snapshot policy covers/),
      }),
    ]);
  });

  test('a finding can be acknowledged on its construct, with a reason', () => {
    expect(() => uncovered('Resilience-DV1').synth()).not.toThrow();
  });

  test('what cannot be judged is acknowledged apart from what is wrong', () => {
    expect(() => uncovered(`Resilience-DV1[${UNJUDGED}]`).synth()).toThrow(/Resilience-DV1/);
  });

  test('two findings of one rule each say what they are about', () => {
    const said = findings((stack) => {
      alarm(stack, { treatMissingData: 'ignore' }, 'First');
      alarm(stack, { treatMissingData: 'notBreaching' }, 'Second');
    });
    expect(said).toEqual([
      expect.stringMatching(/Other\/First: TreatMissingData is "ignore"/),
      expect.stringMatching(/Other\/Second: TreatMissingData is "notBreaching"/),
    ]);
  });

  test('judges each account and Region by what is in it', () => {
    const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
    const here = new Stack(app, 'Here', { env: { region: REGION } });
    volume(here);
    group(here);
    policy(new Stack(app, 'There', { env: { region: 'us-east-1' } }));
    const pack = new ResilienceChecks(app);
    const names = () => pack.validateScope(app).violations.map(({ ruleName }) => ruleName);
    expect(names()).toEqual(['Resilience-DV1']);
    policy(new Stack(app, 'Beside', { env: { region: REGION } }));
    expect(names()).toEqual([]);
  });

  test.each([{ recoveryPoints: 0 }, { instancesPerZone: 1.5 }])('refuses the objective %j', (props) => {
    expect(() => new ResilienceChecks(undefined, props)).toThrow(
      /^\w+: received [\d.]+; allowed: a whole number from 1$/,
    );
  });

  test.each([
    [{ recoveryPointGap: Duration.minutes(0) }, 'recoveryPointGap: received 0 minutes; allowed: more than 60 minutes'],
    [{ recoveryPointGap: Duration.hours(1) }, 'recoveryPointGap: received 60 minutes; allowed: more than 60 minutes'],
    [{ recoveryPointReach: Duration.hours(0) }, 'recoveryPointReach: received 0 minutes; allowed: more than 0 minutes'],
  ])('refuses the objective %j', (props, says) => {
    expect(() => new ResilienceChecks(undefined, props)).toThrow(says);
  });
});

describe('docs/resilience-checks.md', () => {
  const rows = readFileSync(join(ROOT, 'docs/resilience-checks.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `Resilience-'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  test('has a row for each rule, in order, and for nothing else', () => {
    expect(rows.map(([id]) => id)).toEqual(RESILIENCE_RULES.map(({ id }) => `\`Resilience-${id}\``));
  });

  test.each(RESILIENCE_RULES)('says of $id what the rule says', ({ id, title, why }) => {
    const [, wants, reason, how] = rows.find(([name]) => name === `\`Resilience-${id}\``) ?? [];
    expect([wants, reason]).toEqual([title, why]);
    expect(how?.length).toBeGreaterThan(20);
  });
});

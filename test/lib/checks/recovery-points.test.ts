import { describe, expect, test } from '@jest/globals';
import { CfnParameter, Duration } from 'aws-cdk-lib';
import type { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import { findings, HOURLY, policy, schedule, withPolicy } from './support.ts';

const hourlyAt = (...minutes: string[]) => minutes.map((minute) => schedule({ ...HOURLY, times: [`00:${minute}`] }));

describe('RP1: the gap between recovery points', () => {
  test.each([
    ['hourly, within two hours', hourlyAt('00'), 120],
    ['every quarter of an hour', hourlyAt('00', '15', '30', '45'), 75],
    ['uneven: the longest counts', hourlyAt('00', '10'), 110],
    ['cron, hourly', [schedule({ cronExpression: 'cron(0 * ? * * *)' })], 120],
    ['cron, every two hours', [schedule({ cronExpression: 'cron(0 0/2 * * ? *)' }, 48)], 180],
  ])('good: %s', (_, schedules, minutes) => {
    const build = withPolicy({ schedules });
    expect(findings(build, { recoveryPointGap: Duration.minutes(minutes) })).toEqual([]);
    // And no better than that.
    expect(findings(build, { recoveryPointGap: Duration.minutes(minutes - 1) })).toEqual([
      expect.stringMatching(`^Resilience-RP1 at Other/Volume: Recovery points may be ${minutes} minutes apart`),
    ]);
  });

  test.each([
    ['every two hours', [schedule({ ...HOURLY, interval: 2 })], '180 minutes'],
    [
      'two that are due together',
      hourlyAt('00', '00').map((s) => ({ ...s, createRule: { ...HOURLY, interval: 2 } })),
      '180 minutes',
    ],
    [
      'DLM chooses when to start: they may fall together',
      [1, 2].map(() => schedule({ interval: 2, intervalUnit: 'HOURS' })),
      '180 minutes',
    ],
    ['by day only', [schedule({ cronExpression: 'cron(0 8-20 * * ? *)' }, 99)], '780 minutes'],
    ['on weekdays', [schedule({ cronExpression: 'cron(0 3 ? * MON-FRI *)' })], '3 days'],
    ['on the 31st', [schedule({ cronExpression: 'cron(0 3 31 * ? *)' })], '61 days'],
    ['on a day that never comes', [schedule({ cronExpression: 'cron(0 3 31 2 ? *)' })], 'without end'],
  ])('bad: %s', (_, schedules, apart) => {
    const said = findings(withPolicy({ schedules }));
    expect(said).toContainEqual(expect.stringContaining(`Recovery points may be ${apart} apart`));
    expect(said[0]).toMatch(/allowed: 120 minutes\. Add schedules/);
  });

  test('good: two policies of one volume count together', () => {
    const said = findings((stack) => {
      withPolicy({ schedules: [schedule({ ...HOURLY, interval: 2 })] })(stack);
      policy(stack, { schedules: [schedule({ ...HOURLY, interval: 2, times: ['01:00'] })] }, 'ENABLED', 'Second');
    });
    expect(said).toEqual([]);
  });

  test('bad: a policy whose volumes are elsewhere is judged by itself', () => {
    const said = findings((stack) => void policy(stack, { schedules: [schedule({ ...HOURLY, interval: 6 })] }));
    expect(said).toEqual([expect.stringMatching(/^Resilience-RP1 at Other\/Policy: /)]);
  });

  test.each([
    ['cron(0 3 L * ? *)', /cron\(0 3 L \* \? \*\) is beyond what this check reads/],
    ['cron(0 3 ? * 2#1 *)', /beyond/],
    ['cron(0 3 * * ? 2027)', /beyond/],
    ['cron(60 3 * * ? *)', /beyond/],
    ['cron(0/30 * * * ? *)', /runs more than once an hour, which DLM does not allow/],
  ])('cannot be judged: %s', (cronExpression, says) => {
    const said = findings(withPolicy({ schedules: [schedule({ cronExpression })] }));
    expect(said.map((line) => line.split(' ')[0])).toEqual([
      'Resilience-RP1[CannotBeJudged]',
      'Resilience-RP2[CannotBeJudged]',
    ]);
    expect(said[0]).toMatch(says);
  });
});

describe('RP1 and RP2: what DLM would not take is not taken for a schedule', () => {
  test.each<[string, CfnLifecyclePolicy.CreateRuleProperty, RegExp]>([
    ['half an hour', { ...HOURLY, interval: 0.5 }, /Interval is 0\.5; allowed: 1, 2, 3/],
    ['days', { ...HOURLY, intervalUnit: 'DAYS' }, /IntervalUnit is "DAYS"; allowed: "HOURS"/],
    ['a time that is none', { ...HOURLY, times: ['25:70'] }, /Times is \["25:70"\]; allowed: one time of the day/],
    ['a time of one digit', { ...HOURLY, times: ['9:00'] }, /Times is \["9:00"\]/],
  ])('cannot be judged: %s', (_, createRule, says) => {
    const said = findings(withPolicy({ schedules: [schedule(createRule, 99)] }));
    expect(said.map((line) => line.split(' ')[0])).toEqual([
      'Resilience-RP1[CannotBeJudged]',
      'Resilience-RP2[CannotBeJudged]',
    ]);
    expect(said[0]).toMatch(says);
  });

  test('cannot be judged: a cron expression from a parameter', () => {
    const said = findings((stack) => {
      const cronExpression = new CfnParameter(stack, 'When').valueAsString;
      withPolicy({ schedules: [schedule({ cronExpression })] })(stack);
    });
    expect(said[0]).toMatch(/CronExpression is {"Ref":"When"}/);
  });

  test('cannot be judged: five schedules in a policy', () => {
    const said = findings(withPolicy({ schedules: hourlyAt('00', '10', '20', '30', '40') }));
    expect(said[0]).toMatch(/^Resilience-RP1\[CannotBeJudged\] .* a policy has 5 schedules; allowed: 4 at most/);
  });
});

describe('RP2: enough is kept to walk back', () => {
  const keeping = (retainRule: CfnLifecyclePolicy.RetainRuleProperty) =>
    withPolicy({ schedules: [{ name: 'one', createRule: HOURLY, retainRule }] });

  test.each([{ count: 24 }, { interval: 1, intervalUnit: 'DAYS' }])('good: %j', (rule) => {
    expect(findings(keeping(rule))).toEqual([]);
  });

  test('bad: not for long enough', () => {
    expect(findings(keeping({ count: 23 }))).toEqual([
      'Resilience-RP2 at Other/Volume: 23 recovery points are kept, reaching back 1380 minutes; allowed: at least 5, reaching back at least 1440 minutes. Raise RetainRule.Count.',
    ]);
  });

  test('bad: too few', () => {
    const daily = withPolicy({ schedules: [schedule({ ...HOURLY, interval: 24 }, 4)] });
    const said = findings(daily, { recoveryPointGap: Duration.days(2) });
    expect(said).toEqual([
      expect.stringMatching(/^Resilience-RP2 at Other\/Volume: 4 recovery points are kept, reaching back 4 days;/),
    ]);
  });

  test.each<[string, string[], number]>([
    ['two schedules at the same minute make the same points', ['00', '00'], 24],
    ['two at different minutes do not', ['00', '30'], 48],
  ])('%s', (_, minutes, points) => {
    const said = findings(withPolicy({ schedules: hourlyAt(...minutes) }), { recoveryPoints: 99 });
    expect(said).toEqual([expect.stringContaining(`: ${points} recovery points are kept`)]);
  });

  test('where DLM chooses when to start, they may be the same', () => {
    const schedules = [1, 2].map(() => schedule({ interval: 1, intervalUnit: 'HOURS' }));
    const said = findings(withPolicy({ schedules }), { recoveryPoints: 99 });
    expect(said).toEqual([expect.stringContaining(': 24 recovery points are kept')]);
  });

  test('the objectives are the app’s own', () => {
    expect(findings(keeping({ count: 3 }), { recoveryPoints: 3, recoveryPointReach: Duration.hours(3) })).toEqual([]);
  });

  test('cannot be judged: a count from a parameter', () => {
    const said = findings((stack) => {
      const count = new CfnParameter(stack, 'Count', { type: 'Number' }).valueAsNumber;
      keeping({ count })(stack);
    });
    expect(said).toEqual([
      expect.stringMatching(/^Resilience-RP2\[CannotBeJudged\] .*no RetainRule that is known at synthesis/),
    ]);
  });
});

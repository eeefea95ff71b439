import { describe, expect, test } from '@jest/globals';
import { Aws, CfnParameter, Fn, type Stack } from 'aws-cdk-lib';
import { type CfnAlarm, CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type Build, alarmRule as rule, alarmFindings as said } from './alarm-support.ts';
import { alarm } from './support.ts';

describe('AL1: actions, and enabled', () => {
  const composite = (stack: Stack, of: CfnAlarm, alarmActions: string[]) =>
    new CfnCompositeAlarm(stack, 'Both', { alarmRule: Fn.join('', ['ALARM("', of.ref, '")']), alarmActions });
  /** A silent alarm, `Shop/serving`, and a composite alarm that acts by this rule. */
  const partOf =
    (alarmRule: string | ((name: string, stack: Stack) => string)): Build =>
    (stack) => {
      const made = alarm(stack, { alarmName: 'Shop/serving', alarmActions: [] });
      const rule = typeof alarmRule === 'string' ? alarmRule : alarmRule(made.ref, stack);
      new CfnCompositeAlarm(stack, 'Both', { alarmRule: rule, alarmActions: [new Topic(stack, 'T').topicArn] });
    };
  rule(
    'AL1',
    [
      ['an action', (stack) => alarm(stack)],
      ['enabled in so many words', (stack) => alarm(stack, { actionsEnabled: true })],
      [
        'a part of a composite alarm that acts',
        (stack) => composite(stack, alarm(stack, { alarmActions: [] }), [new Topic(stack, 'T').topicArn]),
      ],
      ['a part by its name', partOf('ALARM("Shop/serving") OR ALARM(Shop/other)')],
      ['a part by its bare name', partOf('ALARM(Shop/other) OR ( TRUE AND ALARM( Shop/serving ) )')],
      ['a part by its ARN', partOf(`ALARM("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:Shop/serving")`)],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: of CloudFormation
      ['a part in Fn::Sub', partOf(() => Fn.sub('ALARM("${Alarm}") AND NOT ALARM(deploying)'))],
      ['a part that is not well', partOf((name) => `NOT OK("${name}")`)],
      ['a part that is denied twice', partOf((name) => `NOT (NOT ALARM("${name}"))`)],
    ],
    [
      [
        'no actions',
        (stack) => alarm(stack, { alarmActions: [] }),
        /AlarmActions is empty; allowed: at least one action\. Call addAlarmAction/,
      ],
      [
        'an action that is left out',
        (stack) => alarm(stack, { alarmActions: [Aws.NO_VALUE] }),
        /AlarmActions is empty/,
      ],
      [
        'actions disabled',
        (stack) => alarm(stack, { actionsEnabled: false }),
        /ActionsEnabled is false; allowed: true/,
      ],
      ['a part that keeps the others quiet', partOf((name) => `ALARM(x) AND NOT ALARM("${name}")`), /is empty/],
      ['the same, in parentheses', partOf((name) => `ALARM(x) AND NOT (ALARM(y) OR ALARM("${name}"))`), /is empty/],
      ['a part that is well', partOf((name) => `OK("${name}")`), /is empty/],
      ['no part: a name that is longer', partOf('ALARM("Shop/serving/too")'), /is empty/],
    ],
    [
      [
        'a part that a parameter may name',
        partOf((_, stack) => `ALARM("${new CfnParameter(stack, 'P').valueAsString}")`),
        /the AlarmRule of one is beyond what this check reads/,
      ],
      ['a part in a function of another kind', partOf((name) => `AT_LEAST(1, ALARM, ("${name}"))`), /beyond/],
      [
        'enabled by a parameter',
        (stack) => alarm(stack).addPropertyOverride('ActionsEnabled', { Ref: 'P' }),
        /ActionsEnabled is {"Ref":"P"}/,
      ],
      [
        'actions from a parameter',
        (stack) => alarm(stack).addPropertyOverride('AlarmActions', { Ref: 'P' }),
        /AlarmActions is {"Ref":"P"}/,
      ],
    ],
  );

  test('bad: a composite alarm without actions', () => {
    expect(said((stack) => composite(stack, alarm(stack), []))).toEqual([
      expect.stringMatching(/^Resilience-AL1 at Other\/Both: /),
    ]);
  });
});

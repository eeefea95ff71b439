import { describe } from '@jest/globals';
import { CfnParameter } from 'aws-cdk-lib';
import { alarmRule as rule } from './alarm-support.ts';
import { alarm } from './support.ts';

describe('AL2: missing data is breaching', () => {
  const counting = { statistic: 'Sum', comparisonOperator: 'GreaterThanThreshold' };
  rule(
    'AL2',
    [
      ['breaching', (stack) => alarm(stack)],
      [
        'it acts on insufficient data',
        (stack) => {
          const made = alarm(stack, { treatMissingData: 'missing' });
          made.insufficientDataActions = made.alarmActions;
        },
      ],
      [
        'it counts events, and none is well',
        (stack) => alarm(stack, { ...counting, treatMissingData: 'notBreaching' }),
      ],
      [
        'a sum of events in an expression',
        (stack) => {
          const made = alarm(stack, { treatMissingData: 'notBreaching', comparisonOperator: 'GreaterThanThreshold' });
          made.statistic = undefined;
          made.metrics = [
            { id: 'a', metricStat: { metric: { namespace: 'Shop', metricName: 'Errors' }, period: 60, stat: 'Sum' } },
          ];
        },
      ],
    ],
    [
      [
        'left out',
        (stack) => {
          alarm(stack).treatMissingData = undefined;
        },
        /TreatMissingData is "missing"; allowed: "breaching"/,
      ],
      [
        'no action on insufficient data, though there is one on alarm',
        (stack) => {
          alarm(stack, { treatMissingData: 'missing' }).insufficientDataActions = [];
        },
        /TreatMissingData is "missing"/,
      ],
      [
        'an action on insufficient data, in which it never is',
        (stack) => {
          const made = alarm(stack, { treatMissingData: 'ignore' });
          made.insufficientDataActions = made.alarmActions;
        },
        /TreatMissingData is "ignore"/,
      ],
      [
        'not breaching',
        (stack) => alarm(stack, { treatMissingData: 'notBreaching' }),
        /TreatMissingData is "notBreaching"/,
      ],
      [
        'too few events',
        (stack) => alarm(stack, { statistic: 'Sum', treatMissingData: 'ignore' }),
        /TreatMissingData is "ignore"/,
      ],
      [
        'a gauge that is summed',
        (stack) =>
          alarm(stack, {
            ...counting,
            namespace: 'AWS/EBS',
            metricName: 'VolumeStalledIOCheck',
            dimensions: [],
            treatMissingData: 'missing',
          }),
        /TreatMissingData is "missing"/,
      ],
      [
        'a status check that is summed',
        (stack) =>
          alarm(stack, {
            ...counting,
            namespace: 'AWS/EC2',
            metricName: 'StatusCheckFailed',
            dimensions: [],
            treatMissingData: 'notBreaching',
          }),
        /TreatMissingData is "notBreaching"/,
      ],
      [
        'an expression over a sum: what it makes of nothing is not known',
        (stack) => {
          const made = alarm(stack, { treatMissingData: 'notBreaching', comparisonOperator: 'GreaterThanThreshold' });
          made.statistic = undefined;
          const metric = { namespace: 'Shop', metricName: 'Serving' };
          made.metrics = [
            { id: 'm1', metricStat: { metric, period: 60, stat: 'Sum' }, returnData: false },
            { id: 'e', expression: '1 - m1' },
          ];
        },
        /TreatMissingData is "notBreaching"/,
      ],
      [
        'out of the ordinary, by the band of an anomaly detector',
        (stack) =>
          alarm(stack, {
            statistic: 'Sum',
            comparisonOperator: 'GreaterThanUpperThreshold',
            treatMissingData: 'notBreaching',
          }),
        /TreatMissingData is "notBreaching"/,
      ],
    ],
    [
      [
        'from a parameter',
        (stack) => alarm(stack, { treatMissingData: new CfnParameter(stack, 'P').valueAsString }),
        /TreatMissingData is {"Ref":"P"}/,
      ],
    ],
  );
});

import { expect, test } from '@jest/globals';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { volumeOfAlarm } from '../../contract/contract.ts';
import { JOURNAL_ALARM, journalAlarmName } from '../../contract/journal.ts';
import { JournalAlarm } from '../../lib/internal/journal-alarm.ts';
import { evaluateAlarm, readAlarm } from '../../simulator/aws/cloudwatch/alarm.ts';
import { contentVolume, onlyOne, resourcesOf, templateOf } from './support.ts';

const template = templateOf((stack) => {
  new JournalAlarm(stack, 'Journal', { volume: contentVolume(stack), people: new Topic(stack, 'People') });
});
const [alarm] = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(
  ({ Properties }) => Properties.AlarmName === 'Shop/alpha/journal-behind',
);
if (!alarm) throw new Error('no alarm journal-behind');

test('it looks at the lag of the volume by the minute, and notifies people of both ways', () => {
  const topic = { Ref: onlyOne(template, 'AWS::SNS::Topic').id };
  expect(alarm.Properties).toEqual({
    AlarmName: 'Shop/alpha/journal-behind',
    AlarmDescription: expect.stringMatching(/^alpha: .* Runbook: remount@0\.1\.0\/docs\/runbook\.md#journal-behind$/),
    Namespace: 'Remount/Shop',
    MetricName: 'JournalLag',
    Dimensions: [{ Name: 'Volume', Value: 'alpha' }],
    Statistic: 'Minimum',
    Period: 60,
    Threshold: 60,
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 5,
    DatapointsToAlarm: 5,
    TreatMissingData: 'breaching',
    AlarmActions: [topic],
    OKActions: [topic],
  });
});

const { AlarmActions: _, OKActions: __, ...watched } = alarm.Properties;
/** Seconds of lag, ten seconds after ten seconds of so many minutes; `undefined`: silence. */
type Course = (second: number) => number | undefined;

test.each<[string, Course, string]>([
  ['a file that stays open is stated every minute', (second) => second % 61, 'OK'],
  ['its writer is started anew, and scans', (second) => (second > 200 && second < 320 ? undefined : 0), 'OK'],
  ['a heal is under way for three minutes', (second) => (second > 300 ? undefined : 0), 'OK'],
  ['S3 does not answer', (second) => second, 'ALARM'],
  ['nobody journals it', () => undefined, 'ALARM'],
])('%s', (_name, course, state) => {
  const end = 8 * 60;
  const found = evaluateAlarm(
    readAlarm({ logicalId: 'A', properties: watched }),
    (startMs) =>
      [0, 10, 20, 30, 40, 50].flatMap((second) => {
        const at = startMs / 1000 + second;
        return at >= 0 && at < end ? (course(at) ?? []) : [];
      }),
    end * 1000,
  );
  expect(found).toBe(state);
});

test('it starts no heal', () => {
  expect(volumeOfAlarm('Shop', journalAlarmName('Shop', 'alpha'))).toBeUndefined();
  expect(JOURNAL_ALARM).toBe('journal-behind');
});

import { expect, test } from '@jest/globals';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { volumeOfAlarm } from '../../contract/contract.ts';
import { intakeAlarmName } from '../../contract/intake.ts';
import { JOURNAL_ALARM, journalAlarmName, SPARE_ALARM, spareAlarmName } from '../../contract/journal.ts';
import { IntakeAlarm, JournalAlarm, SpareAlarm } from '../../lib/internal/journal-alarm.ts';
import { evaluateAlarm, readAlarm } from '../../simulator/aws/cloudwatch/alarm.ts';
import { contentVolume, onlyOne, resourcesOf, templateOf } from './support.ts';

const template = templateOf((stack) => {
  const of = { volume: contentVolume(stack), people: new Topic(stack, 'People') };
  new JournalAlarm(stack, 'Journal', of);
  new SpareAlarm(stack, 'Spare', of);
  new IntakeAlarm(stack, 'Intake', of);
});
const named = (name: string) => {
  const [alarm] = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(
    ({ Properties }) => Properties.AlarmName === name,
  );
  if (!alarm) throw new Error(`no alarm ${name}`);
  return alarm;
};
const alarm = named('Shop/alpha/journal-behind');
const spare = named('Shop/alpha/spare-behind');
const intake = named('Shop/alpha/intake-behind');

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
    TreatMissingData: 'missing',
    AlarmActions: [topic],
    OKActions: [topic],
    InsufficientDataActions: [topic],
  });
});

test('that of the spare is patient: nothing is lost by it', () => {
  const topic = { Ref: onlyOne(template, 'AWS::SNS::Topic').id };
  expect(spare.Properties).toEqual({
    AlarmName: 'Shop/alpha/spare-behind',
    AlarmDescription: expect.stringMatching(/^alpha: .* Runbook: remount@0\.1\.0\/docs\/runbook\.md#spare-behind$/),
    Namespace: 'Remount/Shop',
    MetricName: 'SpareLag',
    Dimensions: [{ Name: 'Volume', Value: 'alpha' }],
    Statistic: 'Minimum',
    Period: 60,
    Threshold: 300,
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 30,
    DatapointsToAlarm: 30,
    TreatMissingData: 'missing',
    AlarmActions: [topic],
    OKActions: [topic],
    InsufficientDataActions: [topic],
  });
});

test('that of the intake looks at the oldest upload that waits', () => {
  const topic = { Ref: onlyOne(template, 'AWS::SNS::Topic').id };
  expect(intake.Properties).toEqual({
    AlarmName: 'Shop/alpha/intake-behind',
    AlarmDescription: expect.stringMatching(/^alpha: .* Runbook: remount@0\.1\.0\/docs\/runbook\.md#intake-behind$/),
    Namespace: 'Remount/Shop',
    MetricName: 'IntakeOldestSeconds',
    Dimensions: [{ Name: 'Volume', Value: 'alpha' }],
    Statistic: 'Minimum',
    Period: 60,
    Threshold: 900,
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 5,
    DatapointsToAlarm: 5,
    TreatMissingData: 'missing',
    AlarmActions: [topic],
    OKActions: [topic],
    InsufficientDataActions: [topic],
  });
});

/** Seconds of lag, ten seconds after ten seconds of so many minutes; `undefined`: silence. */
type Course = (second: number) => number | undefined;

test.each<[string, Course, string]>([
  ['a file that stays open is stated every minute', (second) => second % 61, 'OK'],
  ['its writer is started anew, and scans', (second) => (second > 200 && second < 320 ? undefined : 0), 'OK'],
  ['a heal is under way for three minutes', (second) => (second > 300 ? undefined : 0), 'OK'],
  ['S3 does not answer', (second) => second, 'ALARM'],
  ['nobody journals it', () => undefined, 'INSUFFICIENT_DATA'],
  ['it was started, and never came', (second) => (second < 10 ? 0 : undefined), 'INSUFFICIENT_DATA'],
])('%s', (_name, course, state) => {
  expect(stateAfter(8, alarm, course)).toBe(state);
});

test.each<[string, Course, string]>([
  ['its host is booted, and it is followed again after ten minutes', (second) => (second > 1200 ? undefined : 0), 'OK'],
  ['it is taken, and the next one comes after a quarter of an hour', (second) => (second > 900 ? undefined : 0), 'OK'],
  ['a new base every quarter of an hour, each soon there', (second) => (second % 900 < 60 ? 1500 : 1), 'OK'],
  ['one base after the other, and none gets there', (second) => 900 + (second % 900), 'ALARM'],
  ['nobody follows any more', (second) => (second < 10 ? 0 : undefined), 'INSUFFICIENT_DATA'],
])('of the spare: %s', (_name, course, state) => {
  expect(stateAfter(35, spare, course)).toBe(state);
});

test.each<[string, Course, string]>([
  ['it waits for what a heal of ten minutes takes', (second) => (second < 600 ? second : 0), 'OK'],
  ['it is refused by S3, and its intake goes on', (second) => second, 'ALARM'],
  ['nobody takes in any more', (second) => (second < 10 ? 0 : undefined), 'INSUFFICIENT_DATA'],
])('of the oldest upload: %s', (_name, course, state) => {
  expect(stateAfter(25, intake, course)).toBe(state);
});

function stateAfter(minutes: number, { Properties }: typeof alarm, course: Course) {
  const { AlarmActions: _, OKActions: __, InsufficientDataActions: ___, ...properties } = Properties;
  const end = minutes * 60;
  return evaluateAlarm(
    readAlarm({ logicalId: 'A', properties }),
    (startMs) =>
      [0, 10, 20, 30, 40, 50].flatMap((second) => {
        const at = startMs / 1000 + second;
        return at >= 0 && at < end ? (course(at) ?? []) : [];
      }),
    end * 1000,
  );
}

test('none of them starts a heal', () => {
  for (const name of [journalAlarmName, spareAlarmName, intakeAlarmName].map((of) => of('Shop', 'alpha')))
    expect(volumeOfAlarm('Shop', name)).toBeUndefined();
  expect([JOURNAL_ALARM, SPARE_ALARM]).toEqual(['journal-behind', 'spare-behind']);
});

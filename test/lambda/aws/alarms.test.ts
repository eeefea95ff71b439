import { beforeEach, describe, expect, test } from '@jest/globals';
import { cloudWatchAlarms } from '../../../lambda/aws/alarms.ts';
import type { StandingAlarm } from '../../../lambda/core/guard/ports.ts';
import { AdapterLab, STACK } from '../../simulator/aws/adapter-lab.ts';
import { TOPIC } from '../../simulator/aws/guard-lab.ts';

/** Alarms as CloudWatch describes them, and what it has on record of their messages. */
let lab: AdapterLab;
let answers: Record<string, unknown>[];
const inputs: Readonly<Record<string, unknown>>[] = [];
beforeEach(() => {
  lab = new AdapterLab();
  inputs.length = 0;
  lab.cloud.offer('cloudwatch', { DescribeAlarms: answer, DescribeAlarmHistory: answer });
});
function answer(input: Readonly<Record<string, unknown>>): object {
  inputs.push(input);
  return answers[Number(input.NextToken ?? 0)] ?? {};
}
const alarms = () => cloudWatchAlarms(lab.clients().cloudWatch, STACK, TOPIC);

const SINCE = Date.parse('2026-01-07T01:07:00Z');
const NAME = `${STACK}/alpha/full`;
const ALARM: StandingAlarm = { name: NAME, state: 'ALARM', since: SINCE };

describe('an alarm that is not calm', () => {
  const described = {
    AlarmName: NAME,
    StateValue: 'ALARM',
    ActionsEnabled: true,
    AlarmActions: ['arn:aws:lambda:eu-west-1:111122223333:function:another', TOPIC],
    InsufficientDataActions: [],
    StateTransitionedTimestamp: new Date(SINCE),
    StateUpdatedTimestamp: new Date(SINCE + 60_000),
  };
  const standing = (over: object) => {
    answers = [{ MetricAlarms: [{ ...described, ...over }] }];
    return lab.within(() => alarms().standing());
  };

  test('is one since its state changed, and not since something else of it did', async () => {
    expect(await standing({})).toEqual([ALARM]);
    expect(inputs).toEqual([{ AlarmNamePrefix: `${STACK}/` }]);
    expect(await standing({ StateTransitionedTimestamp: undefined })).toEqual([{ ...ALARM, since: SINCE + 60_000 }]);
  });

  test('without a time is an error, and no alarm of another time', async () => {
    const times = { StateTransitionedTimestamp: undefined, StateUpdatedTimestamp: undefined };
    await expect(standing(times)).rejects.toThrow(`${NAME} is ALARM: received no time since when`);
  });

  test.each<[string, object]>([
    ['is calm', { StateValue: 'OK' }],
    ['has a state that nobody knows', { StateValue: 'MUTED' }],
    ['notifies others', { AlarmActions: ['arn:aws:sns:eu-west-1:111122223333:people2'] }],
    ['has no actions', { AlarmActions: [] }],
    ['has an answer without actions', { AlarmActions: undefined }],
    ['is switched off', { ActionsEnabled: false }],
    ['is silent, and does not notify of that', { StateValue: 'INSUFFICIENT_DATA' }],
  ])('is none that was to notify people where it %s', async (_, over) => {
    expect(await standing(over)).toEqual([]);
  });

  test('is silent, and notifies of that', async () => {
    const silent = { StateValue: 'INSUFFICIENT_DATA', AlarmActions: [], InsufficientDataActions: [TOPIC] };
    expect(await standing(silent)).toEqual([{ ...ALARM, state: 'INSUFFICIENT_DATA' }]);
  });

  test('is none where the answer has none', async () => {
    answers = [{}];
    expect(await lab.within(() => alarms().standing())).toEqual([]);
  });
});

describe('what is on record of its message', () => {
  const error = 'Resource: a is not authorized to perform: SNS:Publish on resource: b';
  const data = (over: object = {}) =>
    JSON.stringify({
      ...{ actionState: 'Failed', stateUpdateTimestamp: SINCE, notificationResource: TOPIC, error },
      ...over,
    });
  const SUMMARY = `Failed to execute action ${TOPIC}. Received error: "${error}"`;
  const item = (over: object = {}) => ({
    ...{ AlarmName: NAME, HistoryItemType: 'Action', Timestamp: new Date(SINCE + 300) },
    ...{ HistorySummary: SUMMARY, HistoryData: data(), ...over },
  });
  const recorded = (over: object) => {
    answers = [{ AlarmHistoryItems: [item(over)] }];
    return lab.within(() => alarms().actions(ALARM));
  };

  test('is asked for since then, with what one clock may be off from another', async () => {
    expect(await recorded({})).toEqual([{ succeeded: false, detail: error }]);
    const asked = { AlarmName: NAME, HistoryItemType: 'Action', StartDate: new Date(SINCE - 5000) };
    expect(inputs).toEqual([{ ...asked, ScanBy: 'TimestampAscending' }]);
  });

  test.each<[string, object, boolean]>([
    ['that it succeeded', { HistoryData: data({ actionState: 'Succeeded', error: null }) }, true],
    ['that it failed, without a reason', { HistoryData: data({ error: null }) }, false],
    ['it by the sentence, where the data are cut off', { HistoryData: data().slice(0, 40) }, false],
    ['it by the sentence, where the data have another word', { HistoryData: data({ actionState: 'Odd' }) }, false],
    ['it by the sentence, where there are no data', { HistoryData: undefined }, false],
    [
      'by the sentence that it succeeded',
      { HistoryData: undefined, HistorySummary: `Successfully executed action ${TOPIC}` },
      true,
    ],
    ['a time of its own, where the data have none', { HistoryData: data({ stateUpdateTimestamp: undefined }) }, false],
    ['a moment before the change', { HistoryData: data({ stateUpdateTimestamp: SINCE - 4000 }) }, false],
  ])('says %s', async (_, over, succeeded) => {
    const [action, ...more] = await recorded(over);
    expect([action?.succeeded, more]).toEqual([succeeded, []]);
    expect(action?.detail).not.toBe('');
  });

  test.each<[string, object]>([
    ['of another action', { HistoryData: data({ notificationResource: `${TOPIC}2` }) }],
    ['of another action, by its sentence', { HistoryData: '', HistorySummary: SUMMARY.replace(TOPIC, `${TOPIC}2`) }],
    ['of a change before', { HistoryData: data({ stateUpdateTimestamp: SINCE - 60_000 }) }],
    ['neither of it nor of anything', { HistoryData: '{}', HistorySummary: 'Alarm updated from OK to ALARM' }],
    ['in words that nobody knows', { HistoryData: data({ actionState: 'InProgress' }), HistorySummary: 'Doing' }],
    ['without any words', { HistoryData: undefined, HistorySummary: undefined }],
  ])('is no word where it is %s', async (_, over) => {
    expect(await recorded(over)).toEqual([]);
  });

  test('is in one line, and no longer than people read', async () => {
    const [action] = await recorded({ HistoryData: data({ error: `a\n b ${'x'.repeat(999)}` }) });
    expect(action?.detail).toMatch(/^a b x{296}$/);
  });

  test.each<[string, object]>([
    ['nothing', {}],
    ['no items', { AlarmHistoryItems: [] }],
  ])('is nothing where the answer has %s', async (_, given) => {
    answers = [{ ...given }];
    expect(await lab.within(() => alarms().actions(ALARM))).toEqual([]);
  });

  test('may be on a page after one without items', async () => {
    answers = [{ AlarmHistoryItems: [], NextToken: '1' }, { NextToken: '2' }, { AlarmHistoryItems: [item()] }];
    expect(await lab.within(() => alarms().actions(ALARM))).toHaveLength(1);
  });

  test.each(['DescribeAlarms', 'DescribeAlarmHistory'])('is not known where %s fails', async (operation) => {
    lab.fail(operation, 'AccessDenied');
    const asked = (): Promise<unknown> =>
      operation === 'DescribeAlarms' ? alarms().standing() : alarms().actions(ALARM);
    await expect(lab.within(asked)).rejects.toMatchObject({ kind: 'denied' });
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { GuardLab, STACK, TOPIC } from './guard-lab.ts';
import { ANYONE } from './lab.ts';

/** Alarms as they are described, and what is on record of them. */
let lab: GuardLab;
let name: string;
beforeEach(() => {
  lab = new GuardLab();
  name = lab.alarm('alpha/full', { okActions: [TOPIC] });
});
const ask = (operation: string, input: object) =>
  lab.within(() => lab.cloud.call(ANYONE, 'cloudwatch', operation, { ...input })) as Promise<Record<string, unknown>>;
const summaries = async (input: object = {}) => {
  const { AlarmHistoryItems } = await ask('DescribeAlarmHistory', { AlarmName: name, ...input });
  return (AlarmHistoryItems as { HistorySummary: string }[]).map((item) => item.HistorySummary);
};
const changed = (from: string, to: string) => `Alarm updated from ${from} to ${to}`;
const done = `Successfully executed action ${TOPIC}`;

test('an alarm has its actions, and is what it is since it changed', async () => {
  const began = lab.clock.now();
  const described = async () => (await ask('DescribeAlarms', { AlarmNamePrefix: STACK })).MetricAlarms;
  const actions = { ActionsEnabled: true, AlarmActions: [TOPIC], OKActions: [TOPIC], InsufficientDataActions: [] };
  expect(await described()).toMatchObject([
    { AlarmName: name, StateValue: 'INSUFFICIENT_DATA', StateTransitionedTimestamp: new Date(began), ...actions },
  ]);
  await lab.pass(600);
  const [alarm] = (await described()) as { StateValue: string; StateTransitionedTimestamp: Date }[];
  expect(alarm?.StateValue).toBe('ALARM');
  expect(alarm?.StateTransitionedTimestamp.getTime()).toBeGreaterThan(began);
  expect(alarm?.StateTransitionedTimestamp.getTime()).toBeLessThan(began + 240_000);
});

describe('the history of an alarm', () => {
  test('has its changes and what became of each action, the newest first, in pages', async () => {
    await lab.pass(300);
    const until = lab.clock.now();
    lab.calm('alpha/full');
    await lab.pass(125);
    const all = [done, changed('ALARM', 'OK'), done, changed('INSUFFICIENT_DATA', 'ALARM')];
    expect(await summaries()).toEqual(all.slice(0, 2));
    expect(await summaries({ NextToken: '2' })).toEqual(all.slice(2));
    expect(await summaries({ ScanBy: 'TimestampAscending' })).toEqual(all.toReversed().slice(0, 2));
    expect(await summaries({ HistoryItemType: 'Action', StartDate: new Date(until) })).toEqual([done]);
    expect(await summaries({ AlarmName: 'another' })).toEqual([]);
  });

  test('says why an action failed, as far as a summary goes, and all of it in its data', async () => {
    lab.takes('events.amazonaws.com');
    await lab.pass(300);
    const { AlarmHistoryItems } = await ask('DescribeAlarmHistory', { AlarmName: name, HistoryItemType: 'Action' });
    const [item] = AlarmHistoryItems as { HistorySummary: string; HistoryData: string }[];
    expect(item?.HistorySummary).toMatch(/^Failed to execute action arn:.*people\. Received error: "Resource: arn:/);
    expect(item?.HistorySummary).toHaveLength(255);
    expect(JSON.parse(item?.HistoryData ?? '')).toMatchObject({
      actionState: 'Failed',
      notificationResource: TOPIC,
      error: expect.stringMatching(/is not authorized to perform: SNS:Publish on resource: .*people$/),
    });
  });

  test.each([
    [{ AlarmName: 'a', NextToken: 'x' }, /next token specified is invalid/],
    [{}, /AlarmName/],
  ])('%j is refused', async (input, why) => {
    await expect(ask('DescribeAlarmHistory', input)).rejects.toThrow(why);
  });
});

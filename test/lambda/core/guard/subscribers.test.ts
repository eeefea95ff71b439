import { beforeEach, describe, expect, test } from '@jest/globals';
import { metricNamespace } from '../../../../contract/contract.ts';
import { RUNS } from '../../../../simulator/aws/account/faults.ts';
import { GuardLab, STACK } from '../../../simulator/aws/guard-lab.ts';

/** The guard's own handler and adapters, on the simulated AWS. */
let lab: GuardLab;
beforeEach(() => {
  lab = new GuardLab();
  lab.cloud.faults.runs = RUNS.never;
});

const DAY = 24 * 3600;
const tests = () => lab.sns.messages.filter((m) => m.subject.includes('a test message'));
const counted = () => lab.cloudwatch.points(metricNamespace(STACK), 'Subscribers', {}).map((p) => p.value);

describe('who is subscribed to the topic', () => {
  test('is counted in each round, and nobody is an own line of the log', async () => {
    await lab.round();
    lab.sns.subscriptions = { confirmed: 0, pending: 1 };
    await lab.round();
    expect(counted()).toEqual([1, 0]);
    expect(lab.said).toEqual([
      expect.stringContaining('nobody hears what people are notified of: 1 subscriptions wait'),
    ]);
  });

  test.each([
    ['no number', { SubscriptionsConfirmed: 'many', SubscriptionsPending: '0' }],
    ['no such attribute', { SubscriptionsPending: '0' }],
    ['no attributes', undefined],
  ])('is not said to be nobody where the answer has %s', async (_, Attributes) => {
    lab.cloud.intercept = async ({ operation }, perform) =>
      operation === 'GetTopicAttributes' ? { Attributes } : perform();
    await expect(lab.round()).rejects.toThrow(/subscribers: .*SubscriptionsConfirmed: received/);
    expect(counted()).toEqual([]);
  });
});

describe('a test message', () => {
  test('comes after 30 days and not at a deployment, and again after 30 more', async () => {
    await lab.round();
    await lab.pass(30 * DAY - 60);
    await lab.round();
    expect(tests()).toEqual([]);
    await lab.pass(60);
    await lab.round();
    await lab.round();
    expect(tests()).toHaveLength(1);
    expect(tests()[0]?.message).toContain('1 subscriptions of the topic are confirmed, 0 wait to be.');
    await lab.pass(30 * DAY);
    await lab.round();
    expect(tests()).toHaveLength(2);
  });

  test('that could not be sent is sent by the next round', async () => {
    await lab.round();
    await lab.pass(30 * DAY);
    lab.cloud.intercept = async ({ operation }, perform) => {
      if (operation === 'Publish') throw new Error('no');
      return perform();
    };
    await expect(lab.round()).rejects.toThrow(/subscribers: /);
    lab.cloud.intercept = undefined;
    await lab.round();
    expect(tests()).toHaveLength(1);
  });
});

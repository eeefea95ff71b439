import { type CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { GetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { METRIC } from '../../contract/contract.ts';
import type { Subscribers } from '../core/guard/ports.ts';
import { translated } from './errors.ts';

/** docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html: both are numbers, as text. */
export function snsSubscribers(
  sns: SNSClient,
  cloudWatch: CloudWatchClient,
  TopicArn: string,
  Namespace: string,
): Subscribers {
  return {
    async count() {
      const { Attributes } = await translated('count the subscribers', () =>
        sns.send(new GetTopicAttributesCommand({ TopicArn })),
      );
      const numbers = (['SubscriptionsConfirmed', 'SubscriptionsPending'] as const).map((name) => {
        const value = Attributes?.[name];
        // An empty answer is no answer: nobody is called deaf for it.
        if (value === undefined || !/^\d+$/.test(value)) throw new Error(`${TopicArn}: ${name}: received ${value}`);
        return Number(value);
      });
      return { confirmed: numbers[0] ?? 0, pending: numbers[1] ?? 0 };
    },

    async publish(confirmed, at) {
      const MetricData = [{ MetricName: METRIC.subscribers, Timestamp: new Date(at), Value: confirmed }];
      await translated('publish the subscribers', () =>
        cloudWatch.send(new PutMetricDataCommand({ Namespace, MetricData })),
      );
    },
  };
}

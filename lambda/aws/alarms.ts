import {
  type AlarmHistoryItem,
  type CloudWatchClient,
  type MetricAlarm,
  paginateDescribeAlarmHistory,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import type { AlarmAction, Alarms, StandingAlarm } from '../core/guard/ports.ts';
import { translated } from './errors.ts';
import { alarmActionOf } from './schemas.ts';

/** How far the time of a change may be off from what its action says: an alarm is evaluated every ten seconds at most, so no other change is as near. */
const SLACK_MS = 5000;
/** Of what CloudWatch says of an action, so much is for people. */
const DETAIL_CHARACTERS = 300;

/**
 * Alarms of the stack, and what became of their messages. All are metric alarms: of composite ones nobody is told anything who may not see every
 * alarm of the account (docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html).
 */
export function cloudWatchAlarms(client: CloudWatchClient, stack: string, topic: string): Alarms {
  return {
    standing() {
      return translated(`describe the alarms of ${stack}`, async () => {
        const found: StandingAlarm[] = [];
        for await (const page of paginateDescribeAlarms({ client }, { AlarmNamePrefix: `${stack}/` }))
          found.push(...(page.MetricAlarms ?? []).flatMap((alarm) => standing(alarm, topic)));
        return found;
      });
    },

    actions({ name, since }) {
      return translated(`ask what became of the message of ${name}`, async () => {
        const found: AlarmAction[] = [];
        const input = {
          AlarmName: name,
          HistoryItemType: 'Action' as const,
          StartDate: new Date(since - SLACK_MS),
          ScanBy: 'TimestampAscending' as const,
        };
        for await (const page of paginateDescribeAlarmHistory({ client }, input))
          found.push(...(page.AlarmHistoryItems ?? []).flatMap((item) => actionOf(item, topic, since)));
        return found;
      });
    },
  };
}

/** One that has no action for its state, or whose actions are switched off, notifies nobody on purpose. */
function standing(alarm: MetricAlarm, topic: string): StandingAlarm[] {
  const { AlarmName: name = '', StateValue: state, ActionsEnabled } = alarm;
  if (state !== 'ALARM' && state !== 'INSUFFICIENT_DATA') return [];
  const actions = state === 'ALARM' ? alarm.AlarmActions : alarm.InsufficientDataActions;
  if (ActionsEnabled === false || !actions?.includes(topic)) return [];
  // The latter changes with what is known of the metric, too: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
  const since = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  if (!since) throw new Error(`${name} is ${state}: received no time since when`);
  return [{ name, state, since: since.getTime() }];
}

/** What an action came to, by the beginning of what CloudWatch says of it. */
const SUMMARY = /^(Successfully executed|Failed to execute) action (arn:[\w:-]+)/;

/**
 * What CloudWatch has on record of the topic's part in a change. AWS documents what a failure reads like for people
 * (repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger), and no shape of its data, of which only published examples tell;
 * they may be too long, and cut off (4095 characters: docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AlarmHistoryItem.html). So
 * what the data do not say is read from the sentence; and what neither says is no word at all.
 */
function actionOf(
  { HistoryData = '', HistorySummary = '', Timestamp }: AlarmHistoryItem,
  topic: string,
  since: number,
): AlarmAction[] {
  const data = alarmActionOf(HistoryData);
  const [, did, target] = SUMMARY.exec(HistorySummary) ?? [];
  const changedAt = data?.stateUpdateTimestamp ?? Timestamp?.getTime() ?? since;
  if ((data?.notificationResource ?? target) !== topic || changedAt < since - SLACK_MS) return [];
  const succeeded = outcome(data?.actionState) ?? outcome(did);
  if (succeeded === undefined) return [];
  const detail = (data?.error || HistorySummary).replaceAll(/\s+/g, ' ').slice(0, DETAIL_CHARACTERS);
  return [{ succeeded, detail }];
}

function outcome(word: string | undefined): boolean | undefined {
  if (word === 'Succeeded' || word === 'Successfully executed') return true;
  return word === 'Failed' || word === 'Failed to execute' ? false : undefined;
}

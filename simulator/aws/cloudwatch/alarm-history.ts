import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import { type Input, onlyMembers, page, text } from '../ec2/input.ts';

type ItemType = 'StateUpdate' | 'Action';

interface Item {
  readonly at: number;
  readonly alarm: string;
  readonly type: ItemType;
  readonly summary: string;
  readonly data: object;
}

/** What an alarm's action came to. */
export interface Acted {
  readonly alarm: string;
  /** ARN of what it is: a topic, or a function. */
  readonly action: string;
  /** When the alarm changed to the state that the action is of. Unix milliseconds. */
  readonly changedAt: number;
  /** Why it failed, in the words of whoever was to take it; `undefined`: it did not. */
  readonly error: string | undefined;
}

/** The most that a page has (API reference of DescribeAlarmHistory, MaxRecords). */
const PAGE = 100;
/** "CloudWatch retains the history of an alarm", for two weeks at least: earlier editions of the same page. */
const KEPT_MS = 14 * 24 * 3600_000;
/** docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_AlarmHistoryItem.html: what is longer is cut off here; AWS does not say what it does. */
const SUMMARY_CHARACTERS = 255;
const DATA_CHARACTERS = 4095;

/**
 * What CloudWatch has on record of its alarms: changes of state, and what became of each action. What its data look like is documented
 * nowhere: the members of a change are those of the AWS CLI's own example (awscli/examples/cloudwatch/describe-alarm-history.rst), those
 * of an action of examples that were published; the summary of one that failed is in
 * repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger. That it is asked for is all that is modelled: of one alarm, by its name.
 */
export class AlarmHistory {
  readonly #cloud: Cloud;
  readonly #items: Item[] = [];

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    cloud.offer('cloudwatch', { DescribeAlarmHistory: (input) => this.#describe(input) });
  }

  changed(alarm: string, from: string, to: string): void {
    const [oldState, newState] = [from, to].map((stateValue) => ({ stateValue }));
    this.#note(alarm, 'StateUpdate', `Alarm updated from ${from} to ${to}`, { version: '1.0', oldState, newState });
  }

  acted({ alarm, action, changedAt, error }: Acted): void {
    const summary =
      error === undefined
        ? `Successfully executed action ${action}`
        : `Failed to execute action ${action}. Received error: "${error}"`;
    this.#note(alarm, 'Action', summary, {
      actionState: error === undefined ? 'Succeeded' : 'Failed',
      stateUpdateTimestamp: changedAt,
      notificationResource: action,
      publishedMessage: null,
      error: error ?? null,
    });
  }

  #note(alarm: string, type: ItemType, summary: string, data: object): void {
    const at = this.#cloud.clock.now();
    while (this.#items[0] && this.#items[0].at < at - KEPT_MS) this.#items.shift();
    this.#items.push({ at, alarm, type, summary, data });
  }

  /** Source: API reference of DescribeAlarmHistory. */
  #describe(input: Input): object {
    const known = ['AlarmName', 'HistoryItemType', 'StartDate', 'ScanBy', 'NextToken'];
    onlyMembers('DescribeAlarmHistory', input, known);
    const name = text(input, 'AlarmName');
    const { StartDate, HistoryItemType, ScanBy = 'TimestampDescending', NextToken } = input;
    // The one error that the service's model has for it.
    if (NextToken !== undefined && !/^\d+$/.test(String(NextToken)))
      throw new ServiceError('InvalidNextToken', 'The next token specified is invalid.');
    const from = StartDate instanceof Date ? StartDate.getTime() : Number.NEGATIVE_INFINITY;
    const wanted = this.#items.filter(
      ({ alarm, at, type }) => alarm === name && at >= from && type === (HistoryItemType ?? type),
    );
    const inOrder = ScanBy === 'TimestampAscending' ? wanted : wanted.toReversed();
    const { items, next } = page(input, inOrder, PAGE, this.#cloud.faults.pageItems);
    const AlarmHistoryItems = items.map(({ at, alarm, type, summary, data }) => ({
      AlarmName: alarm,
      AlarmType: 'MetricAlarm',
      Timestamp: new Date(at),
      HistoryItemType: type,
      HistorySummary: summary.slice(0, SUMMARY_CHARACTERS),
      HistoryData: JSON.stringify(data).slice(0, DATA_CHARACTERS),
    }));
    return { AlarmHistoryItems, ...(next && { NextToken: next }) };
  }
}

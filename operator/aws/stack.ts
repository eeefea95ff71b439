import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { type CloudWatchClient, GetMetricDataCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { LEDGER, METRIC, metricNamespace } from '../../contract/contract.ts';
import { JOURNAL_LAG } from '../../contract/journal.ts';
import { OUTPUT, type Output } from '../../contract/outputs.ts';
import { translated } from '../../lambda/aws/errors.ts';
import type { Incident } from '../../lambda/core/world/model.ts';
import { incidentIn } from '../../report/record.ts';
import type { AlarmNow } from '../status/gather.ts';

/** @throws Error where there is no such stack, or it is no stack of Remount's */
export async function outputsOf(cloudFormation: CloudFormationClient, stack: string): Promise<Map<Output, string>> {
  const { Stacks } = await translated(`describe the stack ${stack}`, () =>
    cloudFormation.send(new DescribeStacksCommand({ StackName: stack })),
  );
  const known = new Set<string>(Object.values(OUTPUT));
  const outputs = (Stacks?.[0]?.Outputs ?? []).flatMap(({ OutputKey = '', OutputValue }): [Output, string][] =>
    known.has(OutputKey) && OutputValue ? [[OutputKey as Output, OutputValue]] : [],
  );
  const found = new Map(outputs);
  if (!found.has(OUTPUT.ledger))
    throw new Error(`--stack: received ${stack}, which has no output ${OUTPUT.ledger}; allowed: a stack of Remount's`);
  return found;
}

/** The stack's alarms as they are just now. */
export function alarmsOf(cloudWatch: CloudWatchClient, stack: string): Promise<AlarmNow[]> {
  return translated(`describe the alarms of ${stack}`, async () => {
    const found: AlarmNow[] = [];
    const input = { AlarmNamePrefix: `${stack}/`, AlarmTypes: ['MetricAlarm' as const] };
    for await (const page of paginateDescribeAlarms({ client: cloudWatch }, input))
      for (const { AlarmName: name = '', StateValue: state = '', ActionsEnabled } of page.MetricAlarms ?? [])
        found.push({ name, state, acts: ActionsEnabled !== false });
    return found;
  });
}

/** Minutes that the lag is looked for in: the newest is not there yet. */
const LAG_MINUTES = 5;

/** For how long a change of a content volume has waited for the journal, at most, by its newest word. Milliseconds; `undefined`: it says nothing. */
export async function journalLag(
  cloudWatch: CloudWatchClient,
  stack: string,
  volume: string,
  now: number,
): Promise<number | undefined> {
  const Dimensions = [{ Name: METRIC.volumeDimension, Value: volume }];
  const Metric = { Namespace: metricNamespace(stack), MetricName: JOURNAL_LAG, Dimensions };
  const { MetricDataResults } = await translated(`ask how far the journal of ${volume} is behind`, () =>
    cloudWatch.send(
      new GetMetricDataCommand({
        MetricDataQueries: [{ Id: 'lag', MetricStat: { Metric, Period: 60, Stat: 'Maximum' } }],
        StartTime: new Date(now - LAG_MINUTES * 60_000),
        EndTime: new Date(now),
        ScanBy: 'TimestampDescending',
      }),
    ),
  );
  const seconds = MetricDataResults?.[0]?.Values?.[0];
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Records of heals of a content volume, the newest first, at most so many. What nobody can read is left out. */
export function incidentsOf(dynamo: DynamoDBClient, table: string, volume: string, most: number): Promise<Incident[]> {
  return translated(`read the incidents of ${volume}`, async () => {
    const found: Incident[] = [];
    const input = {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
      ExpressionAttributeValues: { ':pk': { S: `${LEDGER.volume}${volume}` }, ':sk': { S: LEDGER.incident } },
      ScanIndexForward: false,
      Limit: most,
    };
    for await (const page of paginateQuery({ client: dynamo }, input)) {
      found.push(...(page.Items ?? []).flatMap(({ incident }) => incidentIn(incident?.S ?? '') ?? []));
      if (found.length >= most) break;
    }
    return found.slice(0, most);
  });
}

import { type DeployedPolicy, ENV, type SnapshotLock, scheduleTagValue, TAG } from '../../../contract/contract.ts';
import type { Runtime } from '../../../lambda/aws/runtime.ts';
import { createHandler } from '../../../lambda/guard/index.ts';
import { simulatedAws } from '../../../simulator/aws/account/sdk.ts';
import type { AlarmDefinition } from '../../../simulator/aws/cloudwatch/alarm.ts';
import { CloudWatch } from '../../../simulator/aws/cloudwatch/cloudwatch.ts';
import { Dlm } from '../../../simulator/aws/dlm/dlm.ts';
import { DynamoDb } from '../../../simulator/aws/dynamodb/dynamodb.ts';
import { Sns } from '../../../simulator/aws/lambda/sns.ts';
import { ANYONE, Lab } from './lab.ts';

export const STACK = 'Shop';
export const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:people';
const TARGET = { Key: TAG.schedule, Value: scheduleTagValue(STACK) };

/** An hourly policy in the words of CloudFormation. */
export function policyDetails(over: object = {}): object {
  return {
    PolicyType: 'EBS_SNAPSHOT_MANAGEMENT',
    ResourceTypes: ['VOLUME'],
    TargetTags: [TARGET],
    Schedules: [
      {
        Name: 'hourly-at-00',
        CreateRule: { Interval: 1, IntervalUnit: 'HOURS', Times: ['00:00'] },
        RetainRule: { Count: 24 },
        CopyTags: true,
      },
    ],
    ...over,
  };
}

/** A simulated AWS with all that the guard reaches, two content volumes, and the guard's own handler. */
export class GuardLab extends Lab {
  readonly dlm: Dlm;
  readonly dynamodb: DynamoDb;
  readonly sns: Sns;
  readonly cloudwatch: CloudWatch;
  readonly policyId: string;
  readonly said: string[] = [];
  /** How the guard locks verified copies; `undefined`: not at all. */
  lock: SnapshotLock | undefined;

  constructor() {
    super();
    this.dlm = new Dlm(this.cloud, this.ec2, this.snapshots);
    this.dynamodb = new DynamoDb(this.cloud);
    this.dynamodb.createTable('ledger', 'pk', 'sk');
    this.sns = new Sns(this.cloud);
    this.sns.createTopic(TOPIC);
    this.takes('cloudwatch.amazonaws.com');
    this.cloudwatch = new CloudWatch(this.cloud, this.lambda, this.sns);
    this.policyId = this.dlm.define(
      { path: 'P', values: { State: 'ENABLED', PolicyDetails: policyDetails() } },
      ANYONE,
    );
  }

  /** A volume that is current and in the schedule. */
  async content(name: string, tags: Record<string, string> = {}): Promise<string> {
    const all = { [TAG.stack]: STACK, [TAG.volume]: name, [TAG.role]: 'current', [TARGET.Key]: TARGET.Value, ...tags };
    const Tags = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
    return this.made({ TagSpecifications: [{ ResourceType: 'volume', Tags }] });
  }

  /** Whose messages the topic takes, but for those of the account. */
  takes(Service: string): void {
    const statement = { Effect: 'Allow', Principal: { Service }, Action: 'sns:Publish', Resource: TOPIC };
    this.sns.setPolicy(TOPIC, { Version: '2012-10-17', Statement: [statement] }, 'P');
  }

  /** An alarm of the stack that goes off for silence, in the second minute, and notifies people. @param name what follows the stack's own */
  alarm(name: string, over: Partial<AlarmDefinition> = {}): string {
    const alarmName = `${STACK}/${name}`;
    const rule = { statistic: 'Maximum', comparison: 'LessThanThreshold', treatMissingData: 'breaching' } as const;
    this.cloudwatch.define(alarmName, {
      ...{ alarmName, namespace: 'Test', metricName: name, dimensions: {}, threshold: 1, ...rule },
      ...{ periodMs: 60_000, evaluationPeriods: 1, datapointsToAlarm: 1 },
      ...{ actionsEnabled: true, alarmActions: [TOPIC], okActions: [], insufficientDataActions: [], ...over },
    });
    return alarmName;
  }

  /** The metric of such an alarm is as it should be. */
  calm(name: string): void {
    this.cloudwatch.put('Test', name, {}, this.clock.now(), 1);
  }

  /** SNS takes no message from now on, for so long. */
  mute(seconds: number): void {
    const now = this.clock.now();
    this.cloud.faults.outages.set('sns', 'refuses', now, now + seconds * 1000);
  }

  /** One run of the guard. */
  async round(volumes?: readonly string[]): Promise<void> {
    await this.within(this.handler(volumes));
  }

  handler(volumes: readonly string[] = ['alpha']): () => Promise<void> {
    return createHandler(this.#runtime(volumes));
  }

  #runtime(volumes: readonly string[]): Runtime {
    const policy: DeployedPolicy = {
      id: this.policyId,
      targetTag: { key: TARGET.Key, value: TARGET.Value },
      keepHours: 24,
      schedules: [{ name: 'hourly-at-00', time: '00:00' }],
    };
    return {
      clock: this.clock,
      newId: () => 'id',
      env: {
        [ENV.stack]: STACK,
        [ENV.ledger]: 'ledger',
        [ENV.topic]: TOPIC,
        [ENV.place]: '{"account":"111122223333","region":"eu-west-1","runbook":"docs/runbook.md"}',
        [ENV.volumes]: JSON.stringify(volumes),
        [ENV.policy]: JSON.stringify(policy),
        [ENV.verified]: 'true',
        ...(this.lock && { [ENV.lock]: JSON.stringify(this.lock) }),
      },
      clients: { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
      prepare: simulatedAws(this.cloud, ANYONE),
      fetch,
      log: ({ message }) => this.said.push(String(message)),
    };
  }
}

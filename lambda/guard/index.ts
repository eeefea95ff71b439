import { type DeployedPolicy, ENV, metricNamespace, type SnapshotLock } from '../../contract/contract.ts';
import { cloudWatchAlarms } from '../aws/alarms.ts';
import { cloudWatchClient, dlmClient, dynamoClient, ec2Client, snsClient, ssmClient } from '../aws/clients.ts';
import { dlmPolicy } from '../aws/dlm.ts';
import { dynamoPolicyNotes } from '../aws/dynamodb/guard-notes.ts';
import { dynamoLedger } from '../aws/dynamodb/ledger.ts';
import { ec2Stores } from '../aws/ec2/guard-store.ts';
import { cloudWatchMetrics } from '../aws/metrics.ts';
import { snsPeople } from '../aws/people.ts';
import { lambdaRuntime, type Runtime, required } from '../aws/runtime.ts';
import { fromEnv, optionalFromEnv } from '../aws/schemas.ts';
import { ec2Software } from '../aws/ssm/software.ts';
import { snsSubscribers } from '../aws/subscribers.ts';
import { patrol } from '../core/guard/round.ts';

/**
 * The guard: run every few minutes. It does not assume that the schedule is kept but looks, takes a snapshot itself when the
 * newest is too old, publishes the ages of recovery points, and clears away what nobody else does.
 */
export function createHandler(runtime: Runtime): () => Promise<void> {
  const stack = required(runtime.env, ENV.stack);
  const table = required(runtime.env, ENV.ledger);
  const volumes = fromEnv(runtime.env, ENV.volumes);
  const policy: DeployedPolicy = fromEnv(runtime.env, ENV.policy);
  const verified = required(runtime.env, ENV.verified) === 'true';
  const lock: SnapshotLock | undefined = optionalFromEnv(runtime.env, ENV.lock);
  const dynamo = dynamoClient(runtime);
  const ec2 = ec2Client(runtime);
  const cloudWatch = cloudWatchClient(runtime);
  const sns = snsClient(runtime);
  const topic = required(runtime.env, ENV.topic);
  const software = optionalFromEnv(runtime.env, ENV.software);
  const ports = {
    clock: runtime.clock,
    stores: ec2Stores(ec2, stack),
    ledger: dynamoLedger(dynamo, table),
    policy: dlmPolicy(dlmClient(runtime)),
    notes: dynamoPolicyNotes(dynamo, table),
    metrics: cloudWatchMetrics(cloudWatch, metricNamespace(stack), verified),
    testNotes: dynamoPolicyNotes(dynamo, table, 'TEST'),
    alarms: cloudWatchAlarms(cloudWatch, stack, topic),
    alarmNotes: dynamoPolicyNotes(dynamo, table, 'ALARMS'),
    subscribers: snsSubscribers(sns, cloudWatch, topic, metricNamespace(stack)),
    people: snsPeople(sns, runtime.env),
    ...(software && {
      software: ec2Software({
        clock: runtime.clock,
        ec2,
        ssm: ssmClient(runtime),
        cloudWatch,
        namespace: metricNamespace(stack),
        stack,
        wanted: software.version,
        document: software.document,
      }),
    }),
    log: (message: string) => runtime.log({ message }),
  };
  return () => patrol(ports, volumes, policy, verified, lock);
}

let deployed: ReturnType<typeof createHandler> | undefined;
/** What Lambda calls. */
export const handler: ReturnType<typeof createHandler> = () => {
  deployed ??= createHandler(lambdaRuntime);
  return deployed();
};

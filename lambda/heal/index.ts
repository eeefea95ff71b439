import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { ENV } from '../../contract/contract.ts';
import { elbBalancer } from '../aws/balancer.ts';
import { cloudWatchClient, dynamoClient, ec2Client, elbClient, snsClient, ssmClient } from '../aws/clients.ts';
import { durableWorkflow } from '../aws/durable.ts';
import { dynamoLedger } from '../aws/dynamodb/ledger.ts';
import { ec2Compute } from '../aws/ec2/compute.ts';
import { awsMonitor } from '../aws/monitor.ts';
import { snsPeople } from '../aws/people.ts';
import { lambdaRuntime, type Runtime, required } from '../aws/runtime.ts';
import { fromEnv } from '../aws/schemas.ts';
import { ssmHost } from '../aws/ssm/host.ts';
import { type HealResult, heal } from '../core/heal/heal.ts';
import type { SparePolicy } from '../core/heal/spare.ts';
import type { Ports, Workflow } from '../core/world/ports.ts';
import { readTrigger } from './trigger.ts';

/** Everything that the healer reaches the world through. */
export function portsOf(runtime: Runtime): Ports {
  const stack = required(runtime.env, ENV.stack);
  const ssm = ssmClient(runtime);
  const ec2 = ec2Client(runtime);
  return {
    clock: runtime.clock,
    newId: runtime.newId,
    compute: ec2Compute(ec2, ssm, runtime.clock, stack),
    host: ssmHost(ssm, runtime.clock, fromEnv(runtime.env, ENV.documents)),
    balancer: elbBalancer(elbClient(runtime), fromEnv(runtime.env, ENV.targetGroups)),
    monitor: awsMonitor(ec2, cloudWatchClient(runtime), runtime.clock, stack),
    ledger: dynamoLedger(dynamoClient(runtime), required(runtime.env, ENV.ledger)),
    people: snsPeople(snsClient(runtime), runtime.env),
    journaled: runtime.env[ENV.journal] === 'true',
  };
}

/** The healer on any workflow: the deployed one is durable, the fault simulation's keeps its checkpoints in memory. */
export function healer(
  runtime: Runtime,
  ports = portsOf(runtime),
): (workflow: Workflow, event: unknown) => Promise<HealResult> {
  const stack = required(runtime.env, ENV.stack);
  const policy: SparePolicy = fromEnv(runtime.env, ENV.spare);
  return (workflow, event) => heal(workflow, ports, readTrigger(event, stack), policy);
}

/** The healer: a Lambda durable function, started by alarms and by the sweep. */
export function createHandler(runtime: Runtime) {
  const run = healer(runtime);
  return withDurableExecution((event: unknown, context: DurableContext) => run(durableWorkflow(context), event));
}

let deployed: ReturnType<typeof createHandler> | undefined;
/** What Lambda calls. Built at the first call, so that the module can be loaded without its environment. */
export const handler: ReturnType<typeof createHandler> = (event, context) => {
  deployed ??= createHandler(lambdaRuntime);
  return deployed(event, context);
};

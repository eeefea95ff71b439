import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { DEVICE_NAMES, ENV, metricNamespace, VERB_PARAMETER } from '../../contract/contract.ts';
import { cloudWatchClient, dynamoClient, ec2Client, snsClient, ssmClient } from '../aws/clients.ts';
import { durableWorkflow } from '../aws/durable.ts';
import { dynamoDrillLedger } from '../aws/dynamodb/drill-ledger.ts';
import { ec2Compute } from '../aws/ec2/compute.ts';
import { neighbours } from '../aws/ec2/describe.ts';
import { ec2DrillStore } from '../aws/ec2/drill-store.ts';
import { cloudWatchDrillMetrics } from '../aws/metrics.ts';
import { snsPeople } from '../aws/people.ts';
import { lambdaRuntime, type Runtime, required } from '../aws/runtime.ts';
import { fromEnv, numberFromEnv } from '../aws/schemas.ts';
import { answered, ssmCommands, ssmHost } from '../aws/ssm/host.ts';
import { type BundleResult, bundle, isBundleRequest } from '../core/bundle/bundle.ts';
import { type DrillResult, drill } from '../core/drill/drill.ts';
import type { DrillPorts } from '../core/drill/ports.ts';
import { portionText } from '../core/drill/reading.ts';
import type { Workflow } from '../core/world/ports.ts';

/** Everything that a drill reaches the world through. */
export function drillPortsOf(runtime: Runtime): DrillPorts {
  const stack = required(runtime.env, ENV.stack);
  const ssm = ssmClient(runtime);
  const ec2 = ec2Client(runtime);
  const documents = fromEnv(runtime.env, ENV.documents);
  const commands = ssmCommands(ssm, documents);
  const { release, follow } = ssmHost(ssm, runtime.clock, documents);
  return {
    clock: runtime.clock,
    newId: runtime.newId,
    compute: { ...ec2Compute(ec2, ssm, runtime.clock, stack), neighbours: () => neighbours(ec2, stack) },
    deviceNames: DEVICE_NAMES,
    fallPercent: numberFromEnv(runtime.env, ENV.fallPercent),
    readAllEvery: numberFromEnv(runtime.env, ENV.readAllEvery),
    store: ec2DrillStore(ec2, runtime.clock, stack, numberFromEnv(runtime.env, ENV.initializationRate)),
    host: {
      release,
      follow,
      startCheck: (instanceId, volume, volumeId, seed, portion) =>
        commands.send('check', instanceId, {
          [VERB_PARAMETER.volume]: volume,
          [VERB_PARAMETER.volumeId]: volumeId,
          [VERB_PARAMETER.seed]: String(seed),
          [VERB_PARAMETER.portion]: portionText(portion),
        }),
      checkAnswer: async (instanceId, volumeId, commandId) => {
        const said = await commands.answer({ verb: 'check', volumeId }, instanceId, commandId);
        return said && answered(said);
      },
      startBundle: (instanceId, volume, volumeId, { path, key }) =>
        commands.send('bundle', instanceId, {
          [VERB_PARAMETER.volume]: volume,
          [VERB_PARAMETER.volumeId]: volumeId,
          [VERB_PARAMETER.path]: path,
          [VERB_PARAMETER.key]: key,
        }),
      bundleAnswer: async (instanceId, volumeId, commandId) => {
        const said = await commands.answer({ verb: 'bundle', volumeId }, instanceId, commandId);
        return said && answered(said);
      },
    },
    ledger: dynamoDrillLedger(dynamoClient(runtime), required(runtime.env, ENV.ledger)),
    metrics: cloudWatchDrillMetrics(cloudWatchClient(runtime), metricNamespace(stack)),
    people: snsPeople(snsClient(runtime), runtime.env),
    journaled: runtime.env[ENV.journal] === 'true',
    log: (message) => runtime.log({ message }),
  };
}

/**
 * A drill on any workflow; or what is brought out of a copy, which is had in the same way.
 * @throws Error for an event that is neither `{"drill": "<volume>"}` nor a `BundleRequest`
 */
export function driller(
  runtime: Runtime,
  ports = drillPortsOf(runtime),
): (workflow: Workflow, event: unknown) => Promise<DrillResult | BundleResult> {
  return async (workflow, event) => {
    if (isBundleRequest(event)) return bundle(workflow, ports, event);
    const volume = (event as { readonly drill?: unknown } | null)?.drill;
    if (typeof volume !== 'string' || volume === '')
      throw new Error(
        `event: received ${JSON.stringify(event)?.slice(0, 500)}; allowed: {"drill": "<volume>"}, or {"bundle": "<volume>", "snapshotId", "path"}`,
      );
    return drill(workflow, ports, volume);
  };
}

/** The drill: a Lambda durable function, started when a snapshot is completed and by a sweep for events that were lost. */
export function createHandler(runtime: Runtime) {
  const run = driller(runtime);
  return withDurableExecution((event: unknown, context: DurableContext) => run(durableWorkflow(context), event));
}

let deployed: ReturnType<typeof createHandler> | undefined;
/** What Lambda calls. */
export const handler: ReturnType<typeof createHandler> = (event, context) => {
  deployed ??= createHandler(lambdaRuntime);
  return deployed(event, context);
};

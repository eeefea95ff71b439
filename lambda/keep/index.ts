import { createHash } from 'node:crypto';
import type { CloudFormationCustomResourceEvent, CloudFormationCustomResourceUpdateEvent } from 'aws-lambda';
import { ENV, metricNamespace } from '../../contract/contract.ts';
import type { Refusal } from '../../contract/refusals.ts';
import {
  cloudFormationClient,
  cloudWatchClient,
  dynamoClient,
  ec2Client,
  snsClient,
  ssmClient,
} from '../aws/clients.ts';
import { dynamoLedger } from '../aws/dynamodb/ledger.ts';
import { ec2Compute } from '../aws/ec2/compute.ts';
import { describeVolume } from '../aws/ec2/describe.ts';
import { createClaimed } from '../aws/ec2/keeper-volumes.ts';
import { modify, settleModification } from '../aws/ec2/modifications.ts';
import { cloudWatchMetrics } from '../aws/metrics.ts';
import { snsPeople } from '../aws/people.ts';
import { lambdaRuntime, type Runtime, required } from '../aws/runtime.ts';
import { fromEnv } from '../aws/schemas.ts';
import { ssmHost } from '../aws/ssm/host.ts';
import { courseOf } from '../aws/stacks.ts';
import type { Course } from '../core/keep/change.ts';
import type { VolumeClaim } from '../core/keep/keep.ts';
import { create, type KeeperPorts, type Kept, type Order, update } from '../core/keep/keeper.ts';
import { leftAsItIs } from '../core/keep/notify.ts';
import { refusalText } from '../core/message/refusal-words.ts';
import { readClaim } from './claim.ts';
import { type Outcome, respond } from './respond.ts';

/** The keeper: the custom resource behind a content volume. Adopt, else restore, else blank; grow in place; delete keeps everything. */
export function createHandler(runtime: Runtime) {
  const stack = required(runtime.env, ENV.stack);
  const keyArn = required(runtime.env, ENV.key);
  const { clock } = runtime;
  const [ec2, ssm] = [ec2Client(runtime), ssmClient(runtime)];
  const cloudFormation = cloudFormationClient(runtime);
  const people = snsPeople(snsClient(runtime), runtime.env);
  const metrics = cloudWatchMetrics(cloudWatchClient(runtime), metricNamespace(stack), false);
  const ports: KeeperPorts = {
    clock,
    keyArn,
    compute: {
      ...ec2Compute(ec2, ssm, clock, stack),
      volume: (id) => describeVolume(ec2, id),
      create: (order) => createClaimed(ec2, clock, { stack, keyArn }, order),
      settle: (id) => settleModification(ec2, clock, id),
      modify: (id, change) => modify(ec2, clock, id, change),
    },
    host: ssmHost(ssm, clock, fromEnv(runtime.env, ENV.documents)),
    ledger: dynamoLedger(dynamoClient(runtime), required(runtime.env, ENV.ledger)),
  };

  async function course(stackId: string): Promise<Course> {
    try {
      return await courseOf(cloudFormation, stackId);
    } catch (error) {
      runtime.log({ message: 'could not ask CloudFormation what it does', reason: reasonOf(error) });
      return 'unknown';
    }
  }

  async function orderOf(event: CloudFormationCustomResourceEvent): Promise<Order> {
    const after = readClaim(event.ResourceProperties);
    const request = `${event.StackId} ${event.LogicalResourceId} ${event.RequestId}`;
    const clientToken = createHash('sha256').update(request).digest('hex');
    if (event.RequestType !== 'Update') return { before: after, after, course: 'forward', clientToken };
    return { before: before(event) ?? after, after, course: await course(event.StackId), clientToken };
  }

  /** That people could not be notified is no reason to fail a rollback. */
  async function notify(order: Order, left: readonly Refusal[]): Promise<void> {
    const notice = leftAsItIs(order, left);
    runtime.log({ message: 'a deployment left a volume as it is', ...notice });
    try {
      await people.notify(notice);
    } catch (error) {
      runtime.log({ message: 'could not notify people', reason: reasonOf(error) });
    }
  }

  /**
   * Of a volume that is blank nothing can be lost: its newest recovery point is 0 minutes old. From then on the alarm on that age notifies
   * people of silence, also where the guard is never run. Without it the guard's first round begins: no reason to fail a deployment.
   */
  async function beginAge(volume: string): Promise<void> {
    try {
      await metrics.publish(new Map([[volume, { recoveryPoint: 0, verified: undefined }]]), clock.now());
    } catch (error) {
      runtime.log({ message: 'could not begin the age of recovery points', volume, reason: reasonOf(error) });
    }
  }

  async function handle(event: CloudFormationCustomResourceEvent): Promise<Kept> {
    if (event.RequestType === 'Delete') return { volumeId: undefined, left: [] };
    const order = await orderOf(event);
    const kept = await (event.RequestType === 'Create' ? create : update)(ports, order);
    if (kept.left.length > 0) await notify(order, kept.left);
    if (kept.blank) await beginAge(order.after.volume);
    return kept;
  }

  return async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    // The logical name, never a volume id: CloudFormation must not take a replacement for a resource that it may delete.
    const physicalId = `${stack}/${String(event.ResourceProperties.Volume)}`;
    let outcome: Outcome;
    try {
      const { volumeId, left } = await handle(event);
      const data = {
        ...(volumeId && { VolumeId: volumeId }),
        ...(left.length > 0 && { Left: clipped(refusalText(left)) }),
      };
      outcome = { status: 'SUCCESS', physicalId, data };
    } catch (error) {
      const reason = reasonOf(error);
      runtime.log({ message: `could not ${event.RequestType} content volume ${physicalId}`, reason });
      outcome = {
        status: 'FAILED',
        physicalId,
        reason: clipped(`content volume ${String(event.ResourceProperties.Volume)}: ${reason}`),
      };
    }
    await respond(runtime, event, outcome);
  };
}

/** The claim of before: in a rollback the one that failed, and that may have been for not being readable. */
function before(event: CloudFormationCustomResourceUpdateEvent): VolumeClaim | undefined {
  try {
    return readClaim(event.OldResourceProperties);
  } catch {
    return undefined;
  }
}

/** CloudFormation takes an answer of 4,096 bytes: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html */
function clipped(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 3)}...` : text;
}
const MOST_CHARACTERS = 1000;

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

let deployed: ReturnType<typeof createHandler> | undefined;
/** What CloudFormation calls. */
export const handler: ReturnType<typeof createHandler> = (event) => {
  deployed ??= createHandler(lambdaRuntime);
  return deployed(event);
};

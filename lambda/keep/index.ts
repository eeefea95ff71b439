import { createHash } from 'node:crypto';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { ENV } from '../../lib/contract.ts';
import { dynamoClient, ec2Client, ssmClient } from '../aws/clients.ts';
import { ec2Compute } from '../aws/compute.ts';
import { ssmHost } from '../aws/host.ts';
import { createVolume } from '../aws/keeper-volumes.ts';
import { dynamoLedger } from '../aws/ledger.ts';
import { modify, settleModification } from '../aws/modifications.ts';
import { lambdaRuntime, type Runtime, required } from '../aws/runtime.ts';
import { changeOf, decideCreate, type KeeperDecision, refuseUpdate, type VolumeClaim } from '../core/keep.ts';
import { readClaim } from './claim.ts';
import { type Outcome, respond } from './respond.ts';

/** How long a deployment waits for a heal, within the function's eight minutes: most end in one. */
const HEAL_SECONDS = 180;
const LOOK_SECONDS = 5;

/** The keeper: the custom resource behind a content volume. Adopt, else restore, else blank; grow in place; delete keeps everything. */
export function createHandler(runtime: Runtime) {
  const stack = required(runtime.env, ENV.stack);
  const keyArn = required(runtime.env, ENV.key);
  const ec2 = ec2Client(runtime);
  const ssm = ssmClient(runtime);
  const compute = ec2Compute(ec2, ssm, runtime.clock, stack);
  const host = ssmHost(ssm, runtime.clock, JSON.parse(required(runtime.env, ENV.documents)));
  const ledger = dynamoLedger(dynamoClient(runtime), required(runtime.env, ENV.ledger));

  /** Decides again while a heal is under way, for as long as a deployment may be kept waiting. */
  async function decided(claim: VolumeClaim): Promise<KeeperDecision> {
    const deadline = runtime.clock.now() + HEAL_SECONDS * 1000;
    for (;;) {
      const [volumes, recoveryPoints, entry] = await Promise.all([
        compute.volumes(claim.volume),
        compute.recoveryPoints(claim.volume),
        ledger.read(claim.volume),
      ]);
      const now = runtime.clock.now();
      const decision = decideCreate(claim, volumes, recoveryPoints, entry, now);
      if (decision.kind !== 'wait' || now > deadline) return decision;
      await runtime.clock.sleep(LOOK_SECONDS * 1000);
    }
  }

  async function create(event: CloudFormationCustomResourceEvent): Promise<string> {
    const claim = readClaim(event.ResourceProperties);
    const decision = await decided(claim);
    const request = `${event.StackId} ${event.LogicalResourceId} ${event.RequestId}`;
    const clientToken = createHash('sha256').update(request).digest('hex');
    switch (decision.kind) {
      case 'adopt':
        return decision.volumeId;
      case 'restore':
        return createVolume(ec2, runtime.clock, stack, {
          claim,
          keyArn,
          clientToken,
          snapshotId: decision.recoveryPoint.snapshotId,
          generation: decision.generation,
        });
      case 'blank':
        return createVolume(ec2, runtime.clock, stack, {
          claim,
          keyArn,
          clientToken,
          snapshotId: undefined,
          generation: 1,
        });
      case 'wait':
      case 'refuse':
        throw new Error(decision.reason);
    }
  }

  /**
   * Brings the volume to the size and performance that are claimed, and its file system to the size of the volume. The owner is
   * asked before anything is changed: a deployment that fails afterwards would be rolled back, and volumes do not shrink.
   * @param grows the claim has grown: an earlier try may have got as far as the volume, and not to its file system
   */
  async function enlarge(claim: VolumeClaim, volumeId: string, grows: boolean): Promise<void> {
    await settleModification(ec2, runtime.clock, volumeId);
    const volume = (await compute.volumes(claim.volume)).find((v) => v.id === volumeId);
    const change = volume && changeOf(claim, volume);
    if (!volume || (!change && !grows)) return;
    const owner = volume.attachments[0]?.instanceId;
    if (owner !== undefined) {
      const { state, detail } = await host.probe(owner, claim.volume, volumeId);
      if (state !== 'serving')
        throw new Error(
          `${volumeId} is changed only while it is served; the probe of ${owner} says ${state}: ${detail}`,
        );
    }
    if (change) await modify(ec2, runtime.clock, volumeId, change);
    // Nobody has it mounted: `serve` grows the file system.
    if (owner === undefined) return;
    const grown = await host.grow(owner, claim.volume, volumeId);
    if (grown.result !== 'ok')
      throw new Error(
        `${volumeId} has ${change?.sizeGiB ?? volume.sizeGiB} GiB now, but its file system on ${owner} has not: ${grown.detail}`,
      );
  }

  async function handle(event: CloudFormationCustomResourceEvent): Promise<string | undefined> {
    switch (event.RequestType) {
      case 'Create':
        return create(event);
      case 'Update': {
        const [before, after] = [readClaim(event.OldResourceProperties), readClaim(event.ResourceProperties)];
        const refusal = refuseUpdate(before, after);
        if (refusal) throw new Error(refusal);
        const volumeId = await create(event);
        await enlarge(after, volumeId, after.sizeGiB > before.sizeGiB);
        return volumeId;
      }
      case 'Delete':
        return undefined;
    }
  }

  return async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    // The logical name, never a volume id: CloudFormation must not take a replacement for a resource that it may delete.
    const physicalId = `${stack}/${String(event.ResourceProperties.Volume)}`;
    let outcome: Outcome;
    try {
      const volumeId = await handle(event);
      outcome = { status: 'SUCCESS', physicalId, data: volumeId ? { VolumeId: volumeId } : {} };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      runtime.log({ message: `could not ${event.RequestType} content volume ${physicalId}`, reason });
      outcome = {
        status: 'FAILED',
        physicalId,
        reason: `content volume ${String(event.ResourceProperties.Volume)}: ${reason}`,
      };
    }
    await respond(runtime, event, outcome);
  };
}

let deployed: ReturnType<typeof createHandler> | undefined;
/** What CloudFormation calls. */
export const handler: ReturnType<typeof createHandler> = (event) => {
  deployed ??= createHandler(lambdaRuntime);
  return deployed(event);
};

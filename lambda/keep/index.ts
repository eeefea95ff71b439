import { createHash } from 'node:crypto';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { ENV } from '../../lib/contract.ts';
import { dynamoClient, ec2Client, ssmClient } from '../aws/clients.ts';
import { ec2Compute } from '../aws/compute.ts';
import { createVolume } from '../aws/keeper-volumes.ts';
import { dynamoLedger } from '../aws/ledger.ts';
import { lambdaRuntime, type Runtime, required } from '../aws/runtime.ts';
import { decideCreate, refuseUpdate } from '../core/keep.ts';
import { readClaim } from './claim.ts';
import { type Outcome, respond } from './respond.ts';

/** The keeper: the custom resource behind a content volume. Adopt, else restore, else blank; delete keeps everything. */
export function createHandler(runtime: Runtime) {
  const stack = required(runtime.env, ENV.stack);
  const keyArn = required(runtime.env, ENV.key);
  const ec2 = ec2Client(runtime);
  const compute = ec2Compute(ec2, ssmClient(runtime), runtime.clock, stack);
  const ledger = dynamoLedger(dynamoClient(runtime), required(runtime.env, ENV.ledger));

  async function create(event: CloudFormationCustomResourceEvent): Promise<string> {
    const claim = readClaim(event.ResourceProperties);
    const [volumes, recoveryPoints, entry] = await Promise.all([
      compute.volumes(claim.volume),
      compute.recoveryPoints(claim.volume),
      ledger.read(claim.volume),
    ]);
    const decision = decideCreate(claim, volumes, recoveryPoints, entry?.currentVolume);
    const clientToken = createHash('sha256')
      .update(`${event.StackId} ${event.LogicalResourceId} ${event.RequestId}`)
      .digest('hex');
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
      case 'refuse':
        throw new Error(decision.reason);
    }
  }

  async function handle(event: CloudFormationCustomResourceEvent): Promise<string | undefined> {
    switch (event.RequestType) {
      case 'Create':
        return create(event);
      case 'Update': {
        const refusal = refuseUpdate(readClaim(event.OldResourceProperties), readClaim(event.ResourceProperties));
        if (refusal) throw new Error(refusal);
        return create(event);
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
      console.error(JSON.stringify({ message: `could not ${event.RequestType} content volume ${physicalId}`, reason }));
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

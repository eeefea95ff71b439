import type { EC2Client } from '@aws-sdk/client-ec2';
import { scheduleTagValue, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { VolumeId } from '../../../contract/ids.ts';
import type { NewVolume } from '../../core/keep/keeper.ts';
import type { Clock } from '../../core/world/clock.ts';
import { createVolume } from './create.ts';

/** A deployment waits for longer than a heal does, for which the next copy may be quicker. */
const CLAIMED_SECONDS = 120;

/** Makes what a deployment claims, and waits until it is available. @returns its id */
export function createClaimed(
  ec2: EC2Client,
  clock: Clock,
  { stack, keyArn }: { readonly stack: string; readonly keyArn: string },
  order: NewVolume,
): Promise<VolumeId> {
  const { claim, snapshotId, clientToken } = order;
  const { volume, ...as } = claim;
  const tags = {
    [TAG.stack]: stack,
    [TAG.volume]: volume,
    [TAG.generation]: String(order.generation),
    [TAG.role]: VOLUME_ROLE.current,
    [TAG.schedule]: scheduleTagValue(stack),
    [TAG.blank]: String(snapshotId === undefined),
    Name: `${stack}/${volume}`,
  };
  const named = `of ${volume}`;
  return createVolume(ec2, clock, {
    ...{ ...as, keyArn, named, snapshotId, clientToken, tags, withinSeconds: CLAIMED_SECONDS },
  });
}

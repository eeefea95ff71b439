import { createHash } from 'node:crypto';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { scheduleTagValue, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { Clock } from '../../core/world/clock.ts';
import type { Compute, VolumeOrder } from '../../core/world/ports.ts';
import { ec2Attachments } from './attachments.ts';
import { createSnapshot, restoreVolume } from './create.ts';
import { describeVolume, snapshotsOf, volumesOf } from './describe.ts';
import { ec2Instances } from './instances.ts';
import { toRecoveryPoint } from './shapes.ts';
import { copiedTags, reject, tag, unschedule } from './tags.ts';

/** EC2, as the healer needs it, for the volumes and instances of one stack. */
export function ec2Compute(ec2: EC2Client, ssm: SSMClient, clock: Clock, stack: string): Compute {
  const { list, stop } = ec2Instances(ec2, ssm, stack);

  return {
    ...ec2Attachments(ec2, clock, list),
    instances: list,
    stop,

    volumes: (volume) => volumesOf(ec2, stack, volume),
    recoveryPoints: (volume) => snapshotsOf(ec2, stack, volume, toRecoveryPoint),
    createReplacement: (order) => {
      const { like, zone, snapshotId } = order;
      const its = { clientToken: clientToken(order), tags: replacementTags(order) };
      return restoreVolume(ec2, clock, { like, zone, snapshotId, ...its });
    },

    unschedule: (volumeId) => unschedule(ec2, volumeId),

    async quarantine(volumeId, healId) {
      // First of all out of the schedule: DLM's count-based retention would rotate the good snapshots out with copies of this one.
      await unschedule(ec2, volumeId);
      await tag(ec2, volumeId, { [TAG.role]: VOLUME_ROLE.quarantined, [TAG.heal]: healId });
    },

    async snapshotSuspect(volume, volumeId, healId) {
      const seen = await describeVolume(ec2, volumeId);
      const tags = {
        ...copiedTags(seen?.tags ?? {}),
        // Also where EC2 does not show the volume just now: whose copy it is, is known.
        [TAG.stack]: stack,
        [TAG.volume]: volume,
        [TAG.role]: VOLUME_ROLE.quarantined,
        [TAG.heal]: healId,
      };
      const description = `Quarantined by heal ${healId}: for salvage, never a recovery point`;
      return createSnapshot(ec2, { volumeId, description, tags }, `copy ${volumeId}`);
    },

    promote: (volumeId, generation) =>
      tag(ec2, volumeId, {
        [TAG.role]: VOLUME_ROLE.current,
        [TAG.generation]: String(generation),
        [TAG.schedule]: scheduleTagValue(stack),
      }),
    reject: (snapshotId, finding) => reject(ec2, snapshotId, { finding }),
    markFormatted: (volumeId) => tag(ec2, volumeId, { [TAG.blank]: 'false' }),
  };
}

/** The same heal, attempt and snapshot give the same token, however often the step runs: one volume, never two. At most 64 characters. */
export function clientToken(order: VolumeOrder): string {
  return createHash('sha256')
    .update(JSON.stringify([order.healId, order.attempt, order.like.id, order.snapshotId]))
    .digest('hex');
}

function replacementTags(order: VolumeOrder): Record<string, string> {
  return {
    ...copiedTags(order.like.tags),
    [TAG.role]: VOLUME_ROLE.candidate,
    [TAG.generation]: String(order.generation),
    [TAG.heal]: order.healId,
  };
}

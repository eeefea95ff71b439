import { createHash } from 'node:crypto';
import {
  CreateSnapshotCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  type EC2Client,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { scheduleTagValue, TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { Clock } from '../../core/world/clock.ts';
import type { RecoveryPoint, Volume } from '../../core/world/model.ts';
import type { Compute, VolumeOrder } from '../../core/world/ports.ts';
import { translated } from '../errors.ts';
import { describeVolume, ec2Attachments } from './attachments.ts';
import { ec2Instances } from './instances.ts';
import { asTags, restoreVolume } from './restore.ts';
import { copiedTags, tagText, toRecoveryPoint, toVolume } from './volumes.ts';

/** EC2, as the healer needs it, for the volumes and instances of one stack. */
export function ec2Compute(ec2: EC2Client, ssm: SSMClient, clock: Clock, stack: string): Compute {
  const ofVolume = (volume: string) => [
    { Name: `tag:${TAG.stack}`, Values: [stack] },
    { Name: `tag:${TAG.volume}`, Values: [volume] },
  ];
  const { list, stop } = ec2Instances(ec2, ssm, stack);

  async function tag(id: string, tags: Record<string, string>): Promise<void> {
    await translated(`tag ${id}`, () => ec2.send(new CreateTagsCommand({ Resources: [id], Tags: asTags(tags) })));
  }

  async function unschedule(volumeId: string): Promise<void> {
    await translated(`take ${volumeId} out of the schedule`, () =>
      ec2.send(new DeleteTagsCommand({ Resources: [volumeId], Tags: [{ Key: TAG.schedule }] })),
    );
  }

  return {
    ...ec2Attachments(ec2, clock, list),
    instances: list,
    stop,

    async volumes(volume) {
      return translated(`describe the volumes of ${volume}`, async () => {
        const found: Volume[] = [];
        for await (const page of paginateDescribeVolumes({ client: ec2 }, { Filters: ofVolume(volume) })) {
          found.push(...(page.Volumes ?? []).map(toVolume));
        }
        return found;
      });
    },

    async recoveryPoints(volume) {
      return translated(`describe the snapshots of ${volume}`, async () => {
        const found: RecoveryPoint[] = [];
        const input = { OwnerIds: ['self'], Filters: ofVolume(volume) };
        for await (const page of paginateDescribeSnapshots({ client: ec2 }, input)) {
          found.push(...(page.Snapshots ?? []).map(toRecoveryPoint));
        }
        return found;
      });
    },

    createReplacement: (order) =>
      restoreVolume(ec2, clock, { ...order, clientToken: clientToken(order), tags: replacementTags(order) }),

    unschedule,

    async quarantine(volumeId, healId) {
      // First of all out of the schedule: DLM's count-based retention would rotate the good snapshots out with copies of this one.
      await unschedule(volumeId);
      await tag(volumeId, { [TAG.role]: VOLUME_ROLE.quarantined, [TAG.heal]: healId });
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
      const made = await translated(`copy ${volumeId}`, () =>
        ec2.send(
          new CreateSnapshotCommand({
            VolumeId: volumeId,
            Description: `Quarantined by heal ${healId}: for salvage, never a recovery point`,
            TagSpecifications: [{ ResourceType: 'snapshot', Tags: asTags(tags) }],
          }),
        ),
      );
      return made.SnapshotId ?? '';
    },

    promote: (volumeId, generation) =>
      tag(volumeId, {
        [TAG.role]: VOLUME_ROLE.current,
        [TAG.generation]: String(generation),
        [TAG.schedule]: scheduleTagValue(stack),
      }),
    reject: (snapshotId, finding) =>
      tag(snapshotId, { [TAG.verdict]: VERDICT.rejected, [TAG.finding]: tagText(finding) }),
    markFormatted: (volumeId) => tag(volumeId, { [TAG.blank]: 'false' }),
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

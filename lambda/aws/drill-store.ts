import { createHash } from 'node:crypto';
import {
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  type EC2Client,
  type VolumeType,
} from '@aws-sdk/client-ec2';
import { TAG, VERDICT, VOLUME_ROLE } from '../../lib/contract.ts';
import { type Clock, pollUntil } from '../core/clock.ts';
import type { DrillPorts } from '../core/ports.ts';
import { describeVolume } from './attachments.ts';
import { isKind, translated } from './errors.ts';
import { tagText } from './volumes.ts';

const CREATE = { everyMs: 1000, withinSeconds: 60 };
/**
 * MiB/s at which blocks are loaded from the snapshot, the most that EBS takes: the spare is to be warm when it is needed. Billed
 * by the size of the snapshot. Source: docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html
 */
const INITIALIZATION_RATE = 300;

/** What a drill makes in EC2, and marks, and deletes. */
export function ec2DrillStore(ec2: EC2Client, clock: Clock, stack: string): DrillPorts['store'] {
  async function tag(id: string, tags: Record<string, string>): Promise<void> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    await translated(`tag ${id}`, () => ec2.send(new CreateTagsCommand({ Resources: [id], Tags })));
  }
  const iso = (at: number) => new Date(at).toISOString();

  return {
    async createScratch(like, snapshotId, drillId) {
      const volume = like.tags[TAG.volume] ?? '';
      const tags = {
        [TAG.stack]: stack,
        [TAG.volume]: volume,
        [TAG.generation]: String(like.generation),
        [TAG.role]: VOLUME_ROLE.scratch,
        [TAG.drill]: drillId,
        Name: `${stack}/${volume}/drill`,
      };
      const created = await translated(`create a volume from ${snapshotId} in ${like.zone}`, () =>
        ec2.send(
          new CreateVolumeCommand({
            ClientToken: createHash('sha256').update(`${drillId} ${snapshotId}`).digest('hex'),
            SnapshotId: snapshotId,
            AvailabilityZone: like.zone,
            Size: like.sizeGiB,
            VolumeType: like.type as VolumeType,
            Iops: like.iops,
            Throughput: like.throughputMiBs,
            Encrypted: true,
            KmsKeyId: like.keyArn,
            VolumeInitializationRate: INITIALIZATION_RATE,
            TagSpecifications: [
              { ResourceType: 'volume', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
            ],
          }),
        ),
      );
      const id = created.VolumeId ?? '';
      return pollUntil(clock, `volume ${id} available`, CREATE, async () => {
        const seen = await describeVolume(ec2, id);
        if (seen?.state === 'available' || seen?.state === 'in-use') return { done: true, value: id };
        if (seen?.state === 'error')
          throw new Error(`volume ${id} from ${snapshotId} went to state error: check the key ${like.keyArn}`);
        return { done: false, seen: seen?.state ?? 'not found' };
      });
    },

    verify: (snapshotId, at, dataUntil) =>
      tag(snapshotId, {
        [TAG.verdict]: VERDICT.verified,
        [TAG.drilledAt]: iso(at),
        [TAG.dataUntil]: iso(dataUntil),
      }),
    reject: (snapshotId, at, finding) =>
      tag(snapshotId, {
        [TAG.verdict]: VERDICT.rejected,
        [TAG.drilledAt]: iso(at),
        [TAG.finding]: tagText(finding),
      }),
    makeSpare: (volumeId) => tag(volumeId, { [TAG.role]: VOLUME_ROLE.spare }),

    async deleteVolume(volumeId) {
      try {
        await translated(`delete ${volumeId}`, () => ec2.send(new DeleteVolumeCommand({ VolumeId: volumeId })));
      } catch (error) {
        // Gone already; or attached again, and then it is somebody's.
        if (!isKind(error, 'notFound') && !isKind(error, 'conflict')) throw error;
      }
    },
  };
}

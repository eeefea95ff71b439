import { createHash } from 'node:crypto';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import { countsText } from '../../core/drill/counts.ts';
import type { DrillPorts } from '../../core/drill/ports.ts';
import type { Clock } from '../../core/world/clock.ts';
import { isKind } from '../errors.ts';
import { restoreVolume } from './create.ts';
import { copiedTags, reject, tag, tagText } from './tags.ts';

/**
 * What a drill makes in EC2, and marks, and discards.
 *
 * @param rateMiBs at which blocks are loaded from the snapshot, billed by rate and size; 0: EBS's own rate, which varies and is free.
 *   Source: docs.aws.amazon.com/ebs/latest/userguide/initalize-volume.html
 */
export function ec2DrillStore(ec2: EC2Client, clock: Clock, stack: string, rateMiBs: number): DrillPorts['store'] {
  const iso = (at: number) => new Date(at).toISOString();

  return {
    async createScratch(like, snapshotId, drillId) {
      const tags = {
        // The name and the tags that a team has given: one that serves in the place of the other is not to lack them.
        ...copiedTags(like.tags),
        [TAG.stack]: stack,
        [TAG.generation]: String(like.generation),
        [TAG.role]: VOLUME_ROLE.scratch,
        [TAG.drill]: drillId,
      };
      return restoreVolume(ec2, clock, {
        like,
        zone: like.zone,
        snapshotId,
        clientToken: createHash('sha256').update(`${drillId} ${snapshotId}`).digest('hex'),
        tags,
        ...(rateMiBs > 0 && { initializationRate: rateMiBs }),
      });
    },

    verify: (snapshotId, at, { dataUntil, read, counts }) =>
      tag(ec2, snapshotId, {
        [TAG.verdict]: VERDICT.verified,
        [TAG.drilledAt]: iso(at),
        [TAG.dataUntil]: iso(dataUntil),
        [TAG.filesRead]: tagText(read),
        ...(counts && { [TAG.content]: tagText(countsText(counts)) }),
      }),
    // With the verdict that it has: the role tags nothing on a snapshot without one.
    keep: (snapshotId, until) => tag(ec2, snapshotId, { [TAG.verdict]: VERDICT.verified, [TAG.keptUntil]: iso(until) }),
    reject: (snapshotId, at, finding) => reject(ec2, snapshotId, { finding, drilledAt: at }),
    makeSpare: (volumeId) => tag(ec2, volumeId, { [TAG.role]: VOLUME_ROLE.spare }),

    async discard(volumeId) {
      try {
        await tag(ec2, volumeId, { [TAG.role]: VOLUME_ROLE.discarded });
      } catch (error) {
        if (!isKind(error, 'notFound')) throw error;
      }
    },
  };
}

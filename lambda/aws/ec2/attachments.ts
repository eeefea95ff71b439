import { AttachVolumeCommand, DetachVolumeCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { DEVICE_NAMES } from '../../../contract/contract.ts';
import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import type { Clock } from '../../core/world/clock.ts';
import type { Instance } from '../../core/world/model.ts';
import type { Attached } from '../../core/world/ports.ts';
import { isKind, translated } from '../errors.ts';
import { describeVolume } from './describe.ts';
import { isSoWithin } from './wait.ts';

/** Attach and detach take 1-4 s mostly, and are stuck beyond 90 s (figures of the EBS CSI driver's authors). */
const STUCK_SECONDS = 90;
const DEVICE_ATTEMPTS = 3;

/** Moves volumes; after each change the world is looked at again, identity included (which volume, which instance). */
export function ec2Attachments(ec2: EC2Client, clock: Clock, instances: () => Promise<Instance[]>) {
  /**
   * Two heals may choose the same free name at the same moment: the one that is refused looks again.
   * @returns `false` when the instance takes no more volumes: another one does
   */
  async function order(volumeId: VolumeId, instanceId: InstanceId): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const instance = (await instances()).find((i) => i.id === instanceId);
      const free = DEVICE_NAMES.filter((name) => !instance?.devices.includes(name));
      // EC2's list of devices lags a little: each attempt takes the next free one.
      const Device = free[attempt - 1];
      if (!Device) return false;
      try {
        await translated(`attach ${volumeId} to ${instanceId}`, () =>
          ec2.send(new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device })),
        );
        return true;
      } catch (error) {
        // Attached already: the answer to an earlier try was lost. Whether it is here is seen by looking.
        if (isKind(error, 'conflict')) return true;
        // As many as this type of instance takes (AttachmentLimitExceeded).
        if (isKind(error, 'capacity')) return false;
        if (attempt >= DEVICE_ATTEMPTS || !isKind(error, 'invalid')) throw error;
      }
    }
  }

  return {
    async attach(volumeId: VolumeId, instanceId: InstanceId): Promise<Attached> {
      const before = await describeVolume(ec2, volumeId);
      const elsewhere = before?.attachments.find((a) => a.instanceId !== instanceId && a.state !== 'detached');
      if (elsewhere) return 'elsewhere';
      if (!before?.attachments.some((a) => a.instanceId === instanceId)) {
        if (!(await order(volumeId, instanceId))) return 'full';
      }
      const there = await isSoWithin(clock, STUCK_SECONDS, `${volumeId} attached to ${instanceId}`, async () => {
        const at = (await describeVolume(ec2, volumeId))?.attachments.find((a) => a.instanceId === instanceId);
        return at?.state === 'attached'
          ? { done: true, value: true }
          : { done: false, seen: at?.state ?? 'no attachment' };
      });
      return there ? 'attached' : 'stuck';
    },

    async detach(volumeId: VolumeId, instanceId: InstanceId): Promise<boolean> {
      const before = await describeVolume(ec2, volumeId);
      const at = before?.attachments.find((a) => a.instanceId === instanceId);
      if (at?.state === 'attached') {
        try {
          await translated(`detach ${volumeId} from ${instanceId}`, () =>
            ec2.send(new DetachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId })),
          );
        } catch (error) {
          // Detached in the meantime, as by the end of the instance: seen by looking.
          if (!isKind(error, 'conflict')) throw error;
        }
      }
      return isSoWithin(clock, STUCK_SECONDS, `${volumeId} detached from ${instanceId}`, async () => {
        const seen = await describeVolume(ec2, volumeId);
        return seen?.state === 'available'
          ? { done: true, value: true }
          : { done: false, seen: seen?.attachments[0]?.state ?? seen?.state ?? 'not found' };
      });
    },
  };
}

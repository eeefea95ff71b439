import { createHash } from 'node:crypto';
import {
  AttachVolumeCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteTagsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  paginateDescribeInstances,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
  type Tag,
  type VolumeType,
} from '@aws-sdk/client-ec2';
import { paginateDescribeInstanceInformation, type SSMClient } from '@aws-sdk/client-ssm';
import { scheduleTagValue, TAG, VOLUME_ROLE } from '../../lib/contract.ts';
import { type Clock, pollUntil } from '../core/clock.ts';
import type { Instance, Volume } from '../core/model.ts';
import type { Compute, VolumeOrder } from '../core/ports.ts';
import { isKind, translated } from './errors.ts';
import { toInstance, toRecoveryPoint, toVolume } from './volumes.ts';

/** Create to available: median 1.5 s, p99 4 s; attach mostly 1-4 s, stuck beyond 90 s (figures of the EBS CSI driver's authors). */
const POLL_MS = 1000;
const CREATE_SECONDS = 60;
const ATTACH_SECONDS = 90;
/** Names for EBS data volumes on Nitro, docs.aws.amazon.com/ebs/latest/userguide/device_naming.html. */
const DEVICES = [...'fghijklmnop'].map((letter) => `/dev/sd${letter}`);
/** Tags that belong to one physical volume and are never copied to its replacement. `aws:` tags cannot be. */
const OWN_TAGS: readonly string[] = [TAG.role, TAG.generation, TAG.heal, TAG.schedule, TAG.blank];

/** EC2, as the healer needs it, for the volumes and instances of one stack. */
export function ec2Compute(ec2: EC2Client, ssm: SSMClient, clock: Clock, stack: string): Compute {
  const ours = { Name: `tag:${TAG.stack}`, Values: [stack] };

  async function describeVolume(id: string): Promise<Volume | undefined> {
    try {
      const found = await translated(`describe ${id}`, () => ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] })));
      return found.Volumes?.[0] && toVolume(found.Volumes[0]);
    } catch (error) {
      // A volume created a moment ago may not be found yet: EC2 is eventually consistent.
      if (isKind(error, 'notFound')) return undefined;
      throw error;
    }
  }

  async function agents(): Promise<Set<string>> {
    const online = new Set<string>();
    for await (const page of paginateDescribeInstanceInformation(
      { client: ssm },
      { Filters: [{ Key: 'PingStatus', Values: ['Online'] }] },
    )) {
      for (const each of page.InstanceInformationList ?? []) if (each.InstanceId) online.add(each.InstanceId);
    }
    return online;
  }

  async function instances(ids?: string[]): Promise<Instance[]> {
    const online = await translated('list the managed instances', agents);
    const input = ids ? { InstanceIds: ids } : { Filters: [ours] };
    return translated('describe the instances of the fleet', async () => {
      const found: Instance[] = [];
      for await (const page of paginateDescribeInstances({ client: ec2 }, input)) {
        for (const each of page.Reservations?.flatMap((r) => r.Instances ?? []) ?? []) {
          found.push(toInstance(each, online.has(each.InstanceId ?? '')));
        }
      }
      return found;
    });
  }

  async function tag(id: string, tags: Record<string, string>): Promise<void> {
    await translated(`tag ${id}`, () => ec2.send(new CreateTagsCommand({ Resources: [id], Tags: asTags(tags) })));
  }

  return {
    async volumes(volume) {
      return translated(`describe the volumes of ${volume}`, async () => {
        const found: Volume[] = [];
        const input = { Filters: [ours, { Name: `tag:${TAG.volume}`, Values: [volume] }] };
        for await (const page of paginateDescribeVolumes({ client: ec2 }, input))
          found.push(...(page.Volumes ?? []).map(toVolume));
        return found;
      });
    },

    instances: () => instances(),

    async recoveryPoints(volume) {
      return translated(`describe the snapshots of ${volume}`, async () => {
        const found = [];
        const input = { OwnerIds: ['self'], Filters: [ours, { Name: `tag:${TAG.volume}`, Values: [volume] }] };
        for await (const page of paginateDescribeSnapshots({ client: ec2 }, input))
          found.push(...(page.Snapshots ?? []).map(toRecoveryPoint));
        return found;
      });
    },

    async createReplacement(order) {
      const { like } = order;
      const created = await translated(`create a volume from ${order.snapshotId} in ${like.zone}`, () =>
        ec2.send(
          new CreateVolumeCommand({
            ClientToken: clientToken(order),
            SnapshotId: order.snapshotId,
            AvailabilityZone: like.zone,
            Size: like.sizeGiB,
            VolumeType: like.type as VolumeType,
            Iops: like.iops,
            Throughput: like.throughputMiBs,
            Encrypted: true,
            KmsKeyId: like.keyArn,
            TagSpecifications: [{ ResourceType: 'volume', Tags: asTags(replacementTags(order)) }],
          }),
        ),
      );
      const id = created.VolumeId ?? '';
      await pollUntil(
        clock,
        `volume ${id} available`,
        { everyMs: POLL_MS, withinSeconds: CREATE_SECONDS },
        async () => {
          const seen = await describeVolume(id);
          if (seen?.state === 'available' || seen?.state === 'in-use') return { done: true, value: id };
          // A volume that fails asynchronously (a key that cannot be used) goes to `error` and then vanishes.
          if (seen?.state === 'error')
            throw new Error(`volume ${id} from ${order.snapshotId} went to state error: check the key ${like.keyArn}`);
          return { done: false, seen: seen?.state ?? 'not found' };
        },
      );
      return id;
    },

    async attach(volumeId, instanceId) {
      const before = await describeVolume(volumeId);
      const elsewhere = before?.attachments.find((a) => a.instanceId !== instanceId && a.state !== 'detached');
      if (elsewhere)
        throw new Error(
          `could not attach ${volumeId} to ${instanceId}: it is ${elsewhere.state} at ${elsewhere.instanceId}`,
        );
      if (!before?.attachments.some((a) => a.instanceId === instanceId)) {
        const [instance] = await instances([instanceId]);
        const device = DEVICES.find((name) => !instance?.devices.includes(name));
        if (!device)
          throw new Error(`could not attach ${volumeId} to ${instanceId}: none of ${DEVICES.join(', ')} is free`);
        await translated(`attach ${volumeId} to ${instanceId}`, () =>
          ec2.send(new AttachVolumeCommand({ VolumeId: volumeId, InstanceId: instanceId, Device: device })),
        );
      }
      await pollUntil(
        clock,
        `${volumeId} attached to ${instanceId}`,
        { everyMs: POLL_MS, withinSeconds: ATTACH_SECONDS },
        async () => {
          const at = (await describeVolume(volumeId))?.attachments.find((a) => a.instanceId === instanceId);
          return at?.state === 'attached'
            ? { done: true, value: undefined }
            : { done: false, seen: at?.state ?? 'no attachment' };
        },
      );
    },

    async quarantine(volumeId, healId) {
      // First of all out of the schedule: DLM's count-based retention would rotate the good snapshots out with copies of this one.
      await translated(`take ${volumeId} out of the schedule`, () =>
        ec2.send(new DeleteTagsCommand({ Resources: [volumeId], Tags: [{ Key: TAG.schedule }] })),
      );
      await tag(volumeId, { [TAG.role]: VOLUME_ROLE.quarantined, [TAG.heal]: healId });
    },

    promote: (volumeId) => tag(volumeId, { [TAG.role]: VOLUME_ROLE.current, [TAG.schedule]: scheduleTagValue(stack) }),
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
  const kept = Object.entries(order.like.tags).filter(([key]) => !key.startsWith('aws:') && !OWN_TAGS.includes(key));
  return {
    ...Object.fromEntries(kept),
    [TAG.role]: VOLUME_ROLE.candidate,
    [TAG.generation]: String(order.generation),
    [TAG.heal]: order.healId,
  };
}

function asTags(tags: Record<string, string>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

import type { Cloud } from './cloud.ts';
import {
  type Input,
  matches,
  onlyMembers,
  optionalNumber,
  optionalText,
  page,
  specifiedTags,
  tagList,
  text,
  texts,
} from './ec2-input.ts';
import type { Ec2State, SimVolume } from './ec2-state.ts';
import { ServiceError } from './service-error.ts';

/** Create to available; attach (figures of the EBS CSI driver's authors, milliseconds). */
const CREATE = { median: 1500, p99: 4000 };
const ATTACH = { median: 2000, p99: 4000 };
/** A new volume is not found by every describe at once. */
const VISIBLE = { median: 150, p99: 1500 };
const PAGE = 20;
/** docs.aws.amazon.com/ebs/latest/userguide/device_naming.html */
const DEVICE = /^\/dev\/sd[f-p]$/;

/** Volumes of the simulated EC2: every change takes its time, and every wrong state is refused as EC2 refuses it. */
export function ec2Volumes(cloud: Cloud, ec2: Ec2State): void {
  const random = cloud.random.stream('ec2 volumes');
  const tokens = new Map<string, { readonly request: string; readonly id: string }>();

  function createVolume(input: Input): object {
    onlyMembers('CreateVolume', input, [
      'ClientToken',
      'SnapshotId',
      'AvailabilityZone',
      'Size',
      'VolumeType',
      'Iops',
      'Throughput',
      'Encrypted',
      'KmsKeyId',
      'TagSpecifications',
    ]);
    const token = optionalText(input, 'ClientToken');
    const { ClientToken: _, ...request } = input;
    const before = token === undefined ? undefined : tokens.get(token);
    if (before) {
      if (before.request !== JSON.stringify(request))
        throw new ServiceError(
          'IdempotentParameterMismatch',
          `The client token ${token} was used with other parameters`,
        );
      return shape(ec2.volume(before.id));
    }
    const volume = newVolume(input);
    if (token) tokens.set(token, { request: JSON.stringify(request), id: volume.id });
    ec2.volumes.set(volume.id, volume);
    cloud.disks.createVolume(volume.id, volume.sizeGiB, volume.snapshotId);
    cloud.clock.after(random.delay(CREATE), () => {
      if (volume.state === 'creating') volume.state = 'available';
    });
    cloud.say(
      'ec2',
      `volume ${volume.id} is created in ${volume.zone}${volume.snapshotId ? ` from ${volume.snapshotId}` : ', blank'}`,
    );
    return shape(volume);
  }

  function newVolume(input: Input): SimVolume {
    const snapshotId = optionalText(input, 'SnapshotId');
    const snapshot = snapshotId === undefined ? undefined : ec2.snapshot(snapshotId);
    if (snapshot && snapshot.state !== 'completed')
      throw new ServiceError('IncorrectState', `Snapshot '${snapshot.id}' is not 'completed'.`);
    const sizeGiB = optionalNumber(input, 'Size') ?? snapshot?.sizeGiB;
    if (!sizeGiB)
      throw new ServiceError('MissingParameter', 'The request must contain the parameter size or snapshotId');
    if (snapshot && sizeGiB < snapshot.sizeGiB)
      throw new ServiceError(
        'InvalidParameterValue',
        `Volume of ${sizeGiB}GiB is smaller than snapshot '${snapshot.id}', expect size >= ${snapshot.sizeGiB}GiB`,
      );
    return {
      id: `vol-0${random.hex(16)}`,
      state: 'creating',
      zone: text(input, 'AvailabilityZone'),
      sizeGiB,
      type: optionalText(input, 'VolumeType') ?? 'gp2',
      iops: optionalNumber(input, 'Iops'),
      throughput: optionalNumber(input, 'Throughput'),
      encrypted: input.Encrypted === true || snapshot?.encrypted === true,
      keyArn: optionalText(input, 'KmsKeyId') ?? snapshot?.keyArn,
      snapshotId,
      createdAt: cloud.clock.now(),
      visibleAt: cloud.clock.now() + random.delay(VISIBLE),
      tags: specifiedTags(input, 'volume'),
      attachment: undefined,
    };
  }

  function attachVolume(input: Input): object {
    onlyMembers('AttachVolume', input, ['VolumeId', 'InstanceId', 'Device']);
    const volume = ec2.volume(text(input, 'VolumeId'));
    const instance = ec2.instance(text(input, 'InstanceId'));
    const device = text(input, 'Device');
    if (volume.state === 'in-use')
      throw new ServiceError('VolumeInUse', `${volume.id} is already attached to an instance`);
    if (volume.state !== 'available')
      throw new ServiceError('IncorrectState', `Volume ${volume.id} is in the '${volume.state}' state`);
    if (instance.state !== 'running' && instance.state !== 'stopped')
      throw new ServiceError('IncorrectState', `Instance '${instance.id}' is not 'running'.`);
    if (volume.zone !== instance.zone)
      throw new ServiceError(
        'InvalidVolume.ZoneMismatch',
        `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
      );
    if (!DEVICE.test(device))
      throw new ServiceError('InvalidParameterValue', `Value (${device}) for parameter device is invalid.`);
    if (instance.devices.has(device))
      throw new ServiceError(
        'InvalidParameterValue',
        `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
      );
    instance.devices.add(device);
    volume.state = 'in-use';
    const attachment = { instanceId: instance.id, device, state: 'attaching' as const, since: cloud.clock.now() };
    volume.attachment = attachment;
    cloud.clock.after(random.delay(ATTACH), () => {
      if (volume.attachment !== attachment) return;
      volume.attachment = { ...attachment, state: 'attached' };
      cloud.disks.attach(volume.id, instance.id);
      cloud.say('ec2', `${volume.id} is attached to ${instance.id} as ${device}`);
    });
    return { VolumeId: volume.id, InstanceId: instance.id, Device: device, State: 'attaching' };
  }

  function describeVolumes(input: Input): object {
    onlyMembers('DescribeVolumes', input, ['VolumeIds', 'Filters', 'NextToken', 'MaxResults']);
    const now = cloud.clock.now();
    const visible = [...ec2.volumes.values()].filter((v) => v.visibleAt <= now);
    const ids = texts(input, 'VolumeIds');
    const missing = ids?.find((id) => !visible.some((v) => v.id === id));
    if (missing) throw new ServiceError('InvalidVolume.NotFound', `The volume '${missing}' does not exist.`);
    const wanted = visible.filter(
      (v) =>
        (ids ? ids.includes(v.id) : true) && matches(input, v.tags, { status: v.state, 'availability-zone': v.zone }),
    );
    const { items, next } = page(input, wanted, PAGE);
    return { Volumes: items.map(shape), NextToken: next };
  }

  cloud.offer('ec2', { CreateVolume: createVolume, AttachVolume: attachVolume, DescribeVolumes: describeVolumes });
}

function shape(volume: SimVolume): object {
  const attachment = volume.attachment;
  return {
    VolumeId: volume.id,
    State: volume.state,
    AvailabilityZone: volume.zone,
    Size: volume.sizeGiB,
    VolumeType: volume.type,
    Iops: volume.iops,
    Throughput: volume.throughput,
    Encrypted: volume.encrypted,
    KmsKeyId: volume.keyArn,
    SnapshotId: volume.snapshotId ?? '',
    CreateTime: new Date(volume.createdAt),
    Tags: tagList(volume.tags),
    Attachments: attachment
      ? [
          {
            VolumeId: volume.id,
            InstanceId: attachment.instanceId,
            Device: attachment.device,
            State: attachment.state,
            AttachTime: new Date(attachment.since),
          },
        ]
      : [],
  };
}

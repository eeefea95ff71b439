import type { AuthorizationRequest, Context } from './iam.ts';
import { type Input, type Operations, tagKeys, text, texts, type World } from './input.ts';

/** Actions that have no resource-level permissions. */
const DESCRIBES = [
  'DescribeVolumes',
  'DescribeInstances',
  'DescribeInstanceStatus',
  'DescribeSnapshots',
  'DescribeLockedSnapshots',
  'DescribeVolumeStatus',
  'DescribeVolumesModifications',
  'DescribeTags',
  'DescribeVpcEndpoints',
  'DescribeAvailabilityZones',
];

/** How Amazon EC2 authorizes calls. Source: Service Authorization Reference, Amazon EC2. */
export const ec2: Operations = {
  ...Object.fromEntries(
    DESCRIBES.map((name) => [name, (_input: Input, world: World) => [request(name, '*', {}, world)]]),
  ),
  CreateVolume: createVolume,
  CreateSnapshot: createSnapshot,
  CreateSnapshots: createSnapshots,
  CreateTags: (input, world) => tagging('CreateTags', input, world),
  DeleteTags: (input, world) => tagging('DeleteTags', input, world),
  AttachVolume: (input, world) => attachment('AttachVolume', input, world, text(input, 'InstanceId')),
  DetachVolume: (input, world) => {
    const volumeId = text(input, 'VolumeId');
    const instanceId = typeof input.InstanceId === 'string' ? input.InstanceId : world.instanceOf?.(volumeId);
    // A volume that is attached nowhere: the call fails on its state, and only the volume is there to authorize on.
    if (instanceId === undefined) return [onExisting('DetachVolume', volumeId, world)];
    return attachment('DetachVolume', input, world, instanceId);
  },
  ModifyVolume: (input, world) => [onExisting('ModifyVolume', text(input, 'VolumeId'), world)],
  DeleteVolume: (input, world) => [onExisting('DeleteVolume', text(input, 'VolumeId'), world)],
  DeleteSnapshot: (input, world) => [onExisting('DeleteSnapshot', text(input, 'SnapshotId'), world)],
  LockSnapshot: lockSnapshot,
  UnlockSnapshot: (input, world) => [onExisting('UnlockSnapshot', text(input, 'SnapshotId'), world)],
  StopInstances: (input, world) => instances('StopInstances', input, world),
  TerminateInstances: (input, world) => instances('TerminateInstances', input, world),
};

/**
 * Creating a volume needs the volume (not there yet, so it has request tags and no resource tags), the snapshot it is
 * made from, and CreateTags when tagged at once. That the snapshot counts since 2025: AWS Storage Blog, "Enhancing
 * resource-level permission for creating an Amazon EBS volume from a snapshot".
 */
function createVolume(input: Input, world: World): AuthorizationRequest[] {
  const tags = requestTags(input);
  const snapshotId = input.SnapshotId === undefined ? undefined : text(input, 'SnapshotId');
  const parent: Context = snapshotId === undefined ? {} : { 'ec2:ParentSnapshot': arnOf(snapshotId, world) };
  const asked = given(input, {
    'ec2:AvailabilityZone': 'AvailabilityZone',
    'ec2:Encrypted': 'Encrypted',
    'ec2:KmsKeyId': 'KmsKeyId',
    'ec2:VolumeIops': 'Iops',
    'ec2:VolumeSize': 'Size',
    'ec2:VolumeThroughput': 'Throughput',
  });
  // Without a type, EC2 makes gp2 (API reference, CreateVolume).
  const type = { 'ec2:VolumeType': input.VolumeType === undefined ? 'gp2' : text(input, 'VolumeType') };
  const volume = newArn('volume', world);
  return [
    request('CreateVolume', volume, { ...tagContext(tags), ...parent, ...type, ...asked }, world),
    ...(snapshotId === undefined ? [] : [onExisting('CreateVolume', snapshotId, world)]),
    ...tagOnCreate('CreateVolume', volume, tags, world),
  ];
}

/** Creating a snapshot needs the snapshot (not there yet) and the volume, and CreateTags when tagged at once. */
function createSnapshot(input: Input, world: World): AuthorizationRequest[] {
  const tags = requestTags(input);
  const volumeId = text(input, 'VolumeId');
  const snapshot = newArn('snapshot', world);
  const parent = { 'ec2:ParentVolume': arnOf(volumeId, world) };
  return [
    request('CreateSnapshot', snapshot, { ...tagContext(tags), ...parent }, world),
    onExisting('CreateSnapshot', volumeId, world),
    ...tagOnCreate('CreateSnapshot', snapshot, tags, world),
  ];
}

/** Snapshots of the volumes of an instance need the instance, each volume, and the snapshots, which are not there yet. */
function createSnapshots(input: Input, world: World): AuthorizationRequest[] {
  const tags = requestTags(input);
  const { InstanceId } = input.InstanceSpecification as { readonly InstanceId: string };
  const snapshot = newArn('snapshot', world);
  return [
    request('CreateSnapshots', snapshot, tagContext(tags), world),
    onExisting('CreateSnapshots', InstanceId, world),
    request('CreateSnapshots', newArn('volume', world), {}, world),
    ...tagOnCreate('CreateSnapshots', snapshot, tags, world),
  ];
}

/** What its keys hold where an expiry date is given in the place of days is not documented: then they are absent here. */
function lockSnapshot(input: Input, world: World): AuthorizationRequest[] {
  const existing = onExisting('LockSnapshot', text(input, 'SnapshotId'), world);
  const asked = given(input, {
    'ec2:SnapshotLockDuration': 'LockDuration',
    'ec2:SnapshotCoolOffPeriod': 'CoolOffPeriod',
  });
  return [{ ...existing, context: { ...existing.context, ...asked } }];
}

/** `ec2:CreateAction` distinguishes tagging within a creation from tagging by itself, where the key is absent. */
function tagOnCreate(action: string, arn: string, tags: Tags, world: World): AuthorizationRequest[] {
  if (Object.keys(tags).length === 0) return [];
  return [request('CreateTags', arn, { ...tagContext(tags), 'ec2:CreateAction': action }, world)];
}

function tagging(action: string, input: Input, world: World): AuthorizationRequest[] {
  const tags = readTags(input.Tags);
  return texts(input, 'Resources').map((id) => {
    const existing = onExisting(action, id, world);
    return { ...existing, context: { ...existing.context, ...tagContext(tags) } };
  });
}

function attachment(action: string, input: Input, world: World, instanceId: string): AuthorizationRequest[] {
  return [onExisting(action, text(input, 'VolumeId'), world), onExisting(action, instanceId, world)];
}

function instances(action: string, input: Input, world: World): AuthorizationRequest[] {
  return texts(input, 'InstanceIds').map((id) => onExisting(action, id, world));
}

/** An action on a thing that is there: its tags count, under both keys. */
function onExisting(action: string, id: string, world: World): AuthorizationRequest {
  const tags = world.tagsOf(id);
  const own: Context = id.startsWith('vol-')
    ? { 'ec2:VolumeID': id }
    : id.startsWith('snap-')
      ? { 'ec2:Owner': world.account }
      : {};
  const context = { ...own, ...tagKeys('aws:ResourceTag', tags), ...tagKeys('ec2:ResourceTag', tags) };
  return request(action, arnOf(id, world), context, world);
}

function request(action: string, resource: string, context: Context, world: World): AuthorizationRequest {
  return { action: `ec2:${action}`, resources: [resource], context: { 'ec2:Region': world.region, ...context } };
}

function arnOf(id: string, world: World): string {
  const kind = { vol: 'volume', snap: 'snapshot', i: 'instance' }[id.slice(0, id.indexOf('-'))];
  if (!kind) throw new Error(`the simulation does not know what kind of resource ${id} is`);
  return arn(kind, id, world);
}

/** A resource that is not there yet has no id: a policy must allow `volume/*`, and `volume/vol-*` does not. */
function newArn(kind: 'volume' | 'snapshot', world: World): string {
  return arn(kind, '*', world);
}

/** Snapshots have no account in their ARN. */
function arn(kind: string, id: string, world: World): string {
  const account = kind === 'snapshot' ? '' : world.account;
  return `arn:${world.partition}:ec2:${world.region}:${account}:${kind}/${id}`;
}

/** Tags of a request; a value may be left out in DeleteTags. */
type Tags = Readonly<Record<string, string | undefined>>;

function tagContext(tags: Tags): Context {
  const keys = Object.keys(tags);
  const valued = Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...tagKeys('aws:RequestTag', Object.fromEntries(valued)),
    ...(keys.length > 0 ? { 'aws:TagKeys': keys } : {}),
  };
}

function requestTags(input: Input): Tags {
  const specifications = Array.isArray(input.TagSpecifications) ? (input.TagSpecifications as Input[]) : [];
  return Object.assign({}, ...specifications.map((specification) => readTags(specification.Tags)));
}

function readTags(value: unknown): Tags {
  const list = Array.isArray(value) ? (value as Input[]) : [];
  return Object.fromEntries(
    list.map((tag) => [text(tag, 'Key'), tag.Value === undefined ? undefined : String(tag.Value)]),
  );
}

function given(input: Input, keys: Readonly<Record<string, string>>): Context {
  const known = Object.entries(keys).filter(([, name]) => input[name] !== undefined);
  return Object.fromEntries(known.map(([key, name]) => [key, String(input[name])]));
}

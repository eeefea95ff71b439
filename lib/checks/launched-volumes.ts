import { type Declared, isIntrinsic, type Json, listOf, objectOf, shown } from './declared.ts';

/** What makes volumes of its own when an instance is launched, by its block device mappings. */
export const LAUNCH_TYPES: readonly string[] = [
  'AWS::EC2::LaunchTemplate',
  'AWS::EC2::Instance',
  'AWS::AutoScaling::LaunchConfiguration',
];

/** "Reserved for root": docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html. Any other device holds data. */
const ROOT_DEVICES = ['/dev/sda1', '/dev/xvda'];

/** A data volume that is made at the launch of an instance. */
export interface LaunchedVolume {
  readonly device: string;
  /** Possibly an intrinsic. */
  readonly deleteOnTermination: unknown;
}

/** The data volumes of a launch, or why they cannot be told. */
export function launchedBy(resource: Declared): readonly LaunchedVolume[] | string {
  const launch = launchOf(resource);
  if (typeof launch === 'string') return launch;
  const { BlockDeviceMappings } = launch;
  if (isIntrinsic(BlockDeviceMappings)) return `BlockDeviceMappings is ${shown(BlockDeviceMappings)}`;
  const made: LaunchedVolume[] = [];
  for (const mapping of listOf(BlockDeviceMappings)) {
    const { DeviceName, Ebs } = objectOf(mapping) ?? {};
    if (isIntrinsic(mapping) || isIntrinsic(Ebs)) return `a block device mapping is ${shown(mapping)}`;
    // Without Ebs it is an instance store, or takes a device of the image away.
    if (Ebs === undefined) continue;
    if (typeof DeviceName !== 'string') return `DeviceName of a block device mapping is ${shown(DeviceName)}`;
    if (ROOT_DEVICES.includes(DeviceName)) continue;
    made.push({ device: DeviceName, deleteOnTermination: objectOf(Ebs)?.DeleteOnTermination });
  }
  return made;
}

/**
 * The tags that the volumes of a launch are born with, or why they cannot be told. Those of the stack do not reach them:
 * docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
 */
export function launchedTags(resource: Declared): readonly unknown[] | string {
  // A launch configuration has no tags, and those of its group go to instances alone.
  if (resource.type === 'AWS::AutoScaling::LaunchConfiguration') return [];
  if (resource.type === 'AWS::EC2::Instance') {
    const { PropagateTagsToVolumeOnCreation, Tags } = resource.properties;
    if (isIntrinsic(PropagateTagsToVolumeOnCreation))
      return `PropagateTagsToVolumeOnCreation is ${shown(PropagateTagsToVolumeOnCreation)}`;
    if (String(PropagateTagsToVolumeOnCreation) !== 'true') return [];
    return isIntrinsic(Tags) ? `its Tags are ${shown(Tags)}` : listOf(Tags);
  }
  const launch = launchOf(resource);
  if (typeof launch === 'string') return launch;
  const { TagSpecifications } = launch;
  if (isIntrinsic(TagSpecifications)) return `TagSpecifications is ${shown(TagSpecifications)}`;
  const tags: unknown[] = [];
  for (const specification of listOf(TagSpecifications)) {
    const { ResourceType, Tags } = objectOf(specification) ?? {};
    if ([specification, ResourceType, Tags].some(isIntrinsic)) return `a tag specification is ${shown(specification)}`;
    if (ResourceType === 'volume') tags.push(...listOf(Tags));
  }
  return tags;
}

function launchOf({ type, properties }: Declared): Json | string {
  if (type !== 'AWS::EC2::LaunchTemplate') return properties;
  const data = properties.LaunchTemplateData;
  return isIntrinsic(data) ? `LaunchTemplateData is ${shown(data)}` : (objectOf(data) ?? {});
}

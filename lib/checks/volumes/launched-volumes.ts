import {
  type Declared,
  type DeclaredResources,
  isIntrinsic,
  type Json,
  listOf,
  objectOf,
  shown,
  textOf,
} from '../declared.ts';

/** What makes volumes of its own when an instance is launched, by its block device mappings. */
export const LAUNCH_TYPES: readonly string[] = [
  'AWS::EC2::LaunchTemplate',
  'AWS::EC2::Instance',
  'AWS::AutoScaling::LaunchConfiguration',
  'AWS::EC2::SpotFleet',
];

/** "Reserved for root": docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html. Any other device holds data. */
const ROOT_DEVICES = ['/dev/sda1', '/dev/xvda'];

/** A data volume that is made at the launch of an instance. */
export interface LaunchedVolume {
  readonly device: string;
  /** Possibly an intrinsic. */
  readonly deleteOnTermination: unknown;
}

/** The data volumes of a launch, or why they cannot be known. */
export function launchedBy(resource: Declared, app: DeclaredResources): readonly LaunchedVolume[] | string {
  const launches = resource.type === 'AWS::EC2::SpotFleet' ? specificationsOf(resource) : launchOf(resource);
  if (typeof launches === 'string') return launches;
  const all: LaunchedVolume[] = [];
  for (const launch of Array.isArray(launches) ? launches : [launches]) {
    const made = mappedIn(launch);
    if (typeof made === 'string') return made;
    const own = isBottlerocket(launch, resource, app) ? [BOTTLEROCKET_DEVICE] : [];
    all.push(...made.filter(({ device }) => !own.includes(device)));
  }
  return all;
}

/**
 * The second disk of Bottlerocket holds images and containers, which are made anew: "the data volume",
 * github.com/bottlerocket-os/bottlerocket, README, "Default Volumes"
 */
const BOTTLEROCKET_DEVICE = '/dev/xvdb';

/** Whether a launch is of a Bottlerocket image: by the parameter that its image comes from, or the node group that uses it. */
function isBottlerocket({ ImageId }: Json, resource: Declared, app: DeclaredResources): boolean {
  const image = `${textOf(ImageId) ?? ''} ${String(app.defaultOf(ImageId, resource) ?? '')}`;
  if (/\/aws\/service\/bottlerocket\//.test(image)) return true;
  const groups = app.naming(resource, /^AWS::EKS::Nodegroup$/);
  return groups.length > 0 && groups.every(({ properties }) => /^BOTTLEROCKET/.test(String(properties.AmiType)));
}

function mappedIn({ BlockDeviceMappings }: Json): readonly LaunchedVolume[] | string {
  if (isIntrinsic(BlockDeviceMappings)) return `BlockDeviceMappings is ${shown(BlockDeviceMappings)}`;
  const made: LaunchedVolume[] = [];
  for (const mapping of listOf(BlockDeviceMappings)) {
    const { DeviceName, Ebs, NoDevice } = objectOf(mapping) ?? {};
    if (isIntrinsic(mapping) || isIntrinsic(Ebs)) return `a block device mapping is ${shown(mapping)}`;
    // Without Ebs it is an instance store, or takes a device of the image away. The CDK's `mappingEnabled: false` has both.
    if (Ebs === undefined || (NoDevice !== undefined && String(NoDevice) !== 'false')) continue;
    if (typeof DeviceName !== 'string') return `DeviceName of a block device mapping is ${shown(DeviceName)}`;
    if (ROOT_DEVICES.includes(DeviceName)) continue;
    made.push({ device: DeviceName, deleteOnTermination: objectOf(Ebs)?.DeleteOnTermination });
  }
  return made;
}

/**
 * The tags that the volumes of a launch are born with, or why they cannot be known. Those of the stack do not reach them:
 * docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
 */
export function launchedTags(resource: Declared, on: 'volume' | 'instance' = 'volume'): readonly unknown[] | string {
  // A launch configuration has no tags, and those of its group go to instances alone.
  if (resource.type === 'AWS::AutoScaling::LaunchConfiguration') return [];
  if (resource.type === 'AWS::EC2::SpotFleet') return fleetTags(resource, on);
  if (resource.type === 'AWS::EC2::Instance') {
    const { PropagateTagsToVolumeOnCreation, Tags } = resource.properties;
    if (isIntrinsic(PropagateTagsToVolumeOnCreation))
      return `PropagateTagsToVolumeOnCreation is ${shown(PropagateTagsToVolumeOnCreation)}`;
    if (String(PropagateTagsToVolumeOnCreation) !== 'true') return [];
    return isIntrinsic(Tags) ? `its Tags are ${shown(Tags)}` : listOf(Tags);
  }
  const launch = launchOf(resource);
  if (typeof launch === 'string') return launch;
  return tagsOn(on, launch);
}

/** Each specification has tags of its own; a Spot fleet tags instances alone, whatever a template would. */
function fleetTags(fleet: Declared, on: 'volume' | 'instance'): readonly unknown[] | string {
  const specifications = specificationsOf(fleet);
  if (typeof specifications === 'string') return specifications;
  const each = specifications.map((of) => tagsOn(on, of));
  return (
    each.find((tags) => typeof tags === 'string') ?? each.flatMap((tags) => (typeof tags === 'string' ? [] : tags))
  );
}

function specificationsOf({ properties }: Declared): readonly Json[] | string {
  const config = properties.SpotFleetRequestConfigData;
  const specifications = objectOf(config)?.LaunchSpecifications;
  if (isIntrinsic(config) || isIntrinsic(specifications)) return `LaunchSpecifications is ${shown(specifications)}`;
  return listOf(specifications).map((of) => objectOf(of) ?? {});
}

function tagsOn(on: 'volume' | 'instance', { TagSpecifications }: Json): readonly unknown[] | string {
  if (isIntrinsic(TagSpecifications)) return `TagSpecifications is ${shown(TagSpecifications)}`;
  const tags: unknown[] = [];
  for (const specification of listOf(TagSpecifications)) {
    const { ResourceType, Tags } = objectOf(specification) ?? {};
    if ([specification, ResourceType, Tags].some(isIntrinsic)) return `a tag specification is ${shown(specification)}`;
    if (ResourceType === on) tags.push(...listOf(Tags));
  }
  return tags;
}

function launchOf({ type, properties }: Declared): Json | string {
  if (type !== 'AWS::EC2::LaunchTemplate') return properties;
  const data = properties.LaunchTemplateData;
  return isIntrinsic(data) ? `LaunchTemplateData is ${shown(data)}` : (objectOf(data) ?? {});
}

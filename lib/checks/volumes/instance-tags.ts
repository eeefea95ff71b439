/** The tags of the instances that a data volume is attached to, for policies and plans that go by them. */
import { type Declared, type DeclaredResources, isIntrinsic, type Json, listOf, objectOf } from '../declared.ts';
import { LAUNCH_TYPES, launchedTags } from './launched-volumes.ts';

/** Tags that the instances have, as far as they are known; not `complete` where a launch may add others. */
export interface InstanceTags {
  readonly tags: readonly Json[];
  readonly complete: boolean;
}

/** The instances of the app that have the volume attached, by an attachment or by their own `Volumes`. */
export function attachedTo(volume: Declared, app: DeclaredResources): readonly Declared[] {
  const attachments = app
    .of('AWS::EC2::VolumeAttachment', volume)
    .filter((attachment) => isThe(volume, attachment.properties.VolumeId, attachment, app))
    .map((attachment) => app.named(attachment.properties.InstanceId, attachment));
  const own = app
    .of('AWS::EC2::Instance', volume)
    .filter((instance) =>
      listOf(instance.properties.Volumes).some((of) => isThe(volume, objectOf(of)?.VolumeId, instance, app)),
    );
  return [...attachments, ...own].flatMap((instance) => (instance?.type === 'AWS::EC2::Instance' ? [instance] : []));
}

function isThe(volume: Declared, id: unknown, from: Declared, app: DeclaredResources): boolean {
  return app.named(id, from)?.construct === volume.construct;
}

/** @returns `undefined` where the app does not say which instances have the volume */
export function instanceTagsOf(volume: Declared, app: DeclaredResources): InstanceTags | undefined {
  if (LAUNCH_TYPES.includes(volume.type)) return launchTags(volume, app);
  const instances = attachedTo(volume, app);
  if (instances.length === 0) return undefined;
  const each = instances.map((instance) => launchTags(instance, app));
  return { tags: each.flatMap(({ tags }) => tags), complete: each.every(({ complete }) => complete) };
}

function launchTags(launch: Declared, app: DeclaredResources): InstanceTags {
  const given = launch.type === 'AWS::EC2::Instance' ? launch.properties.Tags : launchedTags(launch, 'instance');
  const groups = app.naming(launch, /^AWS::AutoScaling::AutoScalingGroup$/);
  const handedOn = groups.flatMap(({ properties }) =>
    listOf(properties.Tags).filter((tag) => String(objectOf(tag)?.PropagateAtLaunch) === 'true'),
  );
  const own = listOf(given);
  const tags = [...own, ...handedOn].filter((tag) => !isIntrinsic(tag)).map((tag) => objectOf(tag) ?? {});
  // A template may be launched by what is not in the app, with tags of its own; an instance has what it says.
  const settled = launch.type === 'AWS::EC2::Instance' && launch.properties.LaunchTemplate === undefined;
  return { tags, complete: settled && !isIntrinsic(given) && own.every((tag) => !isIntrinsic(tag)) };
}

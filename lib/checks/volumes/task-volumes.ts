/** Volumes that Amazon ECS makes for the tasks of a service, and deletes with them. */
import { type Declared, isIntrinsic, type Json, listOf, objectOf, shown } from '../declared.ts';

export const SERVICE_TYPE = 'AWS::ECS::Service';

/** What ECS makes for each task of a service: docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-volumes.html */
export function managedBy({ properties }: Declared): readonly Json[] | string {
  const { VolumeConfigurations } = properties;
  if (isIntrinsic(VolumeConfigurations)) return `VolumeConfigurations is ${shown(VolumeConfigurations)}`;
  return listOf(VolumeConfigurations)
    .map((of) => objectOf(objectOf(of)?.ManagedEBSVolume))
    .filter((managed) => managed !== undefined);
}

/** The tags that all of them are born with, those of the service included where it hands them on. */
export function managedTags(service: Declared): readonly unknown[] | string {
  const managed = managedBy(service);
  if (typeof managed === 'string') return managed;
  return managed.flatMap(({ TagSpecifications }) =>
    listOf(TagSpecifications).flatMap((of) => {
      const { PropagateTags, Tags } = objectOf(of) ?? {};
      return [...listOf(Tags), ...(PropagateTags === 'SERVICE' ? listOf(service.properties.Tags) : [])];
    }),
  );
}

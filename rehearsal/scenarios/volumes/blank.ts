import { scheduleTagValue, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { Failure } from '../../judge/measure.ts';
import type { Strike } from '../story/incident.ts';

/** Later than any that a heal would make. */
const GENERATION = '90';

/**
 * A blank volume with all the marks of the current one, as a deployment gone wrong or a person in a hurry might leave it, and a
 * ledger that no longer knows better.
 */
export function plantBlank({ services, world }: Strike, failure: Failure): void {
  const { cloud, ec2, dynamodb } = services;
  const old = ec2.volume(failure.volumeId);
  const id = `vol-0${world.random.stream('blank').hex(16)}` as const;
  cloud.disks.createVolume(id, old.sizeGiB);
  ec2.volumes.set(id, {
    ...old,
    id,
    state: 'available',
    snapshotId: undefined,
    createdAt: cloud.clock.now(),
    visibleAt: cloud.clock.now(),
    attachment: undefined,
    tags: {
      ...old.tags,
      [TAG.role]: VOLUME_ROLE.current,
      [TAG.schedule]: scheduleTagValue(world.stackName),
      [TAG.generation]: GENERATION,
      [TAG.blank]: 'true',
    },
  });
  dynamodb.forget(`VOLUME#${failure.volume}`, 'STATE');
  cloud.say('failure', `${id} is blank and marked as the current volume of ${failure.volume}; the ledger is empty`);
}

import { TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { type Event, type EventOf, isEvent } from '../../../simulator/aws/account/happening.ts';
import type { SimVolume } from '../../../simulator/aws/ec2/state.ts';
import { readStatements } from '../../../simulator/aws/iam/iam.ts';
import { DISK_ERROR, DiskError } from '../../../simulator/disks/disks.ts';
import { type Failure, servedVolume } from '../../judge/measure.ts';
import type { Strike } from './incident.ts';

/** The physical volume that served when it was struck. */
export function struck({ services }: Strike, failure: Failure): SimVolume {
  return services.ec2.volume(failure.volumeId);
}

/** Instances that run in a zone, but for those named. */
export function othersIn({ services }: Strike, zone: string, ...except: readonly string[]): string[] {
  return [...services.ec2.instances.values()]
    .filter((i) => i.zone === zone && i.state === 'running' && !except.includes(i.id))
    .map((i) => i.id);
}

/** The file system shuts itself down, as on the bad Wednesday: latent damage, and the delete that runs into it. @param meanwhile what happens between them */
export function breakFileSystem(strike: Strike, failure: Failure, meanwhile: () => void = () => {}): void {
  const { world, services } = strike;
  const { courseIds } = world.disks.plantInconsistency(failure.volumeId);
  const [courseId = ''] = courseIds;
  strike.libraries.get(failure.volume)?.delete(courseId, world.clock.now());
  meanwhile();
  try {
    world.disks.remove(failure.owner, failure.volume, courseId);
  } catch (error) {
    if (!(error instanceof DiskError) || error.code === DISK_ERROR.missing) throw error;
    services.hosts.touch(failure.owner);
    services.cloud.say('failure', `${failure.volumeId}: deleting ${courseId} shuts its file system down`);
    return;
  }
  throw new Error(`${courseId} was deleted and the file system still stands: the damage did not trip`);
}

/** As {@link breakFileSystem}, of whatever serves by now; where nothing does, nothing is broken. */
export function breakWhatServes(strike: Strike): void {
  const { world, stage, first } = strike;
  const owner = stage.servedBy(first.volume);
  const volumeId = owner && servedVolume(world, owner, first.volume);
  if (!volumeId) world.say(`${first.volume} is not served just now: there is nothing to break`);
  else breakFileSystem(strike, { ...first, at: world.clock.now(), owner, volumeId });
}

/** Does something when what is looked for happens for the first time. @param act is given it */
export function once<K extends Event['kind']>(
  strike: Strike,
  kind: K,
  is: (event: EventOf<K>) => boolean,
  act: (event: EventOf<K>) => void,
): void {
  let done = false;
  strike.services.cloud.listen(({ event }) => {
    if (done || !isEvent(event, kind) || !is(event)) return;
    done = true;
    // Not in the middle of what is just happening.
    strike.world.clock.after(0, () => act(event));
  });
}

/** A person in the console, who may do everything. */
export const PERSON = {
  name: 'person',
  statements: () =>
    readStatements({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }, 'person'),
};

/** Somebody clears up after a heal: quarantined volumes come off their hosts, which have room for eleven. */
export function clearUp({ services, stage, world }: Strike, volume: string): void {
  world.clock.spawn('person', async () => {
    for (const { id, tags, attachment } of stage.physical(volume)) {
      if (tags[TAG.role] !== VOLUME_ROLE.quarantined || attachment?.state !== 'attached') continue;
      await services.cloud.call(PERSON, 'ec2', 'DetachVolume', { VolumeId: id });
    }
  });
}

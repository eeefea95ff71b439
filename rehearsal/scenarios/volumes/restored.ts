/** A content volume that a deployment restores, for there is nothing left that a heal could start from. */
import { TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { unmountVolume } from '../../../simulator/aws/account/failures.ts';
import { check } from '../../judge/checks.ts';
import { isOf } from '../../judge/heard.ts';
import type { Check } from '../../world/world.ts';
import { resourceOf } from '../hosts/heals.ts';
import { once, PERSON, struck } from '../story/breaking.ts';
import { incident, type Strike } from '../story/incident.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** From the message to the deployment. */
const ANSWERS_AFTER_MS = 5 * MINUTE_MS;
const TRIES = 20;

/** Somebody unmounts the volume, detaches it and deletes it, before anybody notices. */
function deleteVolume(strike: Strike): void {
  const { services, world, first } = strike;
  const volume = struck(strike, first);
  const { id: VolumeId } = volume;
  unmountVolume(services, volume);
  world.clock.spawn('person', async () => {
    await services.cloud.call(PERSON, 'ec2', 'DetachVolume', { VolumeId });
    for (let n = 0; volume.state !== 'available' && n < TRIES; n++) await world.clock.sleep(SECOND_MS);
    await services.cloud.call(PERSON, 'ec2', 'DeleteVolume', { VolumeId });
  });
}

/** Does what the message says: deploys the stack. */
function deployAgain(strike: Strike): void {
  const { services, stage, world, first } = strike;
  const resource = resourceOf(strike, first.volume);
  const physicalId = stage.created.references.get(resource.logicalId)?.ref ?? '';
  world.clock.spawn('deployment', async () => {
    const { ref } = await services.customResources.update(resource, resource, physicalId, world.stackName);
    world.say(`a deployment restores ${first.volume}: ${ref}`);
  });
}

function restoredByKeeper({ services, stage, first }: Strike): Check {
  const [volume, ...more] = stage.physical(first.volume).filter((v) => v.tags[TAG.role] === VOLUME_ROLE.current);
  const by = services.cloud.calls.filter((c) => c.operation === 'CreateVolume' && c.at > first.at && c.result === 'ok');
  const copies = [...services.ec2.snapshots.values()]
    .filter((s) => s.volumeId === first.volumeId && s.state === 'completed')
    .sort((a, b) => b.startedAt - a.startedAt);
  const kept = copies.length > 0 && volume?.snapshotId === copies[0]?.id && more.length === 0;
  return check(
    'the deployment restores it from the newest snapshot, and nobody else does',
    kept && by.length === 1 && by[0]?.principal.startsWith('Keeper') === true,
    `${volume?.id} from ${volume?.snapshotId}, made by ${by.map((c) => c.principal).join(', ') || 'nobody'}; the newest was ${copies[0]?.id}`,
  );
}

export const deletedVolume = incident({
  about: 'somebody deletes the volume; the person who is paged deploys the stack',
  expect: {
    outcome: ['replace'],
    // Twice it looks for the volume for two minutes, at every turn.
    calls: 900,
    // After the message it is quiet for 15 minutes.
    withinMs: 25 * MINUTE_MS,
    because: [{ code: 'noCurrentVolume' }],
    mayPage: true,
    deletes: true,
  },
  strike: (strike) => {
    once(
      strike,
      'message',
      (event) => isOf(event, ['needsPerson']) && event.attributes.volume === strike.first.volume,
      () => strike.world.clock.after(ANSWERS_AFTER_MS, () => deployAgain(strike)),
    );
    deleteVolume(strike);
  },
  checks: (strike) => [restoredByKeeper(strike)],
});

/** Links that udev left: the name of one volume leads to another one. */
import { TAG } from '../../../contract/contract.ts';
import { check } from '../../judge/checks.ts';
import type { Check } from '../../world/world.ts';
import { breakWhatServes } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

function mislead(strike: Strike): void {
  const { world, services } = strike;
  const { disks } = services.cloud;
  for (const { id, state } of services.ec2.instances.values()) if (state === 'running') disks.staleLinks(id);
  world.say('on every host the links of volumes lead to other volumes, also those to come');
  breakWhatServes(strike);
}

/** Each content volume is served from a volume of its own. */
function ownVolumes({ services, failures, stage }: Strike): Check[] {
  const served = failures.map(({ volume }) => {
    const owner = stage.servedBy(volume);
    const link = owner === undefined ? undefined : services.cloud.disks.links(owner).find((l) => l.volume === volume);
    const tagged = link && services.ec2.volumes.get(link.volumeId)?.tags[TAG.volume];
    return { volume, tagged, says: `${volume}: ${link?.volumeId ?? 'nothing'} of ${tagged ?? 'nobody'}` };
  });
  const own = served.every(({ volume, tagged }) => tagged === volume);
  return [check('each content volume is served from its own volume', own, served.map(({ says }) => says).join('; '))];
}

export const staleLinkPlans: Readonly<Record<string, Plan>> = {
  'stale-device-link': {
    about: 'the file system shuts down; on every host the device link of each volume leads to another volume',
    expect: { outcome: ['replace'], withinMs: 5 * 60_000 },
    strike: mislead,
    checks: ownVolumes,
  },
};

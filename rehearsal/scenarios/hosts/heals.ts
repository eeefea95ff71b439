/** Things that happen while a heal runs. */
import { EXIT, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { terminateInstance } from '../../../simulator/aws/account/failures.ts';
import type { ResolvedResource } from '../../../simulator/aws/cloudformation/template.ts';
import { check } from '../../judge/checks.ts';
import { hasCode } from '../../judge/heard.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem, once } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
/** Somebody deploys over and over: no moment of the heal is spared. */
const DEPLOY_EVERY_MS = 4000;
const DEPLOYMENTS = 12;
const LAST_DEPLOYMENT_MS = 15 * MINUTE_MS;

interface Answer {
  readonly at: number;
  readonly volumeId: string | undefined;
  readonly refused: string | undefined;
}

/** Answers of the keeper, by the world that they were given in. */
const answers = new WeakMap<object, Answer[]>();

/** The custom resource that stands for a content volume in the template. */
export function resourceOf({ stage }: Strike, volume: string): ResolvedResource {
  const found = [...stage.created.resources.values()].find(
    (r) => r.type === 'Custom::RemountContentVolume' && r.properties.Volume === volume,
  );
  if (!found) throw new Error(`the template has no resource for ${volume}`);
  return found;
}

/** The content volume's resource is deployed: changed in turn with made anew, as when its logical id is another one. */
function deploy(strike: Strike, n: number): void {
  const { services, stage, world, first } = strike;
  const resource = resourceOf(strike, first.volume);
  const given = answers.get(services) ?? [];
  answers.set(services, given);
  // Of the resource alone; whoever waits for it is answered.
  services.cloudFormation.updates.push(world.clock.now());
  world.clock.spawn('deployment', async () => {
    const answer = (volumeId: unknown, refused?: string) => {
      given.push({ at: world.clock.now(), volumeId: volumeId === undefined ? undefined : String(volumeId), refused });
      world.say(`deployment ${n}: ${refused ?? `the keeper answers ${String(volumeId)}`}`);
    };
    try {
      const physicalId = stage.created.references.get(resource.logicalId)?.ref ?? '';
      const made =
        n % 2 === 0
          ? await services.customResources.update(resource, resource, physicalId, world.stackName)
          : await services.customResources.create(resource, world.stackName);
      answer(made.attributes.VolumeId);
    } catch (error) {
      answer(undefined, (error as Error).message);
    }
  });
}

function judgeDeployments({ services, stage, first }: Strike): Check[] {
  const given = answers.get(services) ?? [];
  const volumes = stage.physical(first.volume);
  const owner = stage.servedBy(first.volume);
  const served = volumes.find(
    (v) => v.attachment?.instanceId === owner && v.tags[TAG.role] === VOLUME_ROLE.current,
  )?.id;
  const known = given.every((a) => a.refused !== undefined || a.volumeId === first.volumeId || a.volumeId === served);
  const last = given.at(-1);
  return [
    check('no deployment makes a volume of its own', volumes.length === 2, volumes.map((v) => v.id).join(', ')),
    check(
      'a deployment during a heal gets the right volume, or a clear refusal',
      given.length === DEPLOYMENTS + 1 &&
        known &&
        given.every((a) => a.refused === undefined || hasCode(a.refused, 'healUnderWay')),
      given.map((a) => a.refused ?? a.volumeId).join('; '),
    ),
    check('the next deployment adopts what serves', last?.volumeId === served, `${last?.volumeId ?? last?.refused}`),
  ];
}

export const healPlans: Readonly<Record<string, Plan>> = {
  'deploy-during-heal': {
    about: 'the file system shuts down, and somebody deploys the stack over and over while it is healed',
    expect: { outcome: ['replace'], withinMs: 5 * MINUTE_MS },
    strike: (strike) => {
      const { clock } = strike.world;
      breakFileSystem(strike, strike.first);
      for (let n = 0; n < DEPLOYMENTS; n++) clock.after((n + 1) * DEPLOY_EVERY_MS, () => deploy(strike, n));
      clock.after(LAST_DEPLOYMENT_MS, () => deploy(strike, DEPLOYMENTS));
    },
    checks: judgeDeployments,
  },
  'second-failure-during-heal': {
    about: 'the file system shuts down, and the standby is terminated with the replacement just mounted',
    expect: { outcome: ['replace', 'relocate'], withinMs: 6 * MINUTE_MS, calls: 1500 },
    strike: (strike) => {
      breakFileSystem(strike, strike.first);
      once(
        strike,
        'command',
        ({ verb, exitCode }) => verb === 'mount' && exitCode === EXIT.ok,
        ({ instanceId }) => terminateInstance(strike.services, instanceId),
      );
    },
  },
};

import { TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { Created } from '../../../simulator/aws/account/created.ts';
import { createStack } from '../../../simulator/aws/cloudformation/stack.ts';
import type { SimVolume } from '../../../simulator/aws/ec2/state.ts';
import type { Course } from '../../../simulator/disks/disks.ts';
import { contentVolumes, type World } from '../../world/world.ts';

const MINUTE_MS = 60_000;
/** How long a deployment may take until every content volume is served. */
const BRING_UP_MS = 20 * MINUTE_MS;

/** A stack that is up: what the acts of a scenario are played on. */
export interface Stage {
  readonly created: Created;
  readonly volumes: readonly { readonly name: string; readonly zone: string }[];
  /** The instance that the load balancer sends requests for this volume to. */
  ownerOf(volume: string): string | undefined;
  /** The instance behind the load balancer that answers requests for this volume just now, if one does. */
  servedBy(volume: string): string | undefined;
  /** Physical volumes of a content volume, by their tags. */
  physical(volume: string): SimVolume[];
}

/** Deploys the template and waits until every content volume is served. @returns what is missing, when it is not */
export async function bringUp(world: World): Promise<Stage | string> {
  const { services, clock } = world;
  const created = await createStack(services, world.template, world.stackName, world.zones);
  const status = services.cloudFormation.statusOf(world.stackName);
  if (status !== 'CREATE_COMPLETE') return `the stack is in ${status}`;
  const volumes = contentVolumes(created);
  const groups = [...created.resources.values()]
    .filter((r) => r.type === 'AWS::ElasticLoadBalancingV2::TargetGroup')
    .map((r) => ({ path: String(r.properties.HealthCheckPath), arn: created.references.get(r.logicalId)?.ref ?? '' }));
  /** By content volume. */
  const groupOf = new Map(groups.map((group) => [group.path.replace(/^\/healthz\//, ''), group]));
  const healthy = (volume: string) => services.loadBalancer.healthy(groupOf.get(volume)?.arn ?? '');
  const stage: Stage = {
    created,
    volumes,
    ownerOf: (volume) => healthy(volume)[0],
    servedBy: (volume) => {
      const path = groupOf.get(volume)?.path ?? '';
      return healthy(volume).find((id) => services.fleet.web(id, path) === 200);
    },
    physical: (volume) =>
      [...services.ec2.volumes.values()].filter(
        (v) => v.tags[TAG.volume] === volume && v.tags[TAG.stack] === world.stackName,
      ),
  };
  const missing = () => volumes.filter((v) => !stage.ownerOf(v.name)).map((v) => v.name);
  await clock.run(clock.now() + BRING_UP_MS, () => missing().length === 0);
  if (volumes.length === 0) return 'the template has no content volume';
  return missing().length === 0
    ? stage
    : `${missing().join(', ')} not served ${BRING_UP_MS / MINUTE_MS} minutes after the deployment`;
}

/** The volume that carries the role `current`, if exactly one does. */
export function currentOf(stage: Stage, volume: string): SimVolume | undefined {
  const current = stage.physical(volume).filter((v) => v.tags[TAG.role] === VOLUME_ROLE.current);
  return current.length === 1 ? current[0] : undefined;
}

/** A person uploads a course, through whoever serves the volume. @throws Error when nobody does */
export function upload(world: World, stage: Stage, volume: string, course: Course): void {
  const owner = stage.ownerOf(volume);
  if (!owner) throw new Error(`nobody serves ${volume} to upload ${course.id} to`);
  world.disks.upload(owner, volume, course);
}

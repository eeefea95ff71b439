import type { Cloud } from '../aws/account/cloud.ts';
import type { Ec2State } from '../aws/ec2/state.ts';
import type { Fleet } from '../aws/fleet/fleet.ts';
import type { Hosts } from '../aws/fleet/hosts.ts';
import type { Principal } from '../aws/iam/account.ts';
import type { Life } from './objects.ts';

/** What is around the agents. */
export interface Surroundings {
  readonly cloud: Cloud;
  readonly ec2: Ec2State;
  readonly hosts: Hosts;
  readonly fleet: Pick<Fleet, 'identity'>;
}

/** Of an agent that began with that boot of its host. */
export function lifeOf({ cloud, ec2 }: Surroundings, instanceId: string, bootedAt: number | undefined): Life {
  const instance = ec2.instances.get(instanceId);
  if (instance?.state !== 'running' || instance.bootedAt !== bootedAt) return 'off';
  const { hung, lostZones, frozenAgents } = cloud.faults;
  return hung.has(instanceId) || lostZones.has(instance.zone) || frozenAgents.has(instanceId) ? 'sleeps' : 'runs';
}

/** `RestartSec` of an agent's unit (host/etc/remount-journal@.service, remount-intake@.service). Milliseconds, as all here. */
export const RESTART_MS = 10_000;
/** Of who follows on a spare: how often it looks (`host/agent/applier/follow.ts`), and once S3 is silent, or the spare's I/O hangs. */
export const FOLLOW = { lookMs: 1000, againMs: 5000 } as const;

/** Whether nobody starts what follows on spares there. */
export function isMasked({ cloud: { faults } }: Surroundings, instanceId: string): boolean {
  return faults.agentsFail || faults.maskedFollowers.has(instanceId);
}

/** As whom an agent calls. */
export function callerOn({ fleet }: Surroundings, instanceId: string): Principal {
  const identity = fleet.identity(instanceId);
  if (!identity) throw new Error(`${instanceId} has no role yet: its user data has not begun`);
  return { ...identity.principal, network: identity.stackName, agentOf: instanceId };
}

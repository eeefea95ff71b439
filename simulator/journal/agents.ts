import { VERB_PARAMETER } from '../../contract/contract.ts';
import type { Cloud } from '../aws/account/cloud.ts';
import type { Ec2State } from '../aws/ec2/state.ts';
import type { Fleet } from '../aws/fleet/fleet.ts';
import type { Hosts } from '../aws/fleet/hosts.ts';
import type { Principal } from '../aws/iam/account.ts';
import { DiskError } from '../disks/disks.ts';
import { AGENT_ENV, DRAINED_ENV, FLUSHED_ENV, STAND_IN } from '../disks/journal-answers.ts';
import { type Life, VolumeAgent } from './agent.ts';
import { JournalObjects } from './objects.ts';
import { writerOf } from './succession.ts';

/** Of which boot of its host an agent is. */
interface Boot {
  at: number | undefined;
}

interface Known {
  readonly agent: VolumeAgent;
  readonly boot: Boot;
}

/** What is around the agents. */
interface Surroundings {
  readonly cloud: Cloud;
  readonly ec2: Ec2State;
  readonly hosts: Hosts;
  readonly fleet: Pick<Fleet, 'identity'>;
}

/**
 * The agents of the journal on all hosts. One begins with the first `drain` that is sent to its host, which says where the journal is and under
 * which term: where nobody sends one, nothing here runs.
 */
export class JournalAgents {
  readonly #parts: Surroundings;
  readonly #agents = new Map<string, Known>();
  /** Starts of writers. */
  readonly #runs = new Map<string, number>();

  constructor(parts: Surroundings) {
    this.#parts = parts;
    parts.cloud.disks.listen((...heard) => this.#heard(...heard));
    parts.hosts.journalLag = (...served) => this.#lag(...served);
    parts.hosts.agent = (instanceId, verb, env) => {
      if (verb === 'drain') return () => this.#drain(instanceId, env);
      return verb === 'release' ? this.#flushing(instanceId, env) : undefined;
    };
  }

  #heard(instanceId: string, volumeId: string, courseId: string): void {
    const known = this.#agents.get(key(instanceId, volumeId));
    if (known && this.#isUp(instanceId, known)) known.agent.heard(courseId);
  }

  /** Its host may have booted since: then it starts anew, and its scan finds what has changed. @returns whether it goes on */
  #isUp(instanceId: string, { agent, boot }: Known): boolean {
    const { bootedAt } = this.#parts.ec2.instance(instanceId);
    if (boot.at === bootedAt) return true;
    boot.at = bootedAt;
    const run = this.#nextRun(instanceId);
    this.#parts.cloud.clock.spawn(`the agent on ${instanceId} starts`, () => agent.restart(run));
    return false;
  }

  #lag(instanceId: string, volume: string): number | undefined {
    const { cloud } = this.#parts;
    const served = cloud.disks.links(instanceId).find((link) => link.volume === volume && link.live)?.volumeId;
    const known = served === undefined ? undefined : this.#agents.get(key(instanceId, served));
    if (!known || cloud.faults.frozenAgents.has(instanceId)) return undefined;
    return this.#isUp(instanceId, known) ? known.agent.lag : 0;
  }

  async #drain(instanceId: string, env: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const { cloud, ec2 } = this.#parts;
    const of = (name: string) => env[`SSM_${name}`] ?? '';
    const [volume, volumeId] = [of(VERB_PARAMETER.volume), of(VERB_PARAMETER.volumeId)];
    const objects = new JournalObjects(cloud, () => this.#caller(instanceId), {
      bucket: of(VERB_PARAMETER.bucket),
      volume,
    });
    const term = Number(of(VERB_PARAMETER.term));
    const who = { volume, term, writer: writerOf(instanceId), run: this.#nextRun(instanceId) };
    const boot = { at: ec2.instance(instanceId).bootedAt };
    const place = { instanceId, volume, volumeId };
    const agent = new VolumeAgent(cloud, objects, place, who, () => this.#life(instanceId, boot.at));
    this.#agents.set(key(instanceId, volumeId), { agent, boot });
    try {
      return { [AGENT_ENV]: STAND_IN, [DRAINED_ENV]: (await agent.drain()).join('\n') };
    } catch (error) {
      // The script meets the same, and says it.
      if (error instanceof DiskError) return {};
      throw error;
    }
  }

  #flushing(
    instanceId: string,
    env: Readonly<Record<string, string>>,
  ): (() => Promise<Record<string, string>>) | undefined {
    const volumeId = env[`SSM_${VERB_PARAMETER.volumeId}`] ?? '';
    const known = this.#agents.get(key(instanceId, volumeId));
    if (!known) return undefined;
    return async () => ({ [AGENT_ENV]: STAND_IN, [FLUSHED_ENV]: String(await known.agent.flush()) });
  }

  #nextRun(instanceId: string): number {
    const run = (this.#runs.get(instanceId) ?? 0) + 1;
    this.#runs.set(instanceId, run);
    return run;
  }

  #life(instanceId: string, bootedAt: number | undefined): Life {
    const { cloud, ec2 } = this.#parts;
    const instance = ec2.instances.get(instanceId);
    if (instance?.state !== 'running' || instance.bootedAt !== bootedAt) return 'off';
    const { hung, lostZones, frozenAgents } = cloud.faults;
    return hung.has(instanceId) || lostZones.has(instance.zone) || frozenAgents.has(instanceId) ? 'sleeps' : 'runs';
  }

  #caller(instanceId: string): Principal {
    const identity = this.#parts.fleet.identity(instanceId);
    if (!identity) throw new Error(`${instanceId} has no role yet: its user data has not begun`);
    return { ...identity.principal, network: identity.stackName };
  }
}

function key(instanceId: string, volumeId: string): string {
  return `${instanceId} ${volumeId}`;
}

import { VERB_PARAMETER } from '../../contract/contract.ts';
import { DiskError } from '../disks/disks.ts';
import { AGENT_ENV, DRAINED_ENV, FLUSHED_ENV, STAND_IN } from '../disks/journal-answers.ts';
import { VolumeAgent } from './agent.ts';
import { callerOn, type Surroundings } from './life.ts';
import { AgentDead, JournalObjects, type Life, type Place } from './objects.ts';
import { writerOf } from './succession.ts';
import { AgentTurns } from './turns.ts';

/** `RestartSec` of its unit (host/etc/remount-journal@.service). Milliseconds. */
const RESTART_MS = 10_000;

/** In the place of a count of deaths: it ended by itself, and starts by what it hears next. */
const ENDED = -1;

/** Of which boot of its host an agent is, and after how many deaths there. */
interface Boot {
  readonly at: number | undefined;
  readonly kills: number;
}

interface Known {
  readonly agent: VolumeAgent;
  readonly boot: Boot;
}

/**
 * The agents of the journal on all hosts: themselves where disks can run them (`turns.ts`), else as a model. One of these begins with the first `drain` that is sent to its host, which says where the journal is and under
 * which term: where nobody sends one, nothing here runs.
 */
export class JournalAgents {
  readonly #parts: Surroundings;
  readonly #agents = new Map<string, Known>();
  /** Starts of writers. */
  readonly #runs = new Map<string, number>();

  constructor(parts: Surroundings) {
    this.#parts = parts;
    const { agents } = parts.cloud.disks;
    if (agents) {
      new AgentTurns(parts, agents);
      return;
    }
    parts.cloud.faults.onAgentKilled = (instanceId) => this.#killed(instanceId);
    parts.cloud.disks.listen((...heard) => this.#heard(...heard));
    parts.hosts.journalLag = (...served) => this.#lag(...served);
    parts.hosts.agent = (instanceId, verb, env) => {
      if (verb === 'drain') return () => this.#drain(instanceId, env);
      if (verb === 'serve') return this.#serving(instanceId, env);
      return verb === 'release' ? this.#flushing(instanceId, env) : undefined;
    };
  }

  #heard(instanceId: string, volumeId: string, courseId: string): void {
    const known = this.#agents.get(key(instanceId, volumeId));
    if (known && this.#isUp(instanceId, known)) known.agent.heard(courseId);
  }

  /** Its host may have booted since: then it starts anew, and its scan finds what has changed. @returns whether it goes on */
  #isUp(instanceId: string, { agent, boot }: Known): boolean {
    const { at, kills } = this.#boot(instanceId);
    if (boot.at !== at || boot.kills === ENDED) this.#restart(agent);
    // Who is dead hears nothing; the scan of its next start finds it.
    return boot.at === at && boot.kills === kills;
  }

  #lag(instanceId: string, volume: string): number | undefined {
    const { cloud } = this.#parts;
    const served = cloud.disks.links(instanceId).find((link) => link.volume === volume && link.live)?.volumeId;
    const known = served === undefined ? undefined : this.#agents.get(key(instanceId, served));
    if (!known || cloud.faults.frozenAgents.has(instanceId)) return undefined;
    return this.#isUp(instanceId, known) ? known.agent.lag : 0;
  }

  #restart({ place }: VolumeAgent): void {
    const at = key(place.instanceId, place.volumeId);
    const known = this.#agents.get(at);
    if (!known) return;
    const boot = this.#boot(place.instanceId);
    const agent = known.agent.again(this.#nextRun(place.instanceId), () => this.#life(place, boot));
    this.#agents.set(at, { agent, boot });
    this.#parts.cloud.clock.spawn(`the agent on ${place.instanceId} starts`, async () => {
      try {
        await agent.start();
      } catch (error) {
        if (error instanceof AgentDead) return;
        if (!(error instanceof DiskError)) throw error;
        // On a dead file system there is nothing to hear: no need to try every ten seconds.
        if (this.#agents.get(at)?.agent === agent) this.#agents.set(at, { agent, boot: { ...boot, kills: ENDED } });
      }
    });
  }

  /** systemd starts it anew, where its host is still the same. */
  #killed(instanceId: string): void {
    const { clock } = this.#parts.cloud;
    clock.after(RESTART_MS, () => {
      const now = this.#boot(instanceId);
      for (const { agent, boot } of [...this.#agents.values()])
        if (agent.place.instanceId === instanceId && boot.at === now.at && boot.kills < now.kills) this.#restart(agent);
    });
  }

  #boot(instanceId: string): Boot {
    const { cloud, ec2 } = this.#parts;
    const { bootedAt } = ec2.instance(instanceId);
    return { at: bootedAt, kills: cloud.faults.killedAgents.get(instanceId) ?? 0 };
  }

  async #drain(instanceId: string, env: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const { cloud } = this.#parts;
    const of = (name: string) => env[`SSM_${name}`] ?? '';
    const [volume, volumeId] = [of(VERB_PARAMETER.volume), of(VERB_PARAMETER.volumeId)];
    const boot = this.#boot(instanceId);
    const place = { instanceId, volume, volumeId };
    const life = () => this.#life(place, boot);
    const shelf = { bucket: of(VERB_PARAMETER.bucket), volume };
    const objects = new JournalObjects(cloud, () => callerOn(this.#parts, instanceId), shelf, life);
    const term = Number(of(VERB_PARAMETER.term));
    const who = { volume, term, writer: writerOf(instanceId), run: this.#nextRun(instanceId) };
    const agent = new VolumeAgent(cloud, objects, place, who, life);
    this.#agents.set(key(instanceId, volumeId), { agent, boot });
    try {
      return { [AGENT_ENV]: STAND_IN, [DRAINED_ENV]: (await agent.drain()).join('\n') };
    } catch (error) {
      // The script meets the same, and says it.
      if (error instanceof DiskError) return {};
      if (error instanceof AgentDead) return { [AGENT_ENV]: STAND_IN, [DRAINED_ENV]: '' };
      throw error;
    }
  }

  #serving(
    instanceId: string,
    env: Readonly<Record<string, string>>,
  ): (() => Promise<Record<string, string>>) | undefined {
    const known = this.#agents.get(key(instanceId, env[`SSM_${VERB_PARAMETER.volumeId}`] ?? ''));
    if (!known) return undefined;
    return async () => {
      known.agent.served();
      return {};
    };
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

  #life({ instanceId, volumeId }: Place, boot: Boot): Life {
    // Another has begun in its place, and `release` has stopped it before.
    if (this.#agents.get(key(instanceId, volumeId))?.boot !== boot) return 'off';
    const { cloud, ec2 } = this.#parts;
    const instance = ec2.instances.get(instanceId);
    const { hung, lostZones, frozenAgents, killedAgents } = cloud.faults;
    if (instance?.state !== 'running' || instance.bootedAt !== boot.at) return 'off';
    if ((killedAgents.get(instanceId) ?? 0) !== boot.kills) return 'off';
    return hung.has(instanceId) || lostZones.has(instance.zone) || frozenAgents.has(instanceId) ? 'sleeps' : 'runs';
  }
}

function key(instanceId: string, volumeId: string): string {
  return `${instanceId} ${volumeId}`;
}

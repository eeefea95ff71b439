import { EXIT, UPDATE_PARAMETER, UPDATE_VERB, VERB_PARAMETER } from '../../contract/contract.ts';
import { DiskError } from '../disks/disks.ts';
import { AGENT_ENV, DRAINED_ENV, FLUSHED_ENV, STAND_IN } from '../disks/journal-answers.ts';
import { VolumeAgent } from './agent.ts';
import { Followers } from './followers.ts';
import { callerOn, RESTART_MS, type Surroundings } from './life.ts';
import { AgentDead, JournalObjects, type Life, type Place } from './objects.ts';
import { DRAINING, SHORTLY, writerOf } from './succession.ts';
import { AgentTurns } from './turns.ts';

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
  /** By instance, as its software was given them. */
  readonly #buckets = new Map<string, string>();
  readonly #followers: Followers;
  readonly #turns: AgentTurns | undefined;
  /** Starts of writers. */
  readonly #runs = new Map<string, number>();

  constructor(parts: Surroundings) {
    this.#parts = parts;
    this.#followers = new Followers(parts);
    const { agents } = parts.cloud.disks;
    if (agents) {
      this.#turns = new AgentTurns(parts, agents);
      return;
    }
    parts.cloud.faults.onAgentKilled = (instanceId) => this.#killed(instanceId);
    parts.cloud.faults.onRootFull = (instanceId, full) => {
      if (full) this.#ended(instanceId);
    };
    parts.cloud.disks.listen((...heard) => this.#heard(...heard));
    parts.hosts.journalLag = (...served) => this.#lag(...served);
    parts.cloud.listen(({ event }) => {
      if (event?.kind === 'command' && event.verb === UPDATE_VERB && event.exitCode === EXIT.ok)
        this.#updated(event.instanceId);
    });
    parts.hosts.agent = (instanceId, verb, env) => {
      const bucket = env[`SSM_${UPDATE_PARAMETER.journal}`];
      if (verb === UPDATE_VERB && bucket !== undefined) this.#buckets.set(instanceId, bucket);
      if (verb === 'follow') return async () => this.#follow(instanceId, env);
      if (verb !== 'drain' && verb !== 'serve' && verb !== 'release') return undefined;
      this.#followers.stop(instanceId, env);
      if (verb === 'drain') return () => this.#drain(instanceId, env);
      return verb === 'serve' ? this.#serving(instanceId, env) : this.#flushing(instanceId, env);
    };
  }

  /** Where disks run the agents themselves: what their turns are. */
  get turns(): AgentTurns | undefined {
    return this.#turns;
  }

  /** All that was on the volume when this was asked is in its journal. @returns the number up to which it has it; `undefined`: not yet */
  async flushed(instanceId: string, volumeId: string): Promise<number | undefined> {
    if (this.#turns) return this.#turns.flushed(instanceId, volumeId);
    const known = this.#agents.get(key(instanceId, volumeId));
    if (!known || !this.#isUp(instanceId, known)) return undefined;
    return (await known.agent.flush()) ? known.agent.acknowledged : undefined;
  }

  #heard(instanceId: string, volumeId: string, courseId: string, files = 1): void {
    const known = this.#agents.get(key(instanceId, volumeId));
    if (known && this.#isUp(instanceId, known)) known.agent.heard(courseId, files);
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
    const { frozenAgents, fullRoots } = cloud.faults;
    if (!known || frozenAgents.has(instanceId) || fullRoots.has(instanceId)) return undefined;
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

  /** It found no room on the root disk. */
  #ended(instanceId: string): void {
    const { killedAgents } = this.#parts.cloud.faults;
    killedAgents.set(instanceId, (killedAgents.get(instanceId) ?? 0) + 1);
    this.#killed(instanceId);
  }

  /** systemd starts it anew, where its host is still the same; in vain where its root disk is full. */
  #killed(instanceId: string): void {
    const { clock, faults } = this.#parts.cloud;
    clock.after(RESTART_MS, () => {
      // Whoever boots again starts it then.
      if (this.#parts.ec2.instance(instanceId).state !== 'running') return;
      if (faults.fullRoots.has(instanceId)) return this.#killed(instanceId);
      const now = this.#boot(instanceId);
      this.#followers.restart(instanceId);
      for (const { agent, boot } of [...this.#agents.values()])
        if (agent.place.instanceId === instanceId && boot.at === now.at && boot.kills < now.kills) this.#restart(agent);
    });
  }

  #boot(instanceId: string): Boot {
    const { cloud, ec2 } = this.#parts;
    const { bootedAt } = ec2.instance(instanceId);
    return { at: bootedAt, kills: cloud.faults.killedAgents.get(instanceId) ?? 0 };
  }

  async #drain(
    instanceId: string,
    env: Readonly<Record<string, string>>,
    within = DRAINING,
  ): Promise<Record<string, string>> {
    const { cloud } = this.#parts;
    const of = (name: string) => env[`SSM_${name}`] ?? '';
    const [volume, volumeId] = [of(VERB_PARAMETER.volume), of(VERB_PARAMETER.volumeId)];
    if (cloud.faults.agentsFail) return { [AGENT_ENV]: STAND_IN, [DRAINED_ENV]: '' };
    const boot = this.#boot(instanceId);
    const place = { instanceId, volume, volumeId };
    const life = () => this.#life(place, boot);
    const shelf = { bucket: of(VERB_PARAMETER.bucket), volume, tried: () => this.#followers.poke(volume) };
    const objects = new JournalObjects(cloud, () => callerOn(this.#parts, instanceId), shelf, life);
    const term = Number(of(VERB_PARAMETER.term));
    const who = { volume, term, writer: writerOf(instanceId), run: this.#nextRun(instanceId) };
    const agent = new VolumeAgent(cloud, objects, place, who, life);
    this.#agents.set(key(instanceId, volumeId), { agent, boot });
    try {
      return { [AGENT_ENV]: STAND_IN, [DRAINED_ENV]: (await agent.drain(within)).join('\n') };
    } catch (error) {
      // The script meets the same, and says it.
      if (error instanceof DiskError) return {};
      if (error instanceof AgentDead) return { [AGENT_ENV]: STAND_IN, [DRAINED_ENV]: '' };
      throw error;
    }
  }

  /** What it serves has been served since before there was a journal: its writer has term 0, and takes the volume as it is. */
  #updated(instanceId: string): void {
    const { cloud } = this.#parts;
    const bucket = cloud.faults.agentsFail ? undefined : this.#buckets.get(instanceId);
    for (const { volume, volumeId, live } of bucket === undefined ? [] : cloud.disks.links(instanceId)) {
      if (!live || this.#agents.has(key(instanceId, volumeId))) continue;
      const boot = this.#boot(instanceId);
      const place = { instanceId, volume, volumeId };
      const life = () => this.#life(place, boot);
      const shelf = { bucket: bucket ?? '', volume, tried: () => this.#followers.poke(volume) };
      const objects = new JournalObjects(cloud, () => callerOn(this.#parts, instanceId), shelf, life);
      const who = { volume, term: 0, writer: writerOf(instanceId), run: 0 };
      const agent = new VolumeAgent(cloud, objects, place, who, life);
      agent.adopts();
      this.#agents.set(key(instanceId, volumeId), { agent, boot });
      this.#restart(agent);
    }
  }

  #follow(instanceId: string, env: Readonly<Record<string, string>>): Record<string, string> {
    const of = (name: string) => env[`SSM_${name}`] ?? '';
    const [volume, volumeId] = [of(VERB_PARAMETER.volume), of(VERB_PARAMETER.volumeId)];
    const taken = this.#agents.has(key(instanceId, volumeId));
    return this.#followers.follow({ instanceId, volume, volumeId }, of(VERB_PARAMETER.bucket), taken);
  }

  #serving(
    instanceId: string,
    env: Readonly<Record<string, string>>,
  ): (() => Promise<Record<string, string>>) | undefined {
    const at = key(instanceId, env[`SSM_${VERB_PARAMETER.volumeId}`] ?? '');
    // Else `drain` never came here.
    const taken = (this.#agents.get(at)?.agent.who.term ?? 0) >= Number(env[`SSM_${VERB_PARAMETER.term}`] ?? 0);
    if (taken && !this.#agents.has(at)) return undefined;
    return async () => {
      if (!taken) await this.#drain(instanceId, env, SHORTLY);
      this.#agents.get(at)?.agent.served();
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

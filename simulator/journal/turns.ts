import { VERB_PARAMETER } from '../../contract/contract.ts';
import type { HostResult } from '../disks/disks.ts';
import { FOLLOWED_ENV, MASKED } from '../disks/journal-answers.ts';
import type { AgentObject, RealAgents } from '../disks/journaled.ts';
import { callerOn, isMasked, lifeOf, RESTART_MS, type Surroundings } from './life.ts';
import { JournalObjects, SILENT } from './objects.ts';
import { SpareTurns } from './spare-turns.ts';

/** What has changed is in the journal so much later: milliseconds, as all here. */
const FLUSH_AFTER_MS = 1000;
/** Nothing comes of it now, for S3 or the host does not answer. */
const AGAIN_MS = 2000;
/** For so long whoever asks for a flush waits for it, and looks so often. */
const FLUSHED_MS = 10_000;
const LOOK_MS = 500;
/** For so long a process asks S3 in vain; a first request has waited 2 s. */
const SILENCE_MS = 3000;
/** A call that brings an object to the simulated S3 may be one that is chosen to go wrong. */
const TRIES = 20;

/**
 * The deployed agents on hosts of real disks, in virtual time. They are processes, and know kernel time alone: S3 holds what they ask until they have a turn,
 * which is when something has changed and a second has passed, and while a verb runs that asks them. What they have written by then is brought to the
 * simulated S3, with the role of the instance.
 */
export class AgentTurns {
  readonly #parts: Surroundings;
  readonly #agents: RealAgents;
  readonly #spares: SpareTurns;
  /** What has changed, and waits for its turn: since when. */
  readonly #due = new Map<string, number>();
  /** When S3 began to answer: kernel time, and virtual time. */
  readonly #moments: { readonly real: number; readonly virtual: number }[] = [];
  /** By instance: when systemd has started again what was killed there. */
  readonly #backAt = new Map<string, number>();
  /** By instance, as its verbs have it. */
  readonly #buckets = new Map<string, string>();
  /** By who wrote it: the number of what was written last. */
  readonly #newest = new Map<string, number>();
  /** Whether S3 answers the verb that an instance is about to run. */
  readonly #answered = new Map<string, boolean>();

  constructor(parts: Surroundings, agents: RealAgents) {
    this.#parts = parts;
    this.#agents = agents;
    const { cloud, hosts } = parts;
    cloud.disks.listen((instanceId, volumeId) => this.#changed(instanceId, volumeId));
    hosts.journalLag = (instanceId, volume) => this.#lag(instanceId, volume);
    cloud.faults.onAgentsFail = () => {
      agents.startable = false;
    };
    cloud.faults.onFollowersMasked = (instanceId) => agents.unfollow(instanceId);
    cloud.faults.onAgentFrozen = (instanceId, frozen) => agents.freeze(instanceId, frozen);
    cloud.faults.onRootFull = (instanceId, full) => agents.fillRoot(instanceId, full);
    cloud.faults.onObjectsGone = (bucket, keys) => agents.forget(bucket, keys);
    cloud.faults.onAgentKilled = (instanceId) => {
      agents.kill(instanceId);
      this.#backAt.set(instanceId, cloud.clock.now() + RESTART_MS);
    };
    this.#spares = new SpareTurns(parts, agents, {
      answers: async (instanceId) => !this.#isDead(instanceId) && (await this.#answers(instanceId)),
      turn: (work) => {
        this.#open('answers');
        work();
        this.#agents.s3('held');
      },
    });
    hosts.agent = (instanceId, verb, env) => {
      if (verb === 'follow') return () => this.#beforeFollow(instanceId, env);
      return asks(verb) ? () => this.#before(instanceId, env) : undefined;
    };
    hosts.around = (instanceId, { verb, env }, ran) => {
      if (verb === 'follow') return this.#followed(instanceId, env, ran());
      return asks(verb) ? this.#turn(instanceId, ran) : ran();
    };
  }

  /** Nothing comes of a turn there now: dead, asleep, frozen or stalled. */
  waits(instanceId: string, volumeId: string): boolean {
    const { cloud } = this.#parts;
    const frozen = cloud.disks.watchdogs(instanceId).some((each) => each.volumeId === volumeId);
    const { stalled, fullRoots } = cloud.faults;
    const ends = this.#isDead(instanceId) || fullRoots.has(instanceId);
    return ends || this.#life(instanceId) !== 'runs' || frozen || stalled.has(volumeId);
  }

  /** S3 answers all agents while that is done. What they have written by then is brought to the simulated S3. */
  async turn(work: () => void): Promise<void> {
    this.#open('answers');
    work();
    this.#agents.s3('held');
    await this.#bring();
  }

  /** As `JournalAgents.flushed`. */
  async flushed(instanceId: string, volumeId: string): Promise<number | undefined> {
    const { clock } = this.#parts.cloud;
    const until = clock.now() + FLUSHED_MS;
    while (this.#due.has(`${instanceId} ${volumeId}`) && clock.now() < until) await clock.sleep(LOOK_MS);
    if (this.#due.has(`${instanceId} ${volumeId}`) || !this.#agents.runs(instanceId, volumeId)) return undefined;
    return this.#newest.get(instanceId);
  }

  #changed(instanceId: string, volumeId: string): void {
    const key = `${instanceId} ${volumeId}`;
    if (this.#due.has(key) || !this.#agents.runs(instanceId, volumeId)) return;
    this.#due.set(key, this.#parts.cloud.clock.now());
    this.#later(FLUSH_AFTER_MS, instanceId, volumeId);
  }

  #later(after: number, instanceId: string, volumeId: string): void {
    const { clock } = this.#parts.cloud;
    clock.after(after, () =>
      clock.spawn(`the agent on ${instanceId} has its turn`, () => this.#flush(instanceId, volumeId)),
    );
  }

  /** For how long something has changed that is not in the journal; `undefined`: nobody says so. */
  #lag(instanceId: string, volume: string): number | undefined {
    const { clock, disks, faults } = this.#parts.cloud;
    const served = disks.links(instanceId).find((link) => link.volume === volume && link.live);
    const silent = faults.frozenAgents.has(instanceId) || faults.fullRoots.has(instanceId);
    if (!served || silent || !this.#agents.runs(instanceId, served.volumeId)) return undefined;
    const now = clock.now();
    return now - (this.#due.get(`${instanceId} ${served.volumeId}`) ?? now);
  }

  async #flush(instanceId: string, volumeId: string): Promise<void> {
    const key = `${instanceId} ${volumeId}`;
    const life = this.#life(instanceId);
    if (life === 'off' || !this.#agents.runs(instanceId, volumeId)) {
      this.#due.delete(key);
      return;
    }
    const waits = this.waits(instanceId, volumeId);
    // Its request is chosen to go wrong: it asks again once it has waited in vain.
    const lost = !waits && this.#isLost(instanceId);
    if (waits || lost || !(await this.#answers(instanceId)) || this.#life(instanceId) !== 'runs')
      return this.#later(AGAIN_MS, instanceId, volumeId);
    this.#due.delete(key);
    await this.turn(() => this.#agents.flush(instanceId, volumeId));
  }

  /** Its agents were killed, and systemd has not started them again. */
  #isDead(instanceId: string): boolean {
    return this.#parts.cloud.clock.now() < (this.#backAt.get(instanceId) ?? 0);
  }

  #isLost(instanceId: string): boolean {
    const call = { principal: callerOn(this.#parts, instanceId), service: 's3', operation: 'PutObject', input: {} };
    const { clock, faults } = this.#parts.cloud;
    return faults.mishaps.take({ ...call, sentAt: clock.now() }) !== undefined;
  }

  async #before(instanceId: string, env: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    this.#noteBucket(instanceId, env);
    const answers = await this.#answers(instanceId);
    this.#answered.set(instanceId, answers);
    if (!answers) await this.#parts.cloud.clock.sleep(SILENCE_MS);
    return {};
  }

  async #beforeFollow(instanceId: string, env: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    this.#noteBucket(instanceId, env);
    const masked = isMasked(this.#parts, instanceId);
    return masked ? { [FOLLOWED_ENV]: MASKED } : {};
  }

  /** The agent has kernel time, and nobody else. */
  #followed(instanceId: string, env: Readonly<Record<string, string>>, result: HostResult): HostResult {
    const headAt = this.#spares.followed(instanceId, env);
    const stdout = result.stdout.replace(/^headAt=.*\n/m, headAt === '' ? '' : `headAt=${headAt}\n`);
    return { ...result, stdout };
  }

  #noteBucket(instanceId: string, env: Readonly<Record<string, string>>): void {
    const bucket = env[`SSM_${VERB_PARAMETER.bucket}`];
    if (bucket !== undefined) this.#buckets.set(instanceId, bucket);
  }

  #turn(instanceId: string, ran: () => HostResult): HostResult {
    this.#open(this.#answered.get(instanceId) === false ? 'fails' : 'answers');
    const result = ran();
    this.#agents.s3('held');
    this.#parts.cloud.clock.spawn(`what ${instanceId} has written is brought to S3`, () => this.#bring());
    const stdout = result.stdout.replace(/^upTo=(.*)$/m, (_, at: string) => `upTo=${this.#virtual(Date.parse(at))}`);
    return { ...result, stdout };
  }

  /** Whatever stands still in virtual time does so in real time, too. */
  #open(s3: 'answers' | 'fails'): void {
    const { cloud, ec2 } = this.#parts;
    for (const { id, state } of ec2.instances.values())
      if (state === 'running' && cloud.disks.software(id) !== undefined)
        this.#agents.freeze(id, this.#life(id) === 'sleeps');
    this.#moments.push({ real: Date.now(), virtual: cloud.clock.now() });
    this.#agents.s3(s3);
  }

  /** When S3 began to answer before that: what was changed earlier in virtual time, was in real time. */
  #virtual(real: number): string {
    const at = this.#moments.findLast((moment) => moment.real <= real)?.virtual ?? 0;
    return new Date(at).toISOString();
  }

  #life(instanceId: string) {
    return lifeOf(this.#parts, instanceId, this.#parts.ec2.instances.get(instanceId)?.bootedAt);
  }

  /** Whether the simulated S3 answers that instance now. */
  async #answers(instanceId: string): Promise<boolean> {
    const bucket = this.#buckets.get(instanceId);
    if (bucket === undefined) return true;
    const shelf = { bucket, volume: 'nobodys' };
    const caller = () => callerOn(this.#parts, instanceId);
    const objects = new JournalObjects(this.#parts.cloud, caller, shelf, () => 'runs');
    return (await objects.look(1)) !== SILENT;
  }

  async #bring(): Promise<void> {
    const written = this.#agents.written();
    for (const object of written) await this.#put(object);
    for (const volume of new Set(written.map(({ key }) => volumeOfKey(key)))) this.#spares.poke(volume);
  }

  /** As it was written: at this moment. */
  async #put({ bucket, key, bytes, metadata }: AgentObject): Promise<void> {
    const { writer = '' } = metadata;
    const input = { Bucket: bucket, Key: key, Body: bytes, IfNoneMatch: '*', Metadata: metadata };
    for (let tries = 1; ; tries++)
      try {
        await this.#parts.cloud.call(callerOn(this.#parts, writer), 's3', 'PutObject', input, { atOnce: true });
        this.#newest.set(writer, Number(key.split('/').at(-1)));
        return;
      } catch (error) {
        if ((error as Error).name === 'PreconditionFailed' && tries > 1) return;
        if (tries === TRIES) throw error;
      }
  }
}

/** Verbs whose scripts ask the agent. */
function asks(verb: string): boolean {
  return verb === 'drain' || verb === 'release';
}

/** `journalKey` begins with it. */
function volumeOfKey(key: string): string {
  return key.split('/')[1] ?? '';
}

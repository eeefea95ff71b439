import { UPDATE_PARAMETER, UPDATE_VERB } from '../../contract/contract.ts';
import { intakePrefix } from '../../contract/intake.ts';
import type { S3 } from '../aws/s3/s3.ts';
import { DiskError } from '../disks/disks.ts';
import { callerOn, lifeOf, RESTART_MS, type Surroundings } from '../journal/life.ts';
import { AgentDead, type Place } from '../journal/objects.ts';
import { VolumeIntake } from './agent.ts';
import { UploadBucket } from './bucket.ts';
import { type HostTurns, IntakeTurns } from './turns.ts';

/** Between two looks. Milliseconds. */
const LOOK_MS = 2000;
const ASLEEP_MS = 1000;

/** What the journal of a host says of what is on a volume: the number up to which it has it. */
export type Flush = (instanceId: string, volumeId: string) => Promise<number | undefined>;

interface Running {
  readonly intake: VolumeIntake;
  readonly boot: string;
  readonly place: Place;
  started: boolean;
  busy: boolean;
  /** Not before. */
  next: number;
}

/** The intakes of all hosts whose software has one, for what each serves: themselves where disks can run them (`turns.ts`), else as a model. Where nothing is uploaded nothing is asked. */
export class IntakeAgents {
  readonly #parts: Surroundings & { readonly s3: S3 };
  readonly #flush: Flush;
  /** By instance, as its software was given them. */
  readonly #buckets = new Map<string, string>();
  readonly #running = new Map<string, Running>();
  readonly #turns: IntakeTurns | undefined;
  #ticks = false;

  /** @param turns where disks run the agents themselves */
  constructor(parts: Surroundings & { readonly s3: S3 }, flush: Flush, turns: HostTurns | undefined) {
    this.#parts = parts;
    this.#flush = flush;
    const { agents } = parts.cloud.disks;
    this.#turns = agents && turns && new IntakeTurns(parts, agents.intakes, turns);
    const { hosts } = parts;
    const before = hosts.surroundings;
    hosts.surroundings = (instanceId, verb, env) => {
      const bucket = env[`SSM_${UPDATE_PARAMETER.intake}`];
      if (verb === UPDATE_VERB && bucket !== undefined) this.#given(instanceId, bucket);
      return before?.(instanceId, verb, env) ?? {};
    };
    hosts.intakeStands = (instanceId, volume) => this.#stands(instanceId, volume);
  }

  #given(instanceId: string, bucket: string): void {
    this.#buckets.set(instanceId, bucket);
    if (this.#ticks) return;
    this.#ticks = true;
    const { clock } = this.#parts.cloud;
    const tick = () => (this.#turns ? this.#turns.tick(this.#buckets) : this.#tick());
    clock.every(LOOK_MS, clock.now() + LOOK_MS, tick);
  }

  #tick(): void {
    for (const [instanceId, bucket] of this.#buckets) {
      if (this.#parts.ec2.instances.get(instanceId)?.state !== 'running') continue;
      for (const { volume, volumeId, live } of this.#parts.cloud.disks.links(instanceId))
        if (live) this.#look({ instanceId, volume, volumeId }, bucket);
    }
  }

  #look(place: Place, bucket: string): void {
    const { cloud, s3 } = this.#parts;
    const running = this.#agentOf(place, bucket);
    if (running.busy || cloud.clock.now() < running.next) return;
    // Simplified: a look that finds nothing is not asked for, and so not counted.
    const waits = () => !s3.bucket(bucket).objects(intakePrefix(place.volume)).next().done;
    if (running.started && !waits()) return;
    running.busy = true;
    cloud.clock.spawn(`the intake of ${place.volume} on ${place.instanceId} takes in`, async () => {
      try {
        if (!running.started) await running.intake.start();
        running.started = true;
        await running.intake.look();
      } catch (error) {
        if (!(error instanceof AgentDead) && !(error instanceof DiskError)) throw error;
        running.started = false;
        running.next = cloud.clock.now() + RESTART_MS;
      } finally {
        running.busy = false;
      }
    });
  }

  #agentOf(place: Place, bucket: string): Running {
    const key = `${place.instanceId} ${place.volumeId}`;
    const known = this.#running.get(key);
    const boot = this.#boot(place.instanceId);
    if (known?.boot === boot) return known;
    const { cloud } = this.#parts;
    const awake = () => this.#awake(place, boot);
    const objects = new UploadBucket(cloud, () => callerOn(this.#parts, place.instanceId), bucket, awake);
    const flush = () => this.#flush(place.instanceId, place.volumeId);
    const intake = new VolumeIntake({ cloud, place, bucket: objects, flush, awake });
    // Killed, it is started again after a while.
    const next = known ? cloud.clock.now() + RESTART_MS : 0;
    const running = { intake, boot, place, started: false, busy: false, next };
    this.#running.set(key, running);
    return running;
  }

  /** Of which boot of its host an agent is, and after how many deaths there. */
  #boot(instanceId: string): string {
    const { cloud, ec2 } = this.#parts;
    const kills = cloud.faults.killedAgents.get(instanceId) ?? 0;
    return `${ec2.instances.get(instanceId)?.bootedAt} ${kills}`;
  }

  /** Waits while the host does nothing. @throws AgentDead where it is off, killed, or serves this no more */
  async #awake({ instanceId, volume, volumeId }: Place, boot: string): Promise<void> {
    const { cloud, ec2 } = this.#parts;
    for (;;) {
      const life = lifeOf(this.#parts, instanceId, ec2.instances.get(instanceId)?.bootedAt);
      if (life === 'off' || this.#boot(instanceId) !== boot) throw new AgentDead();
      if (life === 'runs') break;
      await cloud.clock.sleep(ASLEEP_MS);
    }
    const served = cloud.disks.links(instanceId).some((link) => link.volume === volume && link.volumeId === volumeId);
    if (!served) throw new AgentDead();
  }

  /** What it says of itself every ten seconds. */
  #stands(instanceId: string, volume: string) {
    const { cloud } = this.#parts;
    const served = cloud.disks.links(instanceId).find((link) => link.volume === volume && link.live)?.volumeId;
    const bucket = this.#buckets.get(instanceId);
    if (this.#turns)
      return served && bucket ? this.#turns.stands(bucket, { instanceId, volume, volumeId: served }) : undefined;
    const running = this.#running.get(`${instanceId} ${served}`);
    if (!running || running.boot !== this.#boot(instanceId)) return undefined;
    const { waiting, oldest, done, refused } = running.intake;
    return { waiting, oldestMs: oldest === undefined ? 0 : cloud.clock.now() - oldest, done, refused };
  }
}

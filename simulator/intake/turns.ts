import { answersPrefix, FILES_PREFIX, intakePrefix } from '../../contract/intake.ts';
import type { S3 } from '../aws/s3/s3.ts';
import type { RealIntakes, UploadAct, UploadVersion } from '../disks/uploads.ts';
import { callerOn, type Surroundings } from '../journal/life.ts';
import type { Place } from '../journal/objects.ts';
import { UploadBucket } from './bucket.ts';

/** For so long an answer of S3 is waited for, before anything is begun. Milliseconds. */
const TIMEOUT_MS = 2000;

/** What the journal's agents on hosts of real disks have to do with it: their turns are the only time in which S3 answers anybody there. */
export interface HostTurns {
  /** Nothing comes of a turn there now: dead, asleep, frozen or stalled. */
  waits(instanceId: string, volumeId: string): boolean;
  /** S3 answers all agents while that is done. What they have written by then is brought to the simulated S3. */
  turn(work: () => void): Promise<void>;
}

interface Counts {
  done: number;
  refused: number;
}

/**
 * The deployed intakes on hosts of real disks, in virtual time: where something waits, or an intake has just been started, all of it is taken in at one
 * moment, by the process on the host. What it did in the bucket is then done in the simulated S3, with the role of the instance.
 */
export class IntakeTurns {
  readonly #parts: Surroundings & { readonly s3: S3 };
  readonly #intakes: RealIntakes;
  readonly #hosts: HostTurns;
  /** By host and volume: the start whose debts are settled. */
  readonly #settled = new Map<string, string>();
  readonly #counts = new Map<string, Counts>();
  #busy = false;

  constructor(parts: Surroundings & { readonly s3: S3 }, intakes: RealIntakes, hosts: HostTurns) {
    this.#parts = parts;
    this.#intakes = intakes;
    this.#hosts = hosts;
  }

  /** What waits in S3 is the simulated one's to know; what was done, the host's. */
  stands(bucket: string, { instanceId, volume }: Place) {
    if (this.#intakes.runs(instanceId, volume) === undefined) return undefined;
    const waiting = [...this.#parts.s3.bucket(bucket).objects(intakePrefix(volume))];
    const oldest = Math.min(...waiting.map(([, version]) => version.at));
    const oldestMs = waiting.length === 0 ? 0 : this.#parts.cloud.clock.now() - oldest;
    return { waiting: waiting.length, oldestMs, ...this.#countsOf(`${instanceId} ${volume}`) };
  }

  /** One at a time: a turn is everybody's. @param buckets by instance, as its software was given them */
  tick(buckets: ReadonlyMap<string, string>): void {
    for (const [instanceId, bucket] of buckets) {
      if (this.#parts.ec2.instances.get(instanceId)?.state !== 'running') continue;
      for (const { volume, volumeId, live } of this.#parts.cloud.disks.links(instanceId))
        if (live && !this.#busy) this.#look({ instanceId, volume, volumeId }, bucket);
    }
  }

  #look(place: Place, bucket: string): void {
    const { cloud, s3 } = this.#parts;
    const at = `${place.instanceId} ${place.volume}`;
    const start = this.#start(place);
    if (start === undefined || this.#hosts.waits(place.instanceId, place.volumeId)) return;
    const anew = this.#settled.get(at) !== start;
    if (!anew && s3.bucket(bucket).objects(intakePrefix(place.volume)).next().done) return;
    this.#busy = true;
    cloud.clock.spawn(`the intake of ${place.volume} on ${place.instanceId} takes in`, async () => {
      try {
        if (!(await this.#answers(place, bucket))) return;
        if (this.#start(place) !== start || this.#hosts.waits(place.instanceId, place.volumeId)) return;
        await this.#hosts.turn(() => {
          this.#intakes.give(bucket, this.#versionsOf(bucket, place.volume));
          this.#intakes.takeIn(place.instanceId, bucket, place.volume, anew);
        });
        this.#settled.set(at, start);
        for (const act of this.#intakes.acts()) await this.#repeat(place, act);
      } finally {
        this.#busy = false;
      }
    });
  }

  /** Of which start of its unit, and after how many deaths. */
  #start({ instanceId, volume }: Place): string | undefined {
    const unit = this.#intakes.runs(instanceId, volume);
    return unit && `${unit} ${this.#parts.cloud.faults.killedAgents.get(instanceId) ?? 0}`;
  }

  async #answers({ instanceId, volume }: Place, bucket: string): Promise<boolean> {
    const input = { Bucket: bucket, Prefix: intakePrefix(volume) };
    try {
      await this.#parts.cloud.call(callerOn(this.#parts, instanceId), 's3', 'ListObjectsV2', input, {
        timeoutMs: TIMEOUT_MS,
      });
      return true;
    } catch {
      return false;
    }
  }

  #versionsOf(name: string, volume: string): UploadVersion[] {
    const bucket = this.#parts.s3.bucket(name);
    return [intakePrefix(volume), `${FILES_PREFIX}${volume}/`, answersPrefix(volume)].flatMap((prefix) =>
      [...bucket.keys(prefix)].flatMap(([key, versions]) =>
        versions.toReversed().map(({ id, at, object }) => ({
          ...{ key, version: id, modified: Math.floor(at / 1000) * 1000 },
          ...{ etag: object?.etag ?? '', bytes: object?.bytes },
        })),
      ),
    );
  }

  /** Whoever did it has done it: where S3 does not answer at this moment, it is asked again. */
  async #repeat({ instanceId, volume }: Place, act: UploadAct): Promise<void> {
    const caller = () => callerOn(this.#parts, instanceId);
    const bucket = new UploadBucket(this.#parts.cloud, caller, act.bucket, async () => {});
    if (act.act === 'hide') return bucket.hide(act);
    const text = Buffer.from(act.bytes).toString();
    await bucket.answer(act.key, text);
    const { state } = JSON.parse(text) as { readonly state?: unknown };
    const counts = this.#countsOf(`${instanceId} ${volume}`);
    if (state === 'done' || state === 'refused') counts[state]++;
    this.#counts.set(`${instanceId} ${volume}`, counts);
  }

  #countsOf(at: string): Counts {
    return this.#counts.get(at) ?? { done: 0, refused: 0 };
  }
}

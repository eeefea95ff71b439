/**
 * Volumes made from snapshots load lazily: whoever is the first to touch a block waits until it has come from S3. What verbs read is charged
 * for it in virtual time. Blocks that were touched, or that a provisioned initialization rate has loaded, answer as fast as any.
 *
 * Left out, for AWS gives no figure of it: what EBS loads by itself without a rate ("the default rate fluctuates"). Fast snapshot restore is
 * nothing that the stack asks for. Source: EBS User Guide, "Initialize Amazon EBS volumes".
 */
import { EXIT } from '../../../contract/contract.ts';
import type { Disks, HostResult } from '../../disks/disks.ts';
import {
  BLOCK_KIB,
  blocksTouched,
  blocksWritten,
  modelledReads,
  READING,
  type Reading,
} from '../../disks/first-touch.ts';
import type { DeviceReads, Written } from '../../disks/reads.ts';
import type { VirtualClock } from '../../time/clock.ts';
import type { Random } from '../../time/random.ts';
import { ANSWERS_MS, goesOn } from './slow-mounts.ts';

/**
 * The first touch of a block, milliseconds. GETs of up to 512 KB from S3 have "median latencies often in the tens of milliseconds", and are to be
 * repeated after 2 s (whitepaper "Best Practices Design Patterns: Optimizing Amazon S3 Performance", "Timeouts and Retries for
 * Latency-Sensitive Applications"); 35 ms is what CloudWatch showed of a volume that loaded lazily
 * (blog.bitfoo.de/posts/aws-ebs-snapshot-s3-lazy-loading). The 99th percentile is a guess between those two.
 */
export const FIRST_TOUCH = { median: 35, p99: 250 };
/** From so many touches on, their sum is taken from the normal distribution of sums. */
const MANY = 64;
/** Reading stops by itself: `verify` counts files for so long (REMOUNT_COUNT_SECONDS), `check` compares (REMOUNT_CHECK_SECONDS). */
const AT_MOST_MS: Readonly<Record<Reading, number>> = {
  mount: Number.POSITIVE_INFINITY,
  verify: 15_000,
  serve: Number.POSITIVE_INFINITY,
  check: 600_000,
};
/** What the counters say is taken where the model is off by more: the same seed gives the same log, and counters are never quite the same. */
const MODEL_WITHIN = 4;
/** A verb that fails has read the superblock, or a canary. */
const REFUSED: DeviceReads = { reads: 2, kib: 8 };

/** What shows what is read. */
type Read = Pick<Disks, 'written' | 'deviceReads'>;

/** A volume that was made from a snapshot. */
interface Cold {
  readonly createdAt: number;
  /** MiB/s; 0: none was asked for. */
  readonly rate: number;
  /** Blocks touched, by verb: the same verb touches the same again. */
  readonly touched: Map<Reading, number>;
}

/** A verb's answer, and how much later it comes. */
interface Loaded {
  readonly result: HostResult;
  readonly ms: number;
}

export class LazyLoading {
  /** What the content of all volumes stands for, where the rehearsal's own is too small for the story. */
  standsFor: Written | undefined;
  /** MiB/s at which volumes load whose maker asked for no rate. As AWS documents it: nothing that could be relied on. */
  unaskedRate = 0;
  readonly #clock: Pick<VirtualClock, 'now'>;
  readonly #random: Random;
  readonly #disks: Read;
  readonly #cold = new Map<string, Cold>();
  /** Volume and host -> when its mount began, and ends. */
  readonly #mounting = new Map<string, { readonly from: number; readonly until: number }>();

  constructor(clock: Pick<VirtualClock, 'now'>, random: Random, disks: Read) {
    this.#clock = clock;
    this.#random = random.stream('first touches');
    this.#disks = disks;
  }

  /** A volume was made from a snapshot. @param rate MiB/s */
  restored(volumeId: string, rate = this.unaskedRate): void {
    this.#cold.set(volumeId, { createdAt: this.#clock.now(), rate, touched: new Map() });
  }

  gone(volumeId: string): void {
    this.#cold.delete(volumeId);
  }

  /** Part of its blocks that nobody has touched and nothing has loaded: 0 to 1. */
  coldPart(volumeId: string): number {
    const cold = this.#cold.get(volumeId);
    if (!cold) return 0;
    const all = blocksWritten(this.#writtenTo(volumeId));
    return Math.max(0, 1 - sum(cold.touched) / all) * this.#unloaded(cold, all);
  }

  /** From that moment until its rate has loaded everything, or, without one, until one reader has read everything once. Milliseconds. */
  slowFor(volumeId: string, at: number): number {
    const cold = this.#cold.get(volumeId);
    if (!cold) return 0;
    const { createdAt, rate, touched } = cold;
    const all = blocksWritten(this.#writtenTo(volumeId));
    if (rate === 0) return this.#first(Math.max(0, all - sum(touched)));
    return Math.max(0, createdAt + (1000 * all * BLOCK_KIB) / (rate * 1024) - at);
  }

  /** What a check of that share of the content, which begins now, will wait for blocks, milliseconds. It may be stopped before it has read them. */
  expectCheck(volumeId: string, share = 1): number {
    const wait = this.#waitFor('check', volumeId, (_, written) => modelledReads('check', written, share));
    return wait?.ms ?? 0;
  }

  /**
   * Runs a verb, and says what it waited for blocks, milliseconds: none for a check, of which that is known before. A count that was cut off says
   * so; a mount that takes longer than the verb waits goes on, and says that.
   */
  run(instanceId: string, verb: string, volumeId: string, script: () => HostResult): Loaded {
    const cold = this.#cold.get(volumeId);
    const reading = READING.find((known) => known === verb);
    if (!cold || !reading) return { result: script(), ms: 0 };
    const before = this.#disks.deviceReads(volumeId);
    const result = script();
    const after = this.#disks.deviceReads(volumeId);
    const counted = before && after && { reads: after.reads - before.reads, kib: after.kib - before.kib };
    const wait = this.#waitFor(reading, volumeId, (_, written) => {
      const modelled = result.exitCode === 0 ? modelledReads(reading, written, shareRead(result)) : REFUSED;
      return counted && !this.standsFor && !alike(modelled, counted, written) ? counted : modelled;
    });
    if (!wait) return { result, ms: 0 };
    const { ms, part, touched } = wait;
    cold.touched.set(reading, touched);
    if (reading === 'check') return { result, ms: 0 };
    if (reading === 'verify' && part < 1) return { result: cutOff(result, part), ms };
    if (reading !== 'mount' || ms <= ANSWERS_MS) return { result, ms };
    if (result.exitCode !== 0) return { result, ms: ANSWERS_MS };
    const now = this.#clock.now();
    this.#mounting.set(`${volumeId} ${instanceId}`, { from: now, until: now + ms });
    return { result: goesOn(volumeId, EXIT.mounting, ANSWERS_MS), ms: ANSWERS_MS };
  }

  /** What a `mount` that is sent now waits for, as {@link SlowMounts.ask}, where one is under way. */
  ask(instanceId: string, volumeId: string): { readonly ms: number; readonly says?: HostResult } | undefined {
    const mount = this.#mounting.get(`${volumeId} ${instanceId}`);
    if (!mount) return undefined;
    const now = this.#clock.now();
    const ms = Math.max(0, mount.until - now);
    if (ms > ANSWERS_MS)
      return { ms: ANSWERS_MS, says: goesOn(volumeId, EXIT.mounting, now - mount.from + ANSWERS_MS) };
    return { ms };
  }

  /** A release ends it. */
  end(instanceId: string, volumeId: string): void {
    this.#mounting.delete(`${volumeId} ${instanceId}`);
  }

  /** What a verb that reads so much waits for blocks that nobody has touched; without that, there are none. */
  #waitFor(reading: Reading, volumeId: string, readsOf: (verb: Reading, written: Written) => DeviceReads) {
    const cold = this.#cold.get(volumeId);
    // A check has read all metadata, in however little time; and the others read nothing else.
    if (!cold || (reading !== 'check' && cold.touched.has('check'))) return undefined;
    const written = this.#writtenTo(volumeId);
    const all = blocksWritten(written);
    const before = cold.touched.get(reading) ?? 0;
    const fresh = Math.min(blocksTouched(readsOf(reading, written), written) - before, all - sum(cold.touched));
    if (fresh <= 0) return undefined;
    const whole = this.#first(Math.round(fresh * this.#unloaded(cold, all)));
    const ms = Math.min(whole, AT_MOST_MS[reading]);
    const part = whole > ms ? ms / whole : 1;
    return { ms, part, touched: before + Math.round(fresh * part) };
  }

  /** Part of the blocks that its rate has not loaded yet. Which come first is not known. */
  #unloaded({ createdAt, rate }: Cold, all: number): number {
    return Math.max(0, 1 - ((this.#clock.now() - createdAt) / 1000) * ((rate * 1024) / (all * BLOCK_KIB)));
  }

  /** Milliseconds that so many first touches take, one after another. */
  #first(count: number): number {
    if (count <= MANY) {
      let ms = 0;
      for (let i = 0; i < count; i++) ms += this.#random.delay(FIRST_TOUCH);
      return ms;
    }
    const sigma = Math.log(FIRST_TOUCH.p99 / FIRST_TOUCH.median) / 2.326;
    const mean = FIRST_TOUCH.median * Math.exp(sigma ** 2 / 2);
    const deviation = mean * Math.sqrt(Math.exp(sigma ** 2) - 1);
    const normal = Math.sqrt(-2 * Math.log(1 - this.#random.next())) * Math.cos(2 * Math.PI * this.#random.next());
    return Math.round(count * mean + Math.sqrt(count) * deviation * normal);
  }

  #writtenTo(volumeId: string): Written {
    return this.standsFor ?? this.#disks.written(volumeId);
  }
}

function sum(touched: ReadonlyMap<Reading, number>): number {
  let all = 0;
  for (const count of touched.values()) all += count;
  return all;
}

/** Of a check: how much of the content it says that it has read. */
function shareRead({ stdout }: HostResult): number {
  const [bytes, stored] = ['bytes', 'stored'].map((key) =>
    Number(new RegExp(`^${key}=(\\d+)$`, 'm').exec(stdout)?.[1]),
  );
  return bytes !== undefined && stored ? bytes / stored : 1;
}

/** Whether two say about the same. */
function alike(modelled: DeviceReads, counted: DeviceReads, written: Written): boolean {
  const [a, b] = [blocksTouched(modelled, written), blocksTouched(counted, written)];
  return a <= b * MODEL_WITHIN && b <= a * MODEL_WITHIN;
}

/** The answer of a `verify` whose time for counting was over: it has counted some. */
function cutOff(result: HostResult, part: number): HostResult {
  const stdout = result.stdout
    .replace('filesComplete=true', 'filesComplete=false')
    .replace(/^files=(\d+)$/m, (_, files: string) => `files=${Math.floor(Number(files) * part)}`);
  return { ...result, stdout };
}

import { z } from 'zod';
import { DEVICE_NAMES, LOCK_MODES, VOLUME_NAME } from '../../contract/contract.ts';
import { fail } from './refusal.ts';

/** Limits of gp3. Source: API reference of CreateVolume (Size, Iops, Throughput); ratios: EBS User Guide, "General Purpose SSD volumes". */
export const GP3 = {
  maxSizeGiB: 65_536,
  minIops: 3000,
  maxIops: 80_000,
  minThroughput: 125,
  maxThroughput: 2000,
  iopsPerGiB: 500,
  throughputPerIops: 0.25,
};

/**
 * Content volumes in a stack. Each adds to two quotas of Lambda that cannot be raised: an alias takes 20 KB of permissions
 * (two alarms a volume), a function 4 KB of environment (the target group of each). CloudFormation would find out halfway
 * through a deployment. Source: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; `test/lib/limits.test.ts` adds up.
 */
export const MAX_VOLUMES = 14;

/**
 * EBS takes 36,500 days (API reference of LockSnapshot). Nobody can take a lock in compliance mode back, and each volume has one more
 * a day: more than a year is an archive's business, and more likely a mistake.
 */
const MAX_LOCK_DAYS = 365;

/**
 * Somebody who looks once a day reads in the morning what came the evening before, and EBS may have one wait for six hours after the last
 * change of a volume (API reference of ModifyVolume). Less than half a day is no warning then.
 */
export const FULL_WITHIN_HOURS = 24;

export const whole = (min: number, max: number, unit = '') => {
  const allowed = `a whole number from ${min} to ${max}${unit && ` ${unit}`}`;
  return z.int(allowed).min(min, allowed).max(max, allowed);
};

/** Source: API reference of CreateVolume, VolumeInitializationRate. */
const INITIALIZATION = { min: 100, max: 300 };
const RATE = `a whole number from ${INITIALIZATION.min} to ${INITIALIZATION.max} MiB/s, or 0 to pay for none`;

const NAME =
  '2 to 32 of a-z, 0-9 and -, from a letter to a letter or digit (it is a tag, a path and a metric dimension)';
const ORIGIN = '* or origins such as https://lms.example.com';
const MORE_BUCKETS = 'a list of bucket names';
const RUNBOOK_URL = 'an https address of at most 200 characters, without #';

/** What a setting may be, and a prop of a construct that is used without settings: see `checkProps`. */
export const ALLOWED = {
  volumeName: z
    .string(NAME)
    .regex(VOLUME_NAME, NAME)
    .refine((name) => name !== 'healthz', 'any other name (below /healthz/ are the health checks)'),
  sizeGiB: whole(1, GP3.maxSizeGiB, 'GiB (gp3)'),
  iops: whole(GP3.minIops, GP3.maxIops, 'IOPS (gp3)'),
  throughputMiBs: whole(GP3.minThroughput, GP3.maxThroughput, 'MiB/s (gp3)'),
  instancesPerZone: whole(2, 20, 'instances (owner and standby are two)'),
  perHour: whole(1, 4, 'schedules an hour'),
  keepHours: whole(2, 250, 'hours'),
  consistency: z.enum(['crash', 'application'], 'crash or application'),
  prefer: z.enum(['faster', 'fresher'], 'faster or fresher'),
  maxSpareAgeMinutes: whole(15, 1440, 'minutes'),
  fallPercent: whole(1, 99, 'percent'),
  readAllEvery: whole(1, 96, 'drills'),
  initializationMiBs: z
    .int(RATE)
    .refine((rate) => rate === 0 || (rate >= INITIALIZATION.min && rate <= INITIALIZATION.max), RATE),
  fullWithinHours: whole(12, 168, 'hours'),
  /** An alarm's description takes 1,024 characters (API reference of PutMetricAlarm). */
  runbookUrl: z.string(RUNBOOK_URL).regex(/^https:\/\/[^\s#'"<>]{1,192}$/, RUNBOOK_URL),
  snapshotDays: whole(0, 365, 'days'),
  volumeDays: whole(0, 7, 'days'),
  /** A lifecycle rule takes whole days. */
  journalDays: whole(1, 365, 'days'),
  /** Records are kept for good, and pages of them may be. */
  incidentPageDays: whole(1, 3650, 'days'),
  /** Of an upload. What is dirty at once has room for 30,000 names in the journal's agent (docs/journal.md). */
  maxNames: whole(1, 30_000, 'names'),
  maxGiB: whole(1, 1024, 'GiB'),
  /** Deflate's most is 1,032: zlib.net, "Maximum compression factor". */
  maxRatio: whole(2, 1032, 'times the upload'),
  reservePercent: whole(0, 50, 'percent'),
  ignoreCase: z.boolean('true or false'),
  /** Whose scripts may ask across origins. */
  origins: z
    .array(z.string(ORIGIN).regex(/^(\*|https?:\/\/[a-z0-9.-]+(:\d{1,5})?)$/, ORIGIN), `a list of ${ORIGIN}`)
    .refine((all) => !all.includes('*') || all.length === 1, '* alone, or origins'),
  lockDays: whole(0, MAX_LOCK_DAYS, 'days'),
  lockMode: z.enum(LOCK_MODES, LOCK_MODES.join(' or ')),
  /** Names get into a policy, where `*` were every bucket. Source: S3 User Guide, "General purpose bucket naming rules". */
  moreBuckets: z.array(z.string(MORE_BUCKETS).regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, MORE_BUCKETS), MORE_BUCKETS),
} as const;

/** What is paid for of a gp3 volume. */
export interface Gp3Volume {
  readonly sizeGiB: number;
  readonly iops: number;
  readonly throughputMiBs: number;
}

/** One instance may have to take all volumes of its zone. @throws SettingsError */
export function checkCrowding(volumes: readonly { readonly zone: string }[], drills: boolean): void {
  for (const { zone } of volumes) {
    const there = volumes.filter((v) => v.zone === zone).length;
    const allowed = DEVICE_NAMES.length - (drills ? 1 : 0);
    if (there > allowed)
      fail(
        'volumes',
        `${there} in ${zone}`,
        `at most ${allowed} in a zone (one instance may have to take them all, and has ${DEVICE_NAMES.length} device names${drills ? ', one for a drill' : ''})`,
      );
  }
}

/**
 * What gp3 has of one for so much of another.
 *
 * @param before stands before the names
 * @throws SettingsError
 */
export function checkGp3(v: Gp3Volume, before = ''): void {
  const maxIops = Math.max(GP3.minIops, v.sizeGiB * GP3.iopsPerGiB);
  if (v.iops > maxIops)
    fail(`${before}iops`, v.iops, `at most ${maxIops} for ${v.sizeGiB} GiB (gp3: ${GP3.iopsPerGiB} a GiB)`);
  const maxThroughput = Math.max(GP3.minThroughput, v.iops * GP3.throughputPerIops);
  if (v.throughputMiBs > maxThroughput)
    fail(
      `${before}throughputMiBs`,
      v.throughputMiBs,
      `at most ${maxThroughput} for ${v.iops} IOPS (gp3: ${GP3.throughputPerIops} MiB/s an IOPS)`,
    );
}

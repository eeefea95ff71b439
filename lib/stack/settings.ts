import { z } from 'zod';
import { DEVICE_NAMES, LOCK_MODES, VOLUME_NAME } from '../../contract/contract.ts';
import { WEB, WEB_DEFAULTS } from './web-settings.ts';

/** A wrong setting: one line that names the setting, the value received and what is allowed. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Context key of the settings, in `cdk.json` or as `-c remount='{...}'`. */
export const CONTEXT_KEY = 'remount';

/** Limits of gp3. Source: API reference of CreateVolume (Size, Iops, Throughput); ratios: EBS User Guide, "General Purpose SSD volumes". */
const GP3 = {
  maxSizeGiB: 65_536,
  minIops: 3000,
  maxIops: 80_000,
  minThroughput: 125,
  maxThroughput: 2000,
  iopsPerGiB: 500,
  throughputPerIops: 0.25,
};
const ZONE = /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/;

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

const whole = (min: number, max: number, unit = '') => {
  const allowed = `a whole number from ${min} to ${max}${unit && ` ${unit}`}`;
  return z.int(allowed).min(min, allowed).max(max, allowed);
};

/** An object of these settings and no others. */
const group = <Shape extends z.ZodRawShape>(shape: Shape) => {
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `no such setting; known are ${names}` : `an object of ${names}`,
  });
};

/** Source: API reference of CreateVolume, VolumeInitializationRate. */
const INITIALIZATION = { min: 100, max: 300 };
const RATE = `a whole number from ${INITIALIZATION.min} to ${INITIALIZATION.max} MiB/s, or 0 to pay for none`;

const NAME =
  '2 to 32 of a-z, 0-9 and -, from a letter to a letter or digit (it is a tag, a path and a metric dimension)';
const MORE_ENDPOINTS = 'a list of ec2, kms and logs';
const MORE_BUCKETS = 'a list of bucket names';
const AVAILABILITY_ZONE = 'an Availability Zone such as eu-west-1a';
const RUNBOOK_URL = 'an https address of at most 200 characters, without #';
const COUNT = `1 to ${MAX_VOLUMES} content volumes`;

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
  initializationMiBs: z
    .int(RATE)
    .refine((rate) => rate === 0 || (rate >= INITIALIZATION.min && rate <= INITIALIZATION.max), RATE),
  fullWithinHours: whole(12, 168, 'hours'),
  /** An alarm's description takes 1,024 characters (API reference of PutMetricAlarm). */
  runbookUrl: z.string(RUNBOOK_URL).regex(/^https:\/\/[^\s#'"<>]{1,192}$/, RUNBOOK_URL),
  snapshotDays: whole(0, 365, 'days'),
  volumeDays: whole(0, 7, 'days'),
  lockDays: whole(0, MAX_LOCK_DAYS, 'days'),
  lockMode: z.enum(LOCK_MODES, LOCK_MODES.join(' or ')),
  /** Names get into a policy, where `*` were every bucket. Source: S3 User Guide, "General purpose bucket naming rules". */
  moreBuckets: z.array(z.string(MORE_BUCKETS).regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, MORE_BUCKETS), MORE_BUCKETS),
} as const;

const volume = group({
  name: ALLOWED.volumeName,
  sizeGiB: ALLOWED.sizeGiB.default(100),
  zone: z.string(AVAILABILITY_ZONE).optional(),
  iops: ALLOWED.iops.default(GP3.minIops),
  throughputMiBs: ALLOWED.throughputMiBs.default(GP3.minThroughput),
});

const schema = group({
  /** Name of the stack; the start of alarm names and the value of the tag `remount:stack`. */
  stackName: z
    .string('a stack name')
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,50}$/, '1 to 51 letters, digits and hyphens, starting with a letter')
    .default('Remount'),
  region: z
    .string('a Region name such as eu-west-1')
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a Region name such as eu-west-1')
    .default('eu-west-1'),
  /** Availability Zones that instances and volumes live in; the load balancer needs two. */
  zones: z
    .array(z.string(AVAILABILITY_ZONE).regex(ZONE, AVAILABILITY_ZONE), 'a list of two to six Availability Zones')
    .min(2, 'two to six Availability Zones')
    .max(6, 'two to six Availability Zones')
    .optional(),
  instancesPerZone: ALLOWED.instancesPerZone.default(2),
  instanceType: z
    .string('a Graviton instance type such as t4g.small')
    .regex(/^[a-z]+\d+g[a-z]*\.[a-z0-9]+$/, 'a Graviton instance type such as t4g.small')
    .default('t4g.small'),
  volumes: z
    .array(volume, 'a list of content volumes')
    .min(1, COUNT)
    .max(MAX_VOLUMES, COUNT)
    .default(() => [volume.parse({ name: 'alpha' }), volume.parse({ name: 'beta' })]),
  snapshots: group({
    perHour: ALLOWED.perHour.default(4),
    keepHours: ALLOWED.keepHours.default(24),
    /** What a snapshot has of what was written and not synced: `crash`, nothing sure; `application`, all (decision 18). */
    consistency: ALLOWED.consistency.default('crash'),
  }).default({ perHour: 4, keepHours: 24, consistency: 'crash' }),
  /** Every completed snapshot is mounted and checked, and the newest that passed is kept ready as a spare. */
  drills: group({
    enabled: z.boolean('true or false').default(true),
    /** Where a newer recovery point is verified than the spare: whether to serve sooner, or more of the newest uploads. */
    prefer: ALLOWED.prefer.default('faster'),
    maxSpareAgeMinutes: ALLOWED.maxSpareAgeMinutes.default(120),
    /**
     * How fast the blocks of a drill's volume are loaded from the snapshot. Paid for at each drill, by the rate and the size of the
     * snapshot's data; 0 is free, and as fast as it happens to be. The default is what a gp3 volume can read at without paying more.
     */
    initializationMiBs: ALLOWED.initializationMiBs.default(GP3.minThroughput),
    /** Files, bytes or manifests that fall by more than this share from one verified copy to the next are told, and the older copy is kept. */
    fallPercent: ALLOWED.fallPercent.default(20),
  }).default({
    enabled: true,
    prefer: 'faster',
    maxSpareAgeMinutes: 120,
    initializationMiBs: GP3.minThroughput,
    fallPercent: 20,
  }),
  /** What is deleted can be got back for so many days; 0 for not at all. Limits: see `RecycleBin`. */
  recycleBin: group({
    // A long weekend: what the schedule rotates out is billed for as long.
    snapshotDays: ALLOWED.snapshotDays.default(3),
    volumeDays: ALLOWED.volumeDays.default(7),
  }).default({ snapshotDays: 3, volumeDays: 7 }),
  /** How long verified snapshots, about one a day of each content volume, cannot be deleted by anybody; 0 days for none. See decision 19. */
  snapshotLock: group({
    days: ALLOWED.lockDays.default(0),
    mode: ALLOWED.lockMode.default('governance'),
  }).default({ days: 0, mode: 'governance' }),
  /** How content is served; see `WebSettings`. */
  web: group({
    gzip: WEB.gzip.default(WEB_DEFAULTS.gzip),
    cacheControl: WEB.cacheControl.default(WEB_DEFAULTS.cacheControl),
    etag: WEB.etag.default(WEB_DEFAULTS.etag),
    corsOrigins: WEB.corsOrigins.default([...WEB_DEFAULTS.corsOrigins]),
    mimeTypes: WEB.mimeTypes.default({ ...WEB_DEFAULTS.mimeTypes }),
    accessLogDays: WEB.accessLogDays.default(WEB_DEFAULTS.accessLogDays),
  }).default({ ...WEB_DEFAULTS, corsOrigins: [], mimeTypes: {} }),
  /** See `ContentNetworkProps`. */
  moreEndpoints: z.array(z.enum(['ec2', 'kms', 'logs'], MORE_ENDPOINTS), MORE_ENDPOINTS).default([]),
  moreBuckets: ALLOWED.moreBuckets.default([]),
  /** What `ResilienceChecks` holds the stack to. */
  objectives: group({
    recoveryPointGapMinutes: whole(61, 10_080, 'minutes (DLM starts up to 60 late)').default(120),
    recoveryPoints: whole(1, 1000, 'recovery points').default(5),
    recoveryPointReachHours: whole(1, 8760, 'hours').default(24),
  }).default({ recoveryPointGapMinutes: 120, recoveryPoints: 5, recoveryPointReachHours: 24 }),
  /** People are told when a volume will be full within so many hours, at its recent rate. See decision 28. */
  fullWithinHours: ALLOWED.fullWithinHours.default(FULL_WITHIN_HOURS),
  alertEmail: z.email('an email address').optional(),
  /** Where people find what to do: the address that `#<section>` is appended to. */
  runbookUrl: ALLOWED.runbookUrl.optional(),
  certificateArn: z
    .string('the ARN of an ACM certificate')
    .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/\S+$/, 'the ARN of an ACM certificate')
    .optional(),
});

type Parsed = z.output<typeof schema>;

/** The settings of a stack, complete and checked. */
export interface Settings extends Omit<Parsed, 'zones' | 'volumes'> {
  readonly zones: readonly string[];
  readonly volumes: readonly VolumeSettings[];
}

/** One content volume; `zone` is its home. */
export type VolumeSettings = Omit<Parsed['volumes'][number], 'zone'> & { readonly zone: string };

/**
 * Reads the settings once; everything after this may trust them.
 *
 * @param context value of the context key `remount`: an object, a JSON text (as `-c` gives it) or nothing
 * @throws SettingsError
 */
export function readSettings(context: unknown): Settings {
  const input = fromContext(context);
  const { data, error } = schema.safeParse(input);
  if (!data) throw refusal(error, input);
  const zones = data.zones ?? [`${data.region}a`, `${data.region}b`];
  for (const [i, zone] of zones.entries()) {
    if (!zone.startsWith(data.region))
      fail(`zones[${i}]`, zone, `an Availability Zone of ${data.region} (setting region)`);
    if (zones.indexOf(zone) !== i) fail(`zones[${i}]`, zone, 'each Availability Zone once');
  }
  const volumes = data.volumes.map((v, i) => ({ ...v, zone: v.zone ?? zones[i % zones.length] ?? '' }));
  for (const [i, v] of volumes.entries()) {
    const at = `volumes[${i}]`;
    if (volumes.findIndex((other) => other.name === v.name) !== i) fail(`${at}.name`, v.name, 'each name once');
    if (!zones.includes(v.zone)) fail(`${at}.zone`, v.zone, `one of ${zones.join(', ')} (setting zones)`);
    checkGp3(v, `${at}.`);
  }
  checkCrowding(volumes, data.drills.enabled);
  if (data.snapshotLock.days > 0 && !data.drills.enabled)
    fail('snapshotLock.days', data.snapshotLock.days, '0 without drills (only what a drill has verified is locked)');
  return { ...data, zones, volumes };
}

/** One instance may have to take all volumes of its zone. @throws SettingsError */
export function checkCrowding(volumes: readonly Pick<VolumeSettings, 'zone'>[], drills: boolean): void {
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
export function checkGp3(v: Pick<VolumeSettings, 'sizeGiB' | 'iops' | 'throughputMiBs'>, before = ''): void {
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

/** What stands under the context key: `-c` gives it as a text. @throws SettingsError */
export function fromContext(context: unknown): unknown {
  if (context === undefined) return {};
  if (typeof context !== 'string') return context;
  try {
    return JSON.parse(context);
  } catch {
    return fail(CONTEXT_KEY, context, 'a JSON object');
  }
}

/** The first of zod's issues, in the project's form. */
export function refusal(error: z.ZodError, input: unknown): SettingsError {
  const issue = error.issues[0];
  if (!issue) return new SettingsError(`${CONTEXT_KEY}: ${error.message}`);
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = unknown === undefined ? issue.path : [...issue.path, unknown];
  const received = valueAt(input, path);
  const said = unknown === undefined ? `allowed: ${issue.message}` : issue.message;
  return new SettingsError(`${named(path)}: received ${shown(received)}; ${said}`);
}

/** What stands at a path, if anything does. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], input);
}

/** As one would write it: `volumes[0].name`; what is no plain word stands in quotes. */
function named(path: readonly PropertyKey[]): string {
  const steps = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^\w+$/.test(String(key)) ? `.${String(key)}` : `[${shown(String(key))}]`;
  });
  return steps.join('').replace(/^\./, '') || CONTEXT_KEY;
}

export function fail(setting: string, received: unknown, allowed: string): never {
  throw new SettingsError(`${setting}: received ${shown(received)}; allowed: ${allowed}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}

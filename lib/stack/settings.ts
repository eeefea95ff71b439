import { z } from 'zod';
import { INTAKE_LIMITS } from '../../contract/intake.ts';
import { WEB, WEB_DEFAULTS } from '../internal/web-settings.ts';
import { ALLOWED, checkCrowding, checkGp3, FULL_WITHIN_HOURS, GP3, MAX_VOLUMES, whole } from '../props/allowed.ts';
import { CONTEXT_KEY, fail, refusal } from '../props/refusal.ts';

const ZONE = /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/;
const MORE_ENDPOINTS = 'a list of ec2, kms and logs';
const AVAILABILITY_ZONE = 'an Availability Zone such as eu-west-1a';
const COUNT = `1 to ${MAX_VOLUMES} content volumes`;

/** An object of these settings and no others. */
const group = <Shape extends z.ZodRawShape>(shape: Shape) => {
  const names = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? `no such setting; known are ${names}` : `an object of ${names}`,
  });
};

const volume = group({
  /** A tag, a path and a metric dimension: see `ContentVolumeProps.volumeName`. */
  name: ALLOWED.volumeName,
  /** GiB, paid for whatever is stored: with drills once more for the spare, and once more while one runs. By default 100. */
  sizeGiB: ALLOWED.sizeGiB.default(100),
  /** Its home, one of `zones`. By default each of them in turn. */
  zone: z.string(AVAILABILITY_ZONE).optional(),
  /** What is above 3000 is paid for, with drills twice. By default 3000. */
  iops: ALLOWED.iops.default(GP3.minIops),
  /** What is above 125 is paid for, with drills twice. By default 125. */
  throughputMiBs: ALLOWED.throughputMiBs.default(GP3.minThroughput),
});

const schema = group({
  /** Name of the stack; the start of alarm names and the value of the tag `remount:stack`. By default `Remount`. */
  stackName: z
    .string('a stack name')
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,50}$/, '1 to 51 letters, digits and hyphens, starting with a letter')
    .default('Remount'),
  /** Where the stack is. By default `eu-west-1`. */
  region: z
    .string('a Region name such as eu-west-1')
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a Region name such as eu-west-1')
    .default('eu-west-1'),
  /** Availability Zones that instances and volumes live in; the load balancer needs two. Multiplies instances and interface endpoints. */
  zones: z
    .array(z.string(AVAILABILITY_ZONE).regex(ZONE, AVAILABILITY_ZONE), 'a list of two to six Availability Zones')
    .min(2, 'two to six Availability Zones')
    .max(6, 'two to six Availability Zones')
    .optional(),
  /** Owner and standby are two, the default. Multiplied by the number of zones they are paid for by the hour. */
  instancesPerZone: ALLOWED.instancesPerZone.default(2),
  /** Its price is paid for each instance. By default `t4g.small`. */
  instanceType: z
    .string('a Graviton instance type such as t4g.small')
    .regex(/^[a-z]+\d+g[a-z]*\.[a-z0-9]+$/, 'a Graviton instance type such as t4g.small')
    .default('t4g.small'),
  /** What is served. Multiplies what is stored, copies, spares, drills, alarms and metrics. By default `alpha` and `beta`. */
  volumes: z
    .array(volume, 'a list of content volumes')
    .min(1, COUNT)
    .max(MAX_VOLUMES, COUNT)
    .default(() => [volume.parse({ name: 'alpha' }), volume.parse({ name: 'beta' })]),
  /** How often content is copied, and how long copies are kept. */
  snapshots: group({
    /** Multiplies copies, which are paid for by the blocks that changed, and with drills the drills. By default 4. */
    perHour: ALLOWED.perHour.default(4),
    /** `perHour` times as many copies of each volume are paid for. By default 24. */
    keepHours: ALLOWED.keepHours.default(24),
    /** What a snapshot has of what was written and not synced: by default `crash`, nothing sure; `application`, all (decision 18). */
    consistency: ALLOWED.consistency.default('crash'),
  }).default({ perHour: 4, keepHours: 24, consistency: 'crash' }),
  /** Every completed snapshot is mounted and checked, and the newest that passed is kept ready as a spare. */
  drills: group({
    /** Multiplies volumes: each has a second one, the spare, and a third while a drill runs. By default they are drilled. */
    enabled: z.boolean('true or false').default(true),
    /** Where a newer point is verified than the spare: whether to serve sooner, by default, or more of the newest uploads. */
    prefer: ALLOWED.prefer.default('faster'),
    /** An older spare is not taken where a newer point is verified. By default 120. */
    maxSpareAgeMinutes: ALLOWED.maxSpareAgeMinutes.default(120),
    /**
     * How fast the blocks of a drill's volume are loaded from the snapshot. Paid for at each drill, by rate x size of the snapshot's data,
     * at a price that is not known here: see `VolumeDrillProps.initializationMiBs`. By default 0: for nothing, when they are read.
     */
    initializationMiBs: ALLOWED.initializationMiBs.default(0),
    /**
     * People are notified of files, bytes or manifests that fall by more percent from one verified copy to the next; the older copy is
     * kept, and paid for, for a week. By default 20.
     */
    fallPercent: ALLOWED.fallPercent.default(20),
    /**
     * In how many drills all content is read: each reads what changed since the copy before, and one of so many parts of everything else. By
     * default 24.
     */
    readAllEvery: ALLOWED.readAllEvery.default(24),
  }).default({
    enabled: true,
    prefer: 'faster',
    maxSpareAgeMinutes: 120,
    initializationMiBs: 0,
    fallPercent: 20,
    readAllEvery: 24,
  }),
  /** What is deleted can be got back for so many days, and is paid for; 0 for not at all. Limits: see `RecycleBin`. */
  recycleBin: group({
    /** Of each copy whose time is over, too: it is added to `snapshots.keepHours`. By default 3, a long weekend. */
    snapshotDays: ALLOWED.snapshotDays.default(3),
    /** Of content volumes that were deleted by hand. By default 7. */
    volumeDays: ALLOWED.volumeDays.default(7),
  }).default({ snapshotDays: 3, volumeDays: 7 }),
  /** How long verified snapshots, about one a day of each content volume, cannot be deleted by anybody; 0 days for none. See decision 19. */
  snapshotLock: group({
    /** Multiplies copies: about 1.1 more of each volume for each day, paid for until the lock ends. By default 0. */
    days: ALLOWED.lockDays.default(0),
    /** In `compliance` not even the root user can end a lock. By default `governance`. */
    mode: ALLOWED.lockMode.default('governance'),
  }).default({ days: 0, mode: 'governance' }),
  /**
   * Changes to files are kept in S3, and read onto what takes over before that serves (docs/journal.md). An agent on each instance
   * writes them.
   */
  journal: group({
    /** Multiplies requests and what is stored: see docs/journal.md. By default changes are not kept. */
    enabled: z.boolean('true or false').default(true),
    /** How long changes are kept: a day more than `snapshots.keepHours` at least. By default 14, enough for the longest of those. */
    days: ALLOWED.journalDays.default(14),
  }).default({ enabled: true, days: 14 }),
  /** The page of each incident, as a file in a bucket (decision 47). */
  incidentPages: group({
    /** How long a page is kept; its record stays. By default 365. */
    days: ALLOWED.incidentPageDays.default(365),
  }).default({ days: 365 }),
  /** A page of CloudWatch: nothing or 3 USD a month, see `ContentDashboardProps`. By default there is one. */
  dashboard: z.boolean('true or false').default(true),
  /**
   * Courses are uploaded into S3, and the owner of a volume takes them in (docs/intake.md). Needs the journal.
   */
  intake: group({
    /** Each look for uploads is paid for: 6.57 USD a month a volume. By default there is none. */
    enabled: z.boolean('true or false').default(false),
    /** How long an upload is kept once it was answered: a day more than `snapshots.keepHours` at least. By default 14. */
    days: ALLOWED.journalDays.default(14),
    /** Names in a course, of files and directories. By default 20,000. */
    maxNames: ALLOWED.maxNames.default(INTAKE_LIMITS.names),
    /** GiB of a course, unpacked. By default 8. */
    maxGiB: ALLOWED.maxGiB.default(INTAKE_LIMITS.bytes / 2 ** 30),
    /** How many times the size of its upload a course of more than 64 MiB may be. By default 100. */
    maxRatio: ALLOWED.maxRatio.default(INTAKE_LIMITS.ratio),
    /** Percent of a volume's space, and of its inodes, that an upload leaves. By default 5. */
    reservePercent: ALLOWED.reservePercent.default(INTAKE_LIMITS.reserve),
    /** Whether two names that differ in case alone are one, and refused. By default they are two. */
    ignoreCase: ALLOWED.ignoreCase.default(false),
    /** Origins whose pages may upload by presigned URL, and read the answers. By default no other's. */
    origins: ALLOWED.origins.default([]),
  }).prefault({}),
  /** Whether the other instances of a zone ask the owner of each content volume whether it serves (decision 41). */
  witness: group({
    /** Nothing is paid for by the hour. By default alarms alone notice an owner that does not serve. */
    enabled: z.boolean('true or false').default(false),
  }).default({ enabled: false }),
  /** How content is served; see `WebSettings`. */
  web: group({
    /** Whether texts are compressed. By default they are. */
    gzip: WEB.gzip.default(WEB_DEFAULTS.gzip),
    /** The header Cache-Control of all content. By default `no-cache`. */
    cacheControl: WEB.cacheControl.default(WEB_DEFAULTS.cacheControl),
    /** Whether answers carry an ETag. By default they do. */
    etag: WEB.etag.default(WEB_DEFAULTS.etag),
    /** Whose scripts may read content. By default nobody else's. */
    corsOrigins: WEB.corsOrigins.default([...WEB_DEFAULTS.corsOrigins]),
    /** MIME types by extension, over nginx's own. By default none are added. */
    mimeTypes: WEB.mimeTypes.default({ ...WEB_DEFAULTS.mimeTypes }),
    /** How long each instance keeps its access log, on its root disk. By default 30. */
    accessLogDays: WEB.accessLogDays.default(WEB_DEFAULTS.accessLogDays),
  }).default({ ...WEB_DEFAULTS, corsOrigins: [], mimeTypes: {} }),
  /** Interface endpoints for what a team adds to its instances: each is paid for by the hour and zone. By default none. */
  moreEndpoints: z.array(z.enum(['ec2', 'kms', 'logs'], MORE_ENDPOINTS), MORE_ENDPOINTS).default([]),
  /** Buckets that instances may read besides those of Amazon Linux and Systems Manager. By default none. */
  moreBuckets: ALLOWED.moreBuckets.default([]),
  /** What `ResilienceChecks` holds the stack to: one that does not reach it does not synthesize. */
  objectives: group({
    /** The longest that two recovery points of a volume may be apart. By default 120. */
    recoveryPointGapMinutes: whole(61, 10_080, 'minutes (DLM starts up to 60 late)').default(120),
    /** How many there are of each volume at least. By default 5. */
    recoveryPoints: whole(1, 1000, 'recovery points').default(5),
    /** How far back they reach. By default 24. */
    recoveryPointReachHours: whole(1, 8760, 'hours').default(24),
  }).default({ recoveryPointGapMinutes: 120, recoveryPoints: 5, recoveryPointReachHours: 24 }),
  /** People are notified when a volume will be full within so many hours, at its recent rate (decision 28). By default 24. */
  fullWithinHours: ALLOWED.fullWithinHours.default(FULL_WITHIN_HOURS),
  /**
   * Who is notified by email.
   * @default nobody, and synthesis warns of it
   */
  alertEmail: z.email('an email address').optional(),
  /**
   * Where people find what to do: the address that `#<section>` is appended to.
   * @default messages name `docs/runbook.md` of the version that is deployed
   */
  runbookUrl: ALLOWED.runbookUrl.optional(),
  /**
   * ARN of an ACM certificate, for HTTPS.
   * @default plain HTTP on port 80
   */
  certificateArn: z
    .string('the ARN of an ACM certificate')
    .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/\S+$/, 'the ARN of an ACM certificate')
    .optional(),
});

type Parsed = z.output<typeof schema>;

/** The settings of a stack, complete and checked. */
export interface Settings extends Omit<Parsed, 'zones' | 'volumes'> {
  /** Availability Zones that instances and volumes live in. By default the Region's `a` and `b`. */
  readonly zones: readonly string[];
  /** What is served. By default `alpha` and `beta`. */
  readonly volumes: readonly VolumeSettings[];
}

/** One content volume of the settings. */
export interface VolumeSettings extends Omit<z.output<typeof volume>, 'zone'> {
  /** Its home, one of `zones`. By default each of them in turn. */
  readonly zone: string;
}

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
  const { journal, intake, snapshots } = data;
  const least = Math.ceil(snapshots.keepHours / 24 + 1);
  if (intake.enabled && !journal.enabled)
    fail('intake.enabled', true, 'false without a journal (what is taken in is answered once it is journaled)');
  if (intake.enabled && intake.days < least)
    fail(
      'intake.days',
      intake.days,
      `at least ${least} (copies are kept for ${snapshots.keepHours} hours, and what serves from one takes in again what was uploaded since)`,
    );
  if (journal.enabled && journal.days < least)
    fail(
      'journal.days',
      journal.days,
      `at least ${least} (copies are kept for ${snapshots.keepHours} hours, and a day more is read from where one ends)`,
    );
  return { ...data, zones, volumes };
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

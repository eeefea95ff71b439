/**
 * What synth time (`lib/`) and run time (`lambda/`, `rehearsal/`) share: tag keys, metric and alarm names, environment keys, and the
 * names of the host verbs. It imports nothing of other rooms.
 */

export {
  type DeployedPlace,
  type DeployedPolicy,
  type DeployedSchedule,
  type DeployedTag,
  LOCK_MODES,
  type SnapshotLock,
} from './deployed.ts';
export { EXIT } from './exit.ts';
export {
  BUNDLE_KEY,
  BUNDLE_PATH,
  BUNDLE_PREFIX,
  BUNDLE_STATES,
  DLM_COMMANDS,
  DLM_PARAMETER,
  DLM_VERB,
  DRAIN_STATES,
  type DrainState,
  EXECUTION_ID,
  FOLLOW_STATES,
  HOST_VERBS,
  type HostVerb,
  JOURNAL_VERBS,
  RESUME_VERB,
  SOFTWARE_KEY,
  SOFTWARE_VERSION,
  UPDATE_PARAMETER,
  UPDATE_VERB,
  VERB_PARAMETER,
} from './verbs.ts';

/** Tag keys on volumes, snapshots and instances. Snapshots carry their volume's tags, because DLM copies them. */
export const TAG = {
  /** CloudFormation stack name: which Remount a resource belongs to. On volumes, snapshots and instances. */
  stack: 'remount:stack',
  /** Logical name of the content volume, for example `alpha`. */
  volume: 'remount:volume',
  /** Decimal counter, raised by each replacement; `1` for the first physical volume. */
  generation: 'remount:generation',
  /** One of {@link VOLUME_ROLE}. */
  role: 'remount:role',
  /** Present, with {@link scheduleTagValue}, only on volumes that the DLM policy is to snapshot. */
  schedule: 'remount:schedule',
  /** `true` on a current volume that the guard has taken out of the schedule, which would delete its last verified copy. */
  held: 'remount:held',
  /** `true` on a volume made blank that no file system has been made on yet: the only volumes `format` is sent to. */
  blank: 'remount:blank',
  /** Id of the heal that created or quarantined the volume. */
  heal: 'remount:heal',
  /** On instances: version of the host software in force there, as the guard last saw it ({@link SOFTWARE_VERSION}). */
  software: 'remount:software',
  /** Id of the drill that made the volume. */
  drill: 'remount:drill',
  /** One of {@link VERDICT}, on a snapshot that was drilled. */
  verdict: 'remount:verdict',
  /** When the snapshot was drilled (ISO 8601). */
  drilledAt: 'remount:drilled-at',
  /** The time that the snapshot's data reach up to, read from its canary (ISO 8601). */
  dataUntil: 'remount:data-until',
  /** How much of the content the drill has read and compared, for example `12 of 12 files`, or
   * `3 of 12 files now and all since 2026-01-07T02:00:00.000Z`; on verified snapshots only. */
  filesRead: 'remount:files-read',
  /** What the check has counted, for example `files=12 stored=4096 manifests=2`; on verified snapshots only. */
  content: 'remount:content',
  /** On a verified snapshot after which content fell: the guard keeps it until then (ISO 8601), whoever else would delete it. */
  keptUntil: 'remount:kept-until',
  /** What the drill found; on rejected snapshots only. */
  finding: 'remount:finding',
  /** `true` on a snapshot that the guard took: the guard expires it, for no schedule does. */
  guard: 'remount:guard',
  /** `true` on what the guard is about to delete: it marks in one round, and deletes in a later one only what is marked. */
  reap: 'remount:reap',
} as const;

/** What a drill says of a snapshot. One that carries no verdict is a hope. */
export const VERDICT = {
  /** It was mounted and read, and is sound: it may serve. */
  verified: 'verified',
  /** It is damaged: it never serves. */
  rejected: 'rejected',
} as const;
/** One of {@link VERDICT}. */
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT];

/**
 * Value of {@link TAG.schedule} that one stack's DLM policy targets. DLM
 * takes a volume that carries ANY of a policy's target tags (https://docs.aws.amazon.com/dlm/latest/APIReference/API_PolicyDetails.html),
 * so the stack cannot be a second tag: two stacks in one account would snapshot each other's volumes.
 */
export function scheduleTagValue(stackName: string): string {
  return `hourly/${stackName}`;
}

/**
 * Life of a physical volume: candidate -> current -> quarantined. Only a person ends a quarantine. A drill's volume is scratch,
 * and then a spare or discarded; a spare that is taken is the current one. The guard deletes what is discarded.
 */
export const VOLUME_ROLE = {
  /** Made by a heal that has not decided for it yet. */
  candidate: 'candidate',
  /** The one that serves, or is to. */
  current: 'current',
  /** Was the current one, or a candidate, and could not be used: kept as it is, for a person. */
  quarantined: 'quarantined',
  /** Made by a drill, to be checked. */
  scratch: 'scratch',
  /** Passed its drill, and waits on the standby. */
  spare: 'spare',
  /** Of no use any more: the guard deletes it. */
  discarded: 'discarded',
} as const;
/** One of {@link VOLUME_ROLE}. */
export type VolumeRole = (typeof VOLUME_ROLE)[keyof typeof VOLUME_ROLE];

/**
 * Metrics, keyed by the logical volume name so that alarms survive a replacement. The probe sends `serving`, the guard the ages, a
 * drill what it came to.
 */
export const METRIC = {
  /** 1 for each probe that could read and write the content; none where nobody serves it. */
  serving: 'Serving',
  /** How long a probe took that found it serving. Milliseconds. */
  probeMilliseconds: 'ProbeMilliseconds',
  /** Percent of the volume's space, or of its inodes, whichever is more: 100 where the probe could not write for want of it. */
  usedPercent: 'UsedPercent',
  /** Minutes since the newest completed snapshot was started. */
  recoveryPointAge: 'RecoveryPointAge',
  /** Minutes since the newest snapshot that a drill verified was started. */
  verifiedRecoveryPointAge: 'VerifiedRecoveryPointAge',
  /** Of each drill with a verdict: 1 where the copy passed, 0 where it was rejected. */
  drillPassed: 'DrillPassed',
  /** Percent of the copy's files whose content was read and compared. */
  drillCoverage: 'DrillCoverage',
  /** 1 where the check came to the end of the content, 0 where its time was over before. */
  drillComplete: 'DrillComplete',
  /** Seconds from its beginning to its end, with the wait for its turn. */
  drillDuration: 'DrillDuration',
  /** Instances that do not run the host software that is deployed; of the whole stack. */
  hostsBehind: 'HostsBehind',
  /** Confirmed subscriptions of the topic that people are notified by; of the whole stack. */
  subscribers: 'Subscribers',
  /** Name of the one dimension: the content volume. */
  volumeDimension: 'Volume',
} as const;

/** CloudWatch namespace of one stack's metrics: two stacks in an account may both have a volume `alpha`. */
export function metricNamespace(stackName: string): string {
  return `Remount/${stackName}`;
}

/** The alarms that start a heal: what the probe on the owner says, and what the load balancer says. */
export const ALARM = {
  /** The probe on the owner cannot read and write the content, or is silent. */
  serving: 'serving',
  /** The load balancer finds no instance that serves it. */
  reachable: 'reachable',
} as const;
/** One of {@link ALARM}. */
export type AlarmKind = (typeof ALARM)[keyof typeof ALARM];

/** The alarm that notifies people of content that no heal has brought back. */
export const UNSERVED_ALARM = 'unserved';

/** The alarms that only notify people: ages of the newest recovery points. */
export const AGE_ALARM = {
  /** Of the newest completed snapshot. */
  recoveryPoint: 'recovery-point',
  /** Of the newest snapshot that a drill verified. */
  verifiedRecoveryPoint: 'verified-recovery-point',
} as const;
/** One of {@link AGE_ALARM}. */
export type AgeAlarmKind = (typeof AGE_ALARM)[keyof typeof AGE_ALARM];

/** The alarms that only notify people of what the probe measures of a volume that serves. */
export const CONDITION_ALARM = {
  /** It serves, and each probe of it takes long. */
  slow: 'slow',
  /** It will be full, if it goes on filling as it does. */
  fullSoon: 'full-soon',
  /** Most of its space, or of its inodes, is used. */
  filling: 'filling',
  /** Nothing more can be uploaded. */
  full: 'full',
} as const;
/** One of {@link CONDITION_ALARM}. */
export type ConditionAlarmKind = (typeof CONDITION_ALARM)[keyof typeof CONDITION_ALARM];

/** Name of the alarm of one content volume. {@link volumeOfAlarm} reads the volume back from it. */
export function alarmName(
  stackName: string,
  volume: string,
  kind: AlarmKind | typeof UNSERVED_ALARM | AgeAlarmKind | ConditionAlarmKind,
): string {
  return `${stackName}/${volume}/${kind}`;
}

/** Name of the alarm on instances that run older host software than the deployed for too long. */
export function softwareAlarmName(stackName: string): string {
  return `${stackName}/software-behind`;
}

/** Name of the alarm on a topic that nobody is subscribed to. */
export function nobodyNotifiedAlarmName(stackName: string): string {
  return `${stackName}/nobody-notified`;
}

/** Name of the alarm on failures of the guard itself. */
export function guardAlarmName(stackName: string): string {
  return `${stackName}/guard-failed`;
}

/** The alarms on the healer itself: it fails or is not run; events failed for good, and nobody heals what they reported. */
export const HEALER_ALARM = {
  /** Its invocations fail, or there are none. */
  failed: 'healer-failed',
  /** Something is in its dead-letter queue. */
  deadLetters: 'healer-dead-letters',
} as const;
/** One of {@link HEALER_ALARM}. */
export type HealerAlarmKind = (typeof HEALER_ALARM)[keyof typeof HEALER_ALARM];

/** Name of an alarm on failures of the healer itself. */
export function healerAlarmName(stackName: string, kind: HealerAlarmKind): string {
  return `${stackName}/${kind}`;
}

/** The content volume that an alarm name speaks of, or `undefined` if the name is not one of ours. */
export function volumeOfAlarm(stackName: string, name: string): string | undefined {
  const [stack, volume, kind, ...rest] = name.split('/');
  const known = kind === ALARM.serving || kind === ALARM.reachable;
  return stack === stackName && known && rest.length === 0 && volume ? volume : undefined;
}

/** Environment keys of the functions. */
export const ENV = {
  /** Stack name, the value of {@link TAG.stack}. */
  stack: 'REMOUNT_STACK',
  /** Name of the ledger table. */
  ledger: 'REMOUNT_LEDGER',
  /** ARN of the SNS topic for people. */
  topic: 'REMOUNT_TOPIC',
  /** JSON object: where messages come from, `DeployedPlace`. */
  place: 'REMOUNT_PLACE',
  /** JSON object: host verb -> SSM document name. */
  documents: 'REMOUNT_DOCUMENTS',
  /** JSON object: content volume -> ARN of its target group. */
  targetGroups: 'REMOUNT_TARGET_GROUPS',
  /** ARN of the key that encrypts content volumes (keeper only). */
  key: 'REMOUNT_KEY',
  /** JSON object: when the spare is taken (healer only): `prefer`, `maxAgeMinutes`. */
  spare: 'REMOUNT_SPARE',
  /** `true` where changes are journaled, and drained before content is served (healer only). */
  journal: 'REMOUNT_JOURNAL',
  /** MiB/s at which a drill's volume is loaded from its snapshot; 0: as fast as it happens to be (drill only). */
  initializationRate: 'REMOUNT_INITIALIZATION_RATE',
  /** Percent by which files, bytes or manifests may fall between two copies without a word (drill only). */
  fallPercent: 'REMOUNT_FALL_PERCENT',
  /** In how many drills all content is read (drill only). */
  readAllEvery: 'REMOUNT_READ_ALL_EVERY',
  /** JSON list: names of the content volumes (guard only). */
  volumes: 'REMOUNT_VOLUMES',
  /** JSON object: the snapshot policy as it was deployed (guard only): `DeployedPolicy`. */
  policy: 'REMOUNT_POLICY',
  /** JSON object: the host software that is deployed, `version` and `document` (guard only). Absent: it is brought by other means. */
  software: 'REMOUNT_SOFTWARE',
  /** `true` where drills verify recovery points (guard only). */
  verified: 'REMOUNT_VERIFIED',
  /** ARN of the alias by which the healer is started (starter only). */
  healer: 'REMOUNT_HEALER',
  /** Name of the bucket of the pages of incidents (its function only). */
  pages: 'REMOUNT_PAGES',
  /** JSON object: how verified recovery points are locked (guard only): `SnapshotLock`. Absent: not at all. */
  lock: 'REMOUNT_LOCK',
} as const;

/** Roles of the volumes that a policy which copies instances leaves out: only content in service is copied. */
export const LEFT_OUT: readonly VolumeRole[] = Object.values(VOLUME_ROLE).filter(
  (role) => role !== VOLUME_ROLE.current,
);

/**
 * Names that volumes are attached under, on any instance: what is recommended for EBS data volumes. An instance has no more of them.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/device_naming.html
 */
export const DEVICE_NAMES: readonly string[] = [...'fghijklmnop'].map((letter) => `/dev/sd${letter}`);

/**
 * Keys of the ledger table; the partition of the guard's own notes in it; of a content volume's partition, the item that says how
 * things stand, and its attribute that names an instance that is being fenced. Hosts read that item (`host/owner.sh`).
 */
export const LEDGER = {
  /** Name of the partition key. */
  partitionKey: 'pk',
  /** Name of the sort key. */
  sortKey: 'sk',
  /** Partition of the guard's notes. */
  guard: 'GUARD',
  /** What the partition of a content volume begins with; its name follows. */
  volume: 'VOLUME#',
  /** Sort key of the item that says how things stand. */
  state: 'STATE',
  /** What the sort key of an incident's record begins with; when it began and its id follow. */
  incident: 'INCIDENT#',
  /** Its attribute that names an instance that is being fenced. */
  fencing: 'fencing',
  /** A volume whose file system its owner called shut down, and that was let go for that. */
  shutDown: 'shutDown',
  /** Where there is a journal: the newest term that was given to anybody. */
  term: 'journalTerm',
  /** Number of the newest seal that is known: for people. Nothing is decided by it. */
  head: 'journalHead',
  /** Up to which number its owner had read when it began to serve. */
  cursor: 'journalCursor',
} as const;

/** What may name a content volume: it is a tag value, a directory name, a URL path and a metric dimension at once. */
export const VOLUME_NAME = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/;
/** An EBS volume id. */
export const VOLUME_ID = /^vol-[0-9a-f]{8,17}$/;
/** Number of a drill, decimal: where `check` begins to compare. */
export const SEED = /^[0-9]{1,10}$/;
/** Who writes a journal: raised by each change of owner, from 1. */
export const TERM = /^[1-9][0-9]{0,14}$/;
/** The same, or 0 for none: what serves has no journal, or is none of a takeover. */
export const ANY_TERM = /^(0|[1-9][0-9]{0,14})$/;
/**
 * What a check reads: `all`; or `part/of/since`, the files whose inode number leaves `part` when it is divided by `of`, and whatever changed
 * since then (Unix seconds, by the clock that the copy's own times are of).
 */
export const PORTION = /^(all|[0-9]{1,3}\/[1-9][0-9]{0,2}\/[0-9]{1,12})$/;

/** The shapes of what synth time writes into the functions' environment, and run time reads there: see `ENV`. */

/** What a message needs of its stack, beside the stack's name. */
export interface DeployedPlace {
  /** The AWS account, 12 digits. */
  readonly account: string;
  /** Such as `eu-west-1`. */
  readonly region: string;
  /** Address of the runbook, which `#<section>` is appended to. */
  readonly runbook: string;
}

/** The snapshot policy as it was deployed: what the guard compares Data Lifecycle Manager's answer with. */
export interface DeployedPolicy {
  /** Its id, as Data Lifecycle Manager gives it. */
  readonly id: string;
  /** Of volumes; or, with {@link DeployedPolicy.frozenBy}, of instances. */
  readonly targetTag: DeployedTag;
  /** Hours that every schedule's snapshots are kept for. */
  readonly keepHours: number;
  /** Each of them makes one snapshot an hour of each volume. */
  readonly schedules: readonly DeployedSchedule[];
  /**
   * Name of the SSM document that DLM runs around each snapshot; then it copies instances, without root and left-out volumes.
   * @default nothing is frozen: DLM copies volumes
   */
  readonly frozenBy?: string;
  /**
   * Tags of the volumes that are left out: one with any of them is.
   * @default none: DLM copies only volumes that have the tag
   */
  readonly leftOut?: readonly DeployedTag[];
}

/** A tag, as a snapshot policy names it. */
export interface DeployedTag {
  /** Such as `remount:schedule`. */
  readonly key: string;
  /** All of it: DLM knows no patterns. */
  readonly value: string;
}

/** One of a snapshot policy's schedules. */
export interface DeployedSchedule {
  /** Such as `hourly-at-15`. */
  readonly name: string;
  /** When the first of its 24 runs a day is due: `hh:mm`, UTC. */
  readonly time: string;
}

/** Modes of a lock on a snapshot: docs.aws.amazon.com/ebs/latest/userguide/snapshot-lock-concepts.html */
export const LOCK_MODES = ['governance', 'compliance'] as const;

/** How the guard locks verified recovery points. */
export interface SnapshotLock {
  /** `governance`: whoever may unlock can end it. `compliance`: nobody can, the root user included. */
  readonly mode: (typeof LOCK_MODES)[number];
  /** How long each of them is locked: 1 to 365 days. */
  readonly days: number;
}

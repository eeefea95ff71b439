/** What people are notified of, as data: rendered at the edge (`lambda/core/message/`), and nowhere else. Times are Unix milliseconds. */
import type { InstanceId, SnapshotId, VolumeId } from '../../../contract/ids.ts';
import type { ReasonOf } from '../../../contract/reasons.ts';
import type { Refusal } from '../../../contract/refusals.ts';
import type { HostResult, Incident, Probe } from './model.ts';

export type Message = OfVolume | OfStack;

/** The content volume that it is about; `undefined`: all of the stack. */
export function volumeOf(message: Message): string | undefined {
  return 'volume' in message ? message.volume : undefined;
}

type OfVolume = { readonly volume: string } & (
  | HealEnded
  | LedgerSilent
  | Waits
  | SlowMount
  | Damaged
  | Sound
  | ReliedOn
  | Fallen
  | Incomplete
  | Unreadable
  | Odd
  | Held
  | LeftAsItIs
);

type OfStack = Policy | PolicySound | Test | UnheardAlarms;

/** How a heal ended. */
export interface HealEnded {
  readonly kind: 'served' | 'needsPerson' | 'overtaken';
  readonly incident: Incident;
  readonly rejected: readonly Rejected[];
}

/** A recovery point that could not be used, and why. */
export interface Rejected {
  readonly snapshotId: SnapshotId;
  readonly volumeId: VolumeId;
  readonly why: string;
}

export interface LedgerSilent {
  readonly kind: 'ledgerSilent';
  readonly reason: ReasonOf<'unanswered'>;
  readonly standing: Standing;
  /** With which a person lets the spare serve, in their order; none where there is none, or content is served. */
  readonly commands: readonly string[];
}

export interface Waits {
  readonly kind: 'waits';
  readonly reason: ReasonOf<'unanswered'>;
  readonly standing: Standing;
}

export interface SlowMount {
  readonly kind: 'slowMount';
  readonly volumeId: VolumeId;
  readonly instanceId: InstanceId;
  /** Sectors read so far, as the host says. */
  readonly progress: string | undefined;
  /** The longest that it is waited for. */
  readonly seconds: number;
}

export interface Damaged {
  readonly kind: 'damaged';
  readonly snapshotId: SnapshotId;
  readonly result: HostResult;
  readonly findings: readonly string[];
  /** A part of the content was read: copies that passed before its turn may have the damage, too. */
  readonly inTurns?: boolean;
}

export interface Sound {
  readonly kind: 'sound';
  readonly snapshotId: SnapshotId;
}

export interface ReliedOn {
  readonly kind: 'reliedOn';
  readonly snapshotId: SnapshotId;
  readonly at: number;
  readonly result: HostResult;
  readonly findings: readonly string[];
}

export interface Fallen {
  readonly kind: 'fallen';
  readonly before: { readonly snapshotId: SnapshotId; readonly at: number };
  readonly after: string;
  /** What fell, one a line. */
  readonly fell: readonly string[];
  readonly keptUntil: number;
}

export interface Incomplete {
  readonly kind: 'incomplete';
  readonly snapshotId: SnapshotId;
  /** In a row. */
  readonly checks: number;
  readonly read: string | undefined;
  readonly files: string | undefined;
}

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly snapshotId: SnapshotId;
  readonly files: number;
  readonly names: readonly string[];
}

export interface Odd {
  readonly kind: 'odd';
  readonly snapshotId: SnapshotId;
  /** Lines that lead to no content of the volume, and manifests in which no line is understood. */
  readonly entries: number;
}

export interface Held {
  readonly kind: 'held';
  readonly snapshotId: SnapshotId;
  readonly at: number;
  readonly volumeId: VolumeId;
}

export interface LeftAsItIs {
  readonly kind: 'leftAsItIs';
  readonly rolledBack: boolean;
  readonly claim: {
    readonly zone: string;
    readonly sizeGiB: number;
    readonly type: string;
    readonly iops: number;
    readonly throughputMiBs: number;
  };
  readonly left: readonly Refusal[];
}

export interface Policy {
  readonly kind: 'policy';
  readonly policyId: string;
  readonly detail: string;
  /** The guard takes a snapshot by itself once the newest is so old. */
  readonly lateMinutes: number;
}

export interface PolicySound {
  readonly kind: 'policySound';
  readonly policyId: string;
}

export interface Test {
  readonly kind: 'test';
  readonly everyDays: number;
  readonly confirmed: number;
  readonly pending: number;
}

export interface UnheardAlarms {
  readonly kind: 'unheardAlarms';
  readonly alarms: readonly UnheardAlarm[];
}

/** An alarm whose own message could not be sent, and what it is since then. */
export interface UnheardAlarm {
  readonly name: string;
  readonly state: 'ALARM' | 'INSUFFICIENT_DATA';
  readonly since: number;
  /** What CloudWatch says of its message. */
  readonly why: string;
}

/** A volume, and the instance that has it. */
export interface Placed {
  readonly volumeId: VolumeId;
  readonly instanceId: InstanceId;
}

/**
 * How things stand with a content volume as far as can be seen while a service does not answer: each part is asked of whoever knows it,
 * and what nobody said is missing. Nothing is guessed.
 */
export interface Standing {
  readonly at: number;
  /** What was the current volume when it was last known, and the instance that has it. */
  readonly current?: Placed | undefined;
  /** What the probe there says. */
  readonly probe?: Probe | undefined;
  /** The load balancer reaches the content there; `undefined`: it could not be asked. */
  readonly reached?: boolean | undefined;
  readonly spare?: (Placed & { readonly snapshotId: SnapshotId | undefined }) | undefined;
  /** Whose word `current` and `spare` are. */
  readonly by: 'ledger' | 'tags' | 'nobody';
  /** When people were last notified that they have something to do. */
  readonly pagedAt?: number | undefined;
  /** What did not answer here. */
  readonly silent: readonly string[];
}

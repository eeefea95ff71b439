import type { DrainState } from '../../../contract/contract.ts';
import type { InstanceId, SnapshotId, VolumeId } from '../../../contract/ids.ts';
import type { Reason } from '../../../contract/reasons.ts';

/** What the healer knows of the world: plain, serialisable data (times are Unix milliseconds), so that a durable step can store it. */

/** EC2's VolumeState. */
export type VolumeState = 'creating' | 'available' | 'in-use' | 'deleting' | 'deleted' | 'error';
/** EC2's VolumeAttachmentState. */
export type AttachmentState = 'attaching' | 'attached' | 'detaching' | 'detached' | 'busy';

export interface Attachment {
  readonly instanceId: InstanceId;
  readonly device: string;
  readonly state: AttachmentState;
}

/** A physical EBS volume that carries the tags of a content volume. */
export interface Volume {
  readonly id: VolumeId;
  readonly state: VolumeState;
  readonly zone: string;
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops: number | undefined;
  readonly throughputMiBs: number | undefined;
  readonly keyArn: string | undefined;
  readonly role: string;
  readonly generation: number;
  /** In the snapshot schedule. */
  readonly scheduled: boolean;
  /** Out of the schedule on purpose: the schedule would delete the last verified copy. */
  readonly held: boolean;
  /** Made blank, and no file system has been made on it yet. */
  readonly blank: boolean;
  /** The guard has marked it, and may delete it. */
  readonly marked: boolean;
  /** The snapshot that it was made from. */
  readonly madeFrom: SnapshotId | undefined;
  readonly attachments: readonly Attachment[];
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

/** A volume of any content volume of the stack. */
export interface Neighbour extends Volume {
  /** The content volume's name. */
  readonly of: string;
}

export interface Instance {
  readonly id: InstanceId;
  readonly zone: string;
  /** EC2's InstanceStateName. */
  readonly state: string;
  readonly launchedAt: number;
  /** The Systems Manager agent answers: commands can be sent. */
  readonly agentOnline: boolean;
  /** EC2's status checks fail: the host, or what is below it, does not answer. */
  readonly impaired: boolean;
  /** EC2's status check of what is attached fails: a volume at it, whichever, does not complete its I/O. */
  readonly ebsImpaired: boolean;
  /** Device names in use. */
  readonly devices: readonly string[];
}

/**
 * Who may be writing to a volume. `nobody`: EC2 shows it attached nowhere. `unseen`: attached to an instance that EC2's list lacks,
 * late or outside the fleet: it may well run, so it is never the same as nobody.
 */
export type Holder =
  | { readonly kind: 'nobody' }
  | ({ readonly kind: 'instance' } & Pick<Instance, 'id' | 'state'>)
  | { readonly kind: 'unseen'; readonly id: InstanceId };

/** What a copy holds, as the check has counted it. It is kept on the copy, so it lasts as long as that, and needs no ledger. */
export interface Counts {
  readonly files: number;
  /** Bytes in all of them. */
  readonly stored: number;
  readonly manifests: number;
}

/** A snapshot of the content volume, and the moment its data reach up to. */
export interface RecoveryPoint {
  readonly snapshotId: SnapshotId;
  /** When the snapshot was started: EBS snapshots hold the blocks as of that moment. */
  readonly at: number;
  /** EC2's SnapshotState: pending, completed, error, recoverable, recovering. */
  readonly state: string;
  readonly generation: number;
  /** Role of the volume at the moment of the snapshot: a copy of a quarantined volume is never restored. */
  readonly role: string;
  /** What a drill said of it, or a heal that tried it. */
  readonly verdict: 'verified' | 'rejected' | undefined;
  /** Of the volume that it is a copy of: EC2 makes none from it that is smaller. */
  readonly sizeGiB?: number;
  /** When a drill last came to this verdict. Unix milliseconds. */
  readonly drilledAt?: number;
  /** What it holds, where a drill has counted that. */
  readonly counts?: Counts;
  /** Content fell after it: it is kept until then. Unix milliseconds. */
  readonly keptUntil?: number;
  /** The guard took it: where verified copies are locked, it is such a one. */
  readonly byGuard?: boolean;
}

/** What the probe on a host says of a content volume. `unreachable`: the host did not answer, which says nothing of the disk. */
export const PROBE_STATES = [
  'serving',
  'notMounted',
  'shutdown',
  'unmountable',
  'noCanary',
  'unreadable',
  'foreign',
  'timeout',
  'unreachable',
] as const;
export type ProbeState = (typeof PROBE_STATES)[number];

/** What a host verb answered: `ok`, or one of the states that its exit code stands for. */
export type HostResult =
  | 'ok'
  | 'notBlank'
  | 'noDevice'
  | 'busy'
  | 'failed'
  | 'corrupt'
  | 'altered'
  | 'interrupted'
  | 'mounting'
  | ProbeState;

export interface Probe {
  readonly instanceId: InstanceId;
  readonly state: ProbeState;
  /** What the host printed: kept as evidence. */
  readonly detail: string;
}

/**
 * What EBS itself says of the I/O of a volume. It is late: its metric comes once a minute, its status is checked every 5 minutes
 * (docs.aws.amazon.com/ebs/latest/userguide/monitoring-volume-checks.html), so it says that a stall has lasted, not that there is none.
 */
export interface VolumeIo {
  /** EC2's VolumeStatusInfoStatus: ok, warning, impaired, insufficient-data; `undefined`: not to be had. */
  readonly status: string | undefined;
  /** The metric VolumeStalledIOCheck of the newest minute; `undefined`: not to be had. */
  readonly stalled: boolean | undefined;
  /** Why something was not to be had. */
  readonly why: readonly string[];
}

/** Whom the load balancer reaches. */
export interface Reach {
  /** Instances that it reaches the content volume on: healthy. */
  readonly on: readonly InstanceId[];
  /** Instances whose web server answers it, be it that they have no such volume. */
  readonly answering: readonly InstanceId[];
}

/** The load balancer could not be asked. */
export interface Unasked {
  /** A sentence of its own: `could not ask ...`. */
  readonly why: string;
}

/** The ledger's item for a content volume: who may act, and what was last agreed. */
export interface LedgerEntry {
  readonly generation: number;
  readonly currentVolume: VolumeId | undefined;
  readonly owner: InstanceId | undefined;
  /** Where there is a journal, and its owner read some of it before it served. */
  readonly journal?: Pick<Drained, 'cursor' | 'head'> | undefined;
}

/** What came of reading the journal of files onto what was about to serve (docs/journal.md). */
export interface Drained {
  /** `failed`: the host gave no answer to it. */
  readonly state: DrainState | 'failed';
  /** With which it was sealed, or is to be. */
  readonly term: number;
  /** Number up to which it was read. */
  readonly cursor?: number;
  /** Number of the seal. */
  readonly head?: number;
  /** Every change before it is stated up to the cursor. Unix milliseconds. */
  readonly upTo?: number;
  readonly files?: number;
  /** So many numbers before the seal were not read. Left out: nobody knows. */
  readonly missing?: number;
  /** Whether the old owner, which lived, said before it was fenced that all it had heard of is in the journal. */
  readonly flushed?: boolean;
  /** What the host said, where that is no answer. */
  readonly why?: string;
}

/** A volume made from a verified snapshot, attached to an instance and not mounted: ready to serve. Times are Unix milliseconds. */
export interface Spare {
  readonly volumeId: VolumeId;
  readonly snapshotId: SnapshotId;
  readonly instanceId: InstanceId;
  /** When its snapshot was started. */
  readonly at: number;
}

/** What people were notified of that they have to do. `final`: only they can; else the sweep goes on trying. */
export interface Paged {
  readonly about: string;
  readonly at: number;
  readonly final: boolean;
}

/** What else the ledger's item says. */
export interface LedgerState extends LedgerEntry {
  /** What last took over from what, until people have been notified: whichever heal sees it serve notifies them. */
  readonly replaced?: Replaced | undefined;
  readonly spare?: Spare | undefined;
  /** When the newest verified snapshot was started. */
  readonly verifiedAt?: number | undefined;
  /** Its id. */
  readonly verifiedSnapshot?: SnapshotId | undefined;
  /** Its owner called its file system shut down, and was told to let it go: no probe says so any more. Until the next commit, or until it serves. */
  readonly shutDown?: VolumeId | undefined;
  /** How often the lease was taken, or renewed: whether anybody had it in between. */
  readonly leases?: number;
  readonly lease: { readonly holder: string; readonly until: number } | undefined;
  /** What people were last notified of that they have to do, and when. */
  readonly paged: Paged | undefined;
}

/** Everything `decide` looks at. */
export interface Observation {
  readonly volume: string;
  readonly at: number;
  readonly ledger: LedgerState | undefined;
  readonly volumes: readonly Volume[];
  readonly instances: readonly Instance[];
  readonly recoveryPoints: readonly RecoveryPoint[];
  /** Instances that the load balancer reaches the content on; `undefined` when it could not be asked. */
  readonly reachableOn: readonly InstanceId[] | undefined;
  /** It was asked then, and other answers may have taken longer. Unix milliseconds. @default {@link Observation.at} */
  readonly reachAt?: number | undefined;
  /** {@link Reach.answering}, where the load balancer could be asked. */
  readonly answering?: readonly InstanceId[] | undefined;
  /** {@link Unasked.why}, where it could not. */
  readonly unasked?: string | undefined;
  /** The probe of the instance that has the current volume; absent when no live instance has it. */
  readonly probe: Probe | undefined;
  /** {@link Monitor.failingSince}, asked only where the probe does not say that it serves. */
  readonly failingSince?: number | undefined;
  /** What EBS says of the current volume's I/O: looked for only where its owner's probe says that it hangs, or nothing. */
  readonly io?: VolumeIo | undefined;
}

/** Why a heal was started. `at`: when the trigger says that it saw the failure. `witness`: a standby says that the owner does not answer it. */
export interface Trigger {
  readonly kind: 'alarm' | 'sweep' | 'witness';
  /** Which alarm: the one on the probe's word, or the one on the load balancer's. */
  readonly alarm?: 'serving' | 'reachable';
  readonly volume: string;
  readonly reason: string;
  readonly at: number | undefined;
}

/** It serves, and nothing was done. `falseAlarm`: an alarm had called, or a witness. `sound`: it was a sweep, which nobody calls. */
export type NothingWrong = 'falseAlarm' | 'sound';

export function nothingWrong({ kind }: Trigger): NothingWrong {
  return kind === 'sweep' ? 'sound' : 'falseAlarm';
}

export interface StepRecord {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly note: string;
}

/** The record that every heal leaves in the ledger. */
export interface Incident {
  readonly id: string;
  readonly volume: string;
  readonly trigger: Trigger;
  /** `overtaken`: another heal took the volume over, after this one's lease had run out. */
  readonly outcome: 'open' | NothingWrong | 'healed' | 'paged' | 'overtaken';
  /** Why it ended so; none while it is open. */
  readonly reasons: readonly Reason[];
  /** The same in words. */
  readonly summary: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly steps: readonly StepRecord[];
  readonly replacement: Replacement | undefined;
  /** Copies newer than what serves now, which were not taken: nobody had verified them, or the spare was quicker. */
  readonly passedOver: readonly SnapshotId[];
  readonly lessRoom?: LessRoom | undefined;
  /** Of what serves now, where there is a journal. */
  readonly drained?: Drained | undefined;
  /** The instance that had the volume by the ledger, when the heal last looked. */
  readonly owner?: InstanceId | undefined;
}

/** What took over is smaller than what it replaced, which has grown since. GiB. */
export interface LessRoom {
  readonly before: number;
  readonly now: number;
}

/** What a replacement put in the place of what. */
export interface Replaced {
  readonly oldVolume: VolumeId;
  readonly newVolume: VolumeId;
  readonly snapshotId: SnapshotId;
  readonly owner: InstanceId;
  /** The newest time in the restored data, read from its canary, or up to which the journal was read: the achieved recovery point. */
  readonly recoveryPointAt: number;
  readonly files: number;
  /** Counting took too long: there are more. */
  readonly moreFiles?: true;
  /** It was made for this heal: each of its blocks loads when it is first read. A spare was read by its drill. */
  readonly cold?: true;
  /** Where there was both a spare and a newer recovery point that is verified. */
  readonly choice?: Choice;
  /** Where there is a journal. */
  readonly drained?: Drained;
}

/** The spare, or what is newer (`drills.prefer`): what serves, and what that cost. */
export interface Choice {
  readonly taken: 'spare' | 'newer';
  /** The snapshot that the spare was made from. */
  readonly spare: SnapshotId;
  /** The newer snapshot, where it is known. */
  readonly newer?: SnapshotId | undefined;
  /** From the moment that the data of the spare reach up to, to that of the newer ones: uploads of so many minutes. */
  readonly minutes: number;
  /** Of the newer one: until its volume was made and attached, which the spare is. */
  readonly longerSeconds?: number;
  /** Of the spare: why the newer one, which was to be taken, was not. */
  readonly why?: string;
}

/** What a replacement achieved. */
export interface Replacement extends Replaced {
  /** When the probe was first seen to say `serving` again. */
  readonly servingAt: number;
}

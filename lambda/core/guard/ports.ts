import type { InstanceId, SnapshotId, VolumeId } from '../../../contract/ids.ts';
import type { Clock } from '../world/clock.ts';
import type { Volume } from '../world/model.ts';
import type { Ledger, People } from '../world/ports.ts';
import type { Ages } from './guard.ts';
import type { Lock } from './lock.ts';
import type { FoundPolicy, PolicyNote } from './policy.ts';
import type { Snapshot } from './retention.ts';

/** Physical volumes and snapshots, as the guard needs them. */
export interface Stores {
  volumes(volume: string): Promise<Volume[]>;
  snapshots(volume: string): Promise<Snapshot[]>;
  /**
   * Starts a snapshot with the volume's own tags.
   * @returns its id; `undefined` when EBS refuses one so soon after another, or so many at once
   */
  take(volume: Volume): Promise<string | undefined>;
  /** Marks the volume as one that is out of the schedule on purpose. */
  hold(volumeId: VolumeId): Promise<void>;
  /** Takes the volume out of the snapshot schedule. */
  unschedule(volumeId: VolumeId): Promise<void>;
  /** Puts a volume that was held into the snapshot schedule again. */
  unhold(volumeId: VolumeId): Promise<void>;
  /** Marks a volume or a snapshot as one to be deleted: without the mark it cannot be. Gone already: nothing to do. */
  mark(id: string): Promise<void>;
  /** Ids of all snapshots of the account that are locked just now, whoever locked them. */
  locked(): Promise<ReadonlySet<string>>;
  /** Nobody can delete the snapshot then, until the days are over. Locked in governance mode already: the same again. */
  lock(snapshotId: SnapshotId, lock: Lock): Promise<void>;
  /** Gone already: nothing to do. */
  deleteSnapshot(snapshotId: SnapshotId): Promise<void>;
  /** Gone already, or taken into use again: nothing to do. */
  deleteVolume(volumeId: VolumeId): Promise<void>;
}

export interface PolicyReader {
  /** `undefined`: there is no such policy. */
  read(policyId: string): Promise<FoundPolicy | undefined>;
}

export interface Metrics {
  publish(ages: ReadonlyMap<string, Ages>, at: number): Promise<void>;
}

/** Who is subscribed to the topic that people are notified by. */
export interface Subscribers {
  /** @throws Error where the answer has no such numbers */
  count(): Promise<{ readonly confirmed: number; readonly pending: number }>;
  publish(confirmed: number, at: number): Promise<void>;
}

/** An alarm that is not calm, and was to notify people when it changed to what it is. */
export interface StandingAlarm {
  readonly name: string;
  readonly state: 'ALARM' | 'INSUFFICIENT_DATA';
  /** When it changed to that. Unix milliseconds. */
  readonly since: number;
}

/** What is on record of a try to notify people by an alarm. */
export interface AlarmAction {
  readonly succeeded: boolean;
  /** What CloudWatch says of it. */
  readonly detail: string;
}

/** The alarms of the stack. */
export interface Alarms {
  /** Those that are not calm, and notify people by themselves. @throws Error where it is not said since when */
  standing(): Promise<StandingAlarm[]>;
  /** What came of its actions since then, the newest last. None: nobody knows of any, which is not that there was none. */
  actions(alarm: StandingAlarm): Promise<AlarmAction[]>;
}

/** What people were last notified of: the snapshot policy, a test, or alarms that could not notify them. */
export interface PolicyNotes {
  read(): Promise<PolicyNote | undefined>;
  write(note: PolicyNote): Promise<void>;
}

export interface GuardPorts {
  readonly clock: Clock;
  readonly stores: Stores;
  readonly ledger: Pick<Ledger, 'read'>;
  readonly policy: PolicyReader;
  /** `undefined`: host software reaches the instances by other means. */
  readonly software?: Software;
  readonly notes: PolicyNotes;
  readonly testNotes: PolicyNotes;
  readonly alarms: Alarms;
  readonly alarmNotes: PolicyNotes;
  readonly subscribers: Subscribers;
  readonly metrics: Metrics;
  readonly people: People;
  /** One line for people who look later. */
  readonly log: (line: string) => void;
}

/** A running instance of the fleet. */
export interface FleetHost {
  readonly id: InstanceId;
  readonly zone: string;
  /** Version of the host software that it was last seen to run; `undefined`: nobody has asked it yet. */
  readonly version: string | undefined;
}

/** What an instance answered to the order to run a version. */
export interface Updated {
  /** `updated`: it runs that version, and is well. `unwell`: it does not run well there. `kept`: it could not be had, or no answer. */
  readonly state: 'updated' | 'unwell' | 'kept';
  readonly detail: string;
}

/** What brings a version of the host software to the instances. */
export interface Software {
  /** The version that is deployed. */
  readonly wanted: string;
  fleet(): Promise<FleetHost[]>;
  /** Brings an instance to the version; one that has it already says whether it is well. */
  update(instanceId: InstanceId): Promise<Updated>;
  /** Notes, where people look, which version the instance runs. */
  note(instanceId: InstanceId, version: string): Promise<void>;
  /** Publishes how many instances do not run the version that is deployed. */
  publish(behind: number, at: number): Promise<void>;
}

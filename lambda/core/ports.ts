import type { Clock } from './clock.ts';
import type { Counts } from './counts.ts';
import type { Remarks } from './drill-remarks.ts';
import type { Ages } from './guard.ts';
import type { Lock } from './lock.ts';
import type {
  Incident,
  Instance,
  LedgerEntry,
  LedgerState,
  Neighbour,
  Paged,
  Probe,
  ProbeState,
  Reach,
  RecoveryPoint,
  Replaced,
  Spare,
  StepRecord,
  Unasked,
  Volume,
  VolumeIo,
} from './model.ts';
import type { FoundPolicy, PolicyNote } from './policy.ts';
import type { Snapshot } from './retention.ts';
import type { Software } from './rollout.ts';

/** A run of named steps that survives a crash: a step that has finished is not run again, one that had not may be. */
export interface Workflow {
  step<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** Lets time pass without a function running. Whole seconds. */
  pause(name: string, seconds: number): Promise<void>;
}

/** How a replacement is to be made: like the old volume, from a recovery point. */
export interface VolumeOrder {
  readonly like: Volume;
  /** Where it is needed: the old one's zone, but for a relocation. */
  readonly zone: string;
  readonly snapshotId: string;
  readonly generation: number;
  readonly healId: string;
  /** Raised when an earlier order of the same heal failed for good: it makes the client token another one. */
  readonly attempt: number;
}

/** How an order to attach ended. */
export type Attached = 'attached' | 'stuck' | 'full' | 'elsewhere';

export interface Compute {
  volumes(volume: string): Promise<Volume[]>;
  instances(): Promise<Instance[]>;
  recoveryPoints(volume: string): Promise<RecoveryPoint[]>;
  /** Makes a volume and waits until it is available. Repeating it with the same heal and attempt gives the same volume. */
  createReplacement(order: VolumeOrder): Promise<string>;
  /**
   * Attaches and waits until EC2 shows this volume at this instance. Already there: nothing to do.
   * @returns `stuck`: beyond a deadline it does not come any more. Nothing was done: `full`, for the instance takes no more volumes;
   *   `elsewhere`, for another instance has it, which whoever asked for this did not see
   */
  attach(volumeId: string, instanceId: string): Promise<Attached>;
  /** Detaches, never by force, and waits until the volume is free. Free already: nothing to do. @returns `false` when stuck */
  detach(volumeId: string, instanceId: string): Promise<boolean>;
  /** Tells an instance to stop. Stopped or terminated already: nothing to do. Whether it has is seen by looking. */
  stop(instanceId: string): Promise<void>;
  /** Copies a quarantined volume as it is, marked so that it is never taken for a recovery point. */
  snapshotSuspect(volume: string, volumeId: string, healId: string): Promise<string>;
  /** Takes the volume out of the snapshot schedule, and changes nothing else. */
  unschedule(volumeId: string): Promise<void>;
  /** Takes the volume out of the snapshot schedule first, then marks it; it is kept. */
  quarantine(volumeId: string, healId: string): Promise<void>;
  /** Marks the volume as the current one and puts it into the snapshot schedule. */
  promote(volumeId: string, generation: number): Promise<void>;
  /** Marks a recovery point as one that could not be used, with the reason. */
  reject(snapshotId: string, finding: string): Promise<void>;
  /** The volume has a file system now. */
  markFormatted(volumeId: string): Promise<void>;
}

/** What a host verb answered: `ok`, or one of the states that its exit code stands for. */
export interface HostAnswer {
  readonly result:
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
  /** The `key=value` lines that the verb printed. */
  readonly values: Readonly<Record<string, string>>;
  readonly detail: string;
}

export interface Host {
  /** @param volumeId what is to be served there: what the probe says of another one is no answer */
  probe(instanceId: string, volume: string, volumeId: string): Promise<Probe>;
  format(instanceId: string, volume: string, volumeId: string): Promise<HostAnswer>;
  mount(instanceId: string, volume: string, volumeId: string): Promise<HostAnswer>;
  verify(instanceId: string, volume: string, volumeId: string): Promise<HostAnswer>;
  serve(instanceId: string, volume: string, volumeId: string): Promise<HostAnswer>;
  release(instanceId: string, volume: string, volumeId: string): Promise<HostAnswer>;
  grow(instanceId: string, volume: string, volumeId: string): Promise<HostAnswer>;
  /** The command with which a person has a verb run. */
  byHand(verb: 'release' | 'mount' | 'verify' | 'serve', instanceId: string, volume: string, volumeId: string): string;
}

export interface Ledger {
  read(volume: string): Promise<LedgerState | undefined>;
  /**
   * Takes the lease, or keeps it if this holder has it already. `until`: Unix milliseconds.
   * @returns what the ledger says with it: who begins knows when people were paged, should the ledger say nothing afterwards;
   *   `undefined`: another has it
   */
  acquire(volume: string, holder: string, now: number, until: number): Promise<LedgerState | undefined>;
  /**
   * Writes who owns what. Fails with a `conflict` unless `holder` still has the lease at `now`.
   * @param replaced what took over from what, noted until people are told; the spare, if there is one, is not one any more
   */
  commit(volume: string, holder: string, now: number, entry: LedgerEntry, replaced?: Replaced): Promise<void>;
  /**
   * Notes that this instance is being fenced: from now until the next {@link commit} it serves nothing by itself, should it boot
   * (`host/resume.sh`). Fails with a `conflict` unless `holder` still has the lease at `now`.
   */
  noteFencing(volume: string, holder: string, now: number, instanceId: string): Promise<void>;
  release(volume: string, holder: string): Promise<void>;
  record(incident: Incident): Promise<void>;
  /** Notes what people were told that they have to do; nothing where another heal has the volume by now, for it knows better. */
  notePage(volume: string, holder: string, paged: Paged): Promise<void>;
  /**
   * People know that it serves: they have nothing to do any more, and were told what took over.
   * @param told what they were told of; where something else has taken over since, that is still to be told, and nothing is changed
   */
  noteServed(volume: string, told?: string): Promise<void>;
}

/** What people know of the drills of a content volume. */
export interface DrillNote {
  /** What people were last told of a recovery point that was rejected; `undefined`: nothing is wrong as far as they know. */
  readonly about: string | undefined;
  /** When they were told. Unix milliseconds. */
  readonly at: number;
  /** When the newest recovery point that was rejected was started: one that is older and passes says nothing of what serves. */
  readonly of: number;
  /** Files that they were told of. */
  readonly files: readonly string[];
}

/** The record that every drill leaves. */
export interface DrillRecord {
  readonly id: string;
  readonly volume: string;
  readonly snapshotId: string;
  /** `failed`: something could not be done, and the summary says what. */
  readonly outcome: 'verified' | 'rejected' | 'undecided' | 'failed';
  readonly summary: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly steps: readonly StepRecord[];
}

/** What a drill that came to a verdict shows, as numbers. */
export interface Drilled {
  readonly volume: string;
  readonly passed: boolean;
  /** Percent of the copy's files whose content was read and compared: 0 where it was rejected before that. */
  readonly coverage: number;
  /** The check came to the end of the content. */
  readonly complete: boolean;
  readonly seconds: number;
  /** When it ended. Unix milliseconds. */
  readonly at: number;
}

/** What a drill says of a copy that passed. */
export interface VerifiedCopy {
  /** The time that its data reach up to. Unix milliseconds. */
  readonly dataUntil: number;
  /** How much of it was read, in words. */
  readonly read: string;
  readonly counts?: Counts | undefined;
}

/** What a drill needs beyond what the healer has. */
export interface DrillPorts extends Omit<Ports, 'compute' | 'host' | 'ledger' | 'balancer' | 'monitor'> {
  readonly compute: Pick<Compute, 'volumes' | 'instances' | 'recoveryPoints' | 'attach' | 'detach'> & {
    /** The volumes of all content volumes. */
    neighbours(): Promise<Neighbour[]>;
  };
  /** Percent by which files, bytes or manifests may fall between two verified copies without a word. */
  readonly fallPercent: number;
  /** Names that every instance has for devices. */
  readonly deviceNames: readonly string[];
  readonly store: {
    /** Makes a volume for a drill and waits until it is available. The same drill and snapshot give the same volume. */
    createScratch(like: Volume, snapshotId: string, drillId: string): Promise<string>;
    /** Marks the snapshot with what the drill found. */
    verify(snapshotId: string, at: number, found: VerifiedCopy): Promise<void>;
    /** Marks a verified snapshot as one that the guard keeps until then. Unix milliseconds. */
    keep(snapshotId: string, until: number): Promise<void>;
    reject(snapshotId: string, at: number, finding: string): Promise<void>;
    /** The drill's volume is the spare from now on. */
    makeSpare(volumeId: string): Promise<void>;
    /** Gives a drill's volume or a spare, and no other, to the guard to delete. Gone already: nothing to do. */
    discard(volumeId: string): Promise<void>;
  };
  readonly host: Pick<Host, 'release'> & {
    /** Starts the check; nothing waits for it. @returns the id of the command; without it, why it was not started */
    startCheck(
      instanceId: string,
      volume: string,
      volumeId: string,
      seed: number,
    ): Promise<{ readonly commandId?: string; readonly why: string }>;
    /** @returns `undefined` while it runs */
    checkAnswer(instanceId: string, volumeId: string, commandId: string): Promise<HostAnswer | undefined>;
  };
  readonly ledger: Pick<Ledger, 'read'> & {
    /** Keeps other drills of this volume out. Heals are not kept out by it. */
    acquireDrill(volume: string, holder: string, now: number, until: number): Promise<boolean>;
    releaseDrill(volume: string, holder: string): Promise<void>;
    /** Whether another drill of this volume would be kept out. */
    isDrilled(volume: string, now: number): Promise<boolean>;
    /** Counts the drills of this volume. @returns the number of this one; a step that runs twice skips one, which does no harm */
    countDrill(volume: string): Promise<number>;
    /** Notes which is the newest verified snapshot, and when it was started; an older one changes nothing. */
    noteVerified(volume: string, snapshotId: string, at: number): Promise<void>;
    /** Notes the spare. @returns `false` when a heal has the lease: it may be taking the old one */
    noteSpare(volume: string, now: number, spare: Spare): Promise<boolean>;
    readRemarks(volume: string): Promise<Remarks>;
    writeRemarks(volume: string, remarks: Remarks): Promise<void>;
    readDrillNote(volume: string): Promise<DrillNote | undefined>;
    writeDrillNote(volume: string, note: DrillNote): Promise<void>;
    recordDrill(record: DrillRecord): Promise<void>;
  };
  readonly metrics: {
    publish(drilled: Drilled): Promise<void>;
  };
  /** One line for people who look later. */
  readonly log: (line: string) => void;
}

export interface Balancer {
  /**
   * What the load balancer's health checks of a content volume say; that it could not be asked is an answer.
   * @throws Error for a content volume that it has no target group of
   */
  reach(volume: string): Promise<Reach | Unasked>;
}

export interface Monitor {
  /** What EBS says of the I/O of a volume at an instance. Never fails: what is not to be had is said in the answer. */
  io(volumeId: string, instanceId: string): Promise<VolumeIo>;
  /**
   * Since when no probe has said that the content volume serves, and one has said that it does not. Unix milliseconds.
   * @returns `undefined`: it serves as far as anybody has published, or nobody knows. Never fails
   */
  failingSince(volume: string): Promise<number | undefined>;
}

export interface People {
  tell(subject: string, message: string): Promise<void>;
}

export interface Ports {
  readonly clock: Clock;
  readonly compute: Compute;
  readonly host: Host;
  readonly balancer: Balancer;
  readonly monitor: Monitor;
  readonly ledger: Ledger;
  readonly people: People;
  /** A fresh id for a heal. Called inside a step only. */
  readonly newId: () => string;
}

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
  hold(volumeId: string): Promise<void>;
  /** Takes the volume out of the snapshot schedule. */
  unschedule(volumeId: string): Promise<void>;
  /** Puts a volume that was held into the snapshot schedule again. */
  unhold(volumeId: string): Promise<void>;
  /** Marks a volume or a snapshot as one to be deleted: without the mark it cannot be. Gone already: nothing to do. */
  mark(id: string): Promise<void>;
  /** Ids of all snapshots of the account that are locked just now, whoever locked them. */
  locked(): Promise<ReadonlySet<string>>;
  /** Nobody can delete the snapshot then, until the days are over. Locked in governance mode already: the same again. */
  lock(snapshotId: string, lock: Lock): Promise<void>;
  /** Gone already: nothing to do. */
  deleteSnapshot(snapshotId: string): Promise<void>;
  /** Gone already, or taken into use again: nothing to do. */
  deleteVolume(volumeId: string): Promise<void>;
}

export interface PolicyReader {
  /** `undefined`: there is no such policy. */
  read(policyId: string): Promise<FoundPolicy | undefined>;
}

export interface Metrics {
  publish(ages: ReadonlyMap<string, Ages>, at: number): Promise<void>;
}

/** Who is subscribed to the topic that people are told by. */
export interface Subscribers {
  /** @throws Error where the answer has no such numbers */
  count(): Promise<{ readonly confirmed: number; readonly pending: number }>;
  publish(confirmed: number, at: number): Promise<void>;
}

/** What people were last told: of the snapshot policy, or as a test. */
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
  readonly subscribers: Subscribers;
  readonly metrics: Metrics;
  readonly people: People;
  /** One line for people who look later. */
  readonly log: (line: string) => void;
}

import type { InstanceId, SnapshotId, VolumeId } from '../../../contract/ids.ts';
import type { Clock } from './clock.ts';
import type { Message } from './message.ts';
import type {
  HostResult,
  Incident,
  Instance,
  LedgerEntry,
  LedgerState,
  Paged,
  Probe,
  Reach,
  RecoveryPoint,
  Replaced,
  Unasked,
  Volume,
  VolumeIo,
} from './model.ts';

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
  readonly snapshotId: SnapshotId;
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
  createReplacement(order: VolumeOrder): Promise<VolumeId>;
  /**
   * Attaches and waits until EC2 shows this volume at this instance. Already there: nothing to do.
   * @returns `stuck`: beyond a deadline it does not come any more. Nothing was done: `full`, for the instance takes no more volumes;
   *   `elsewhere`, for another instance has it, which whoever asked for this did not see
   */
  attach(volumeId: VolumeId, instanceId: InstanceId): Promise<Attached>;
  /** Detaches, never by force, and waits until the volume is free. Free already: nothing to do. @returns `false` when stuck */
  detach(volumeId: VolumeId, instanceId: InstanceId): Promise<boolean>;
  /** Asks an instance to stop. Stopped or terminated already: nothing to do. Whether it has is seen by looking. */
  stop(instanceId: InstanceId): Promise<void>;
  /** Copies a quarantined volume as it is, marked so that it is never taken for a recovery point. */
  snapshotSuspect(volume: string, volumeId: VolumeId, healId: string): Promise<SnapshotId>;
  /** Takes the volume out of the snapshot schedule, and changes nothing else. */
  unschedule(volumeId: VolumeId): Promise<void>;
  /** Takes the volume out of the snapshot schedule first, then marks it; it is kept. */
  quarantine(volumeId: VolumeId, healId: string): Promise<void>;
  /** Marks the volume as the current one and puts it into the snapshot schedule. */
  promote(volumeId: VolumeId, generation: number): Promise<void>;
  /** Marks a recovery point as one that could not be used, with the reason. */
  reject(snapshotId: SnapshotId, finding: string): Promise<void>;
  /** The volume has a file system now. */
  markFormatted(volumeId: VolumeId): Promise<void>;
}

/** What a host verb answered. */
export interface HostAnswer {
  readonly result: HostResult;
  /** The `key=value` lines that the verb printed. */
  readonly values: Readonly<Record<string, string>>;
  readonly detail: string;
}

export interface Host {
  /** @param volumeId what is to be served there: what the probe says of another one is no answer */
  probe(instanceId: InstanceId, volume: string, volumeId: VolumeId): Promise<Probe>;
  format(instanceId: InstanceId, volume: string, volumeId: VolumeId): Promise<HostAnswer>;
  mount(instanceId: InstanceId, volume: string, volumeId: VolumeId): Promise<HostAnswer>;
  verify(instanceId: InstanceId, volume: string, volumeId: VolumeId): Promise<HostAnswer>;
  /** @param term of the takeover, where there is a journal: for a host to which `drain` never came */
  serve(instanceId: InstanceId, volume: string, volumeId: VolumeId, term?: number): Promise<HostAnswer>;
  release(instanceId: InstanceId, volume: string, volumeId: VolumeId): Promise<HostAnswer>;
  grow(instanceId: InstanceId, volume: string, volumeId: VolumeId): Promise<HostAnswer>;
  /** Seals the journal with this term and reads it onto the volume, which is mounted there and not served. */
  drain(instanceId: InstanceId, volume: string, volumeId: VolumeId, term: number): Promise<HostAnswer>;
  /** Has the journal applied onto a spare that is attached there, from now on. @returns `headAt`: when it last had all that there was */
  follow(instanceId: InstanceId, volume: string, volumeId: VolumeId): Promise<HostAnswer>;
  /** The command with which a person has a verb run. */
  byHand(
    verb: 'release' | 'mount' | 'verify' | 'serve',
    instanceId: InstanceId,
    volume: string,
    volumeId: VolumeId,
  ): string;
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
   * @param replaced what took over from what, noted until people are notified; the spare, if there is one, is not one any more
   */
  commit(volume: string, holder: string, now: number, entry: LedgerEntry, replaced?: Replaced): Promise<void>;
  /**
   * Notes that this instance is being fenced: from now until the next {@link commit} it serves nothing by itself, should it boot
   * (`host/resume.sh`). Fails with a `conflict` unless `holder` still has the lease at `now`.
   * @param shutDown see {@link LedgerState.shutDown}
   */
  noteFencing(volume: string, holder: string, now: number, instanceId: InstanceId, shutDown?: VolumeId): Promise<void>;
  /**
   * Makes a term of the journal that nobody had before: seconds since 1970, or one more than the newest, whichever is higher. So it is that also where the
   * ledger was emptied, or restored to an earlier moment. Fails with a `conflict` unless `holder` still has the lease at `now`.
   * @returns the term; one that got lost on its way is skipped
   */
  raiseTerm(volume: string, holder: string, now: number): Promise<number>;
  release(volume: string, holder: string): Promise<void>;
  record(incident: Incident): Promise<void>;
  /** Notes what people were notified of that they have to do; nothing where another heal has the volume by now, for it knows better. */
  notePage(volume: string, holder: string, paged: Paged): Promise<void>;
  /**
   * People know that it serves: they have nothing to do any more.
   * @param notified what took over, of which they were notified; where something else has taken over since, that is still to be reported, and nothing is
   * changed. By default of nothing: what took over is still to be reported
   */
  noteServed(volume: string, notified?: string): Promise<void>;
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
  io(volumeId: VolumeId, instanceId: InstanceId): Promise<VolumeIo>;
  /**
   * Since when no probe has said that the content volume serves, and one has said that it does not. Unix milliseconds.
   * @returns `undefined`: it serves as far as anybody has published, or nobody knows. Never fails
   */
  failingSince(volume: string): Promise<number | undefined>;
}

export interface People {
  notify(message: Message): Promise<void>;
}

export interface Ports {
  readonly clock: Clock;
  readonly compute: Compute;
  readonly host: Host;
  readonly balancer: Balancer;
  readonly monitor: Monitor;
  readonly ledger: Ledger;
  readonly people: People;
  /** Changes to files are journaled, on every host. */
  readonly journaled?: boolean;
  /** A fresh id for a heal. Called inside a step only. */
  readonly newId: () => string;
}

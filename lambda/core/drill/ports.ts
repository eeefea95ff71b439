import type { InstanceId, SnapshotId, VolumeId } from '../../../contract/ids.ts';
import type { Counts, Neighbour, Spare, StepRecord, Volume } from '../world/model.ts';
import type { Compute, Host, HostAnswer, Ledger, Ports } from '../world/ports.ts';
import type { Portion, Reading } from './reading.ts';
import type { Remarks } from './remarks.ts';

/** What people know of the drills of a content volume. */
export interface DrillNote {
  /** What people were last notified of about a recovery point that was rejected; `undefined`: nothing is wrong as far as they know. */
  readonly about: string | undefined;
  /** When they were notified. Unix milliseconds. */
  readonly at: number;
  /** When the newest recovery point that was rejected was started: one that is older and passes says nothing of what serves. */
  readonly of: number;
  /** Files that they were notified of. */
  readonly files: readonly string[];
}

/** The record that every drill leaves. */
export interface DrillRecord {
  readonly id: string;
  readonly volume: string;
  readonly snapshotId: SnapshotId;
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
  /** Percent of the files that were to be read whose content was read and compared: 0 where it was rejected before that. */
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

/** What is brought out of a copy, and where to: `BUNDLE_PATH` and `BUNDLE_KEY` of the contract. */
export interface Bundled {
  readonly path: string;
  readonly key: string;
}

/** What a drill needs beyond what the healer has. */
export interface DrillPorts extends Omit<Ports, 'compute' | 'host' | 'ledger' | 'balancer' | 'monitor'> {
  readonly compute: Pick<Compute, 'volumes' | 'instances' | 'recoveryPoints' | 'attach' | 'detach'> & {
    /** The volumes of all content volumes. */
    neighbours(): Promise<Neighbour[]>;
  };
  /** Percent by which files, bytes or manifests may fall between two verified copies without a word. */
  readonly fallPercent: number;
  /** In how many drills all content is read. */
  readonly readAllEvery: number;
  /** Names that every instance has for devices. */
  readonly deviceNames: readonly string[];
  readonly store: {
    /** Makes a volume for a drill and waits until it is available. The same drill and snapshot give the same volume. */
    createScratch(like: Volume, snapshotId: SnapshotId, drillId: string): Promise<VolumeId>;
    /** Marks the snapshot with what the drill found. */
    verify(snapshotId: SnapshotId, at: number, found: VerifiedCopy): Promise<void>;
    /** Marks a verified snapshot as one that the guard keeps until then. Unix milliseconds. */
    keep(snapshotId: SnapshotId, until: number): Promise<void>;
    reject(snapshotId: SnapshotId, at: number, finding: string): Promise<void>;
    /** The drill's volume is the spare from now on. */
    makeSpare(volumeId: VolumeId): Promise<void>;
    /** Gives a drill's volume or a spare, and no other, to the guard to delete. Gone already: nothing to do. */
    discard(volumeId: VolumeId): Promise<void>;
  };
  readonly host: Pick<Host, 'release' | 'follow'> & {
    /** Starts the check; nothing waits for it. @returns the id of the command; without it, why it was not started */
    startCheck(
      instanceId: InstanceId,
      volume: string,
      volumeId: VolumeId,
      seed: number,
      portion: Portion | undefined,
    ): Promise<{ readonly commandId?: string; readonly why: string }>;
    /** @returns `undefined` while it runs */
    checkAnswer(instanceId: InstanceId, volumeId: VolumeId, commandId: string): Promise<HostAnswer | undefined>;
    /** As {@link startCheck}: what is at a path of the copy is packed, and sent. */
    startBundle(
      instanceId: InstanceId,
      volume: string,
      volumeId: VolumeId,
      what: Bundled,
    ): Promise<{ readonly commandId?: string; readonly why: string }>;
    /** @returns `undefined` while it runs */
    bundleAnswer(instanceId: InstanceId, volumeId: VolumeId, commandId: string): Promise<HostAnswer | undefined>;
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
    noteVerified(volume: string, snapshotId: SnapshotId, at: number): Promise<void>;
    /** Notes the spare. @returns `false` when a heal has the lease: it may be taking the old one */
    noteSpare(volume: string, now: number, spare: Spare): Promise<boolean>;
    /** What drills have read of the content. */
    readReading(volume: string): Promise<Reading | undefined>;
    /** @param reading `undefined`: nothing is known any more */
    writeReading(volume: string, reading: Reading | undefined): Promise<void>;
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

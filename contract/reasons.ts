import type { InstanceId, SnapshotId, VolumeId } from './ids.ts';
/**
 * Why a heal ended as it did, and why somebody is paged: what was seen, in the order in which it is said. Each has a code and typed fields.
 * One place makes sentences of them (`lambda/core/message/reason-words.ts`); messages carry them as attributes, and each incident in the
 * ledger has them. `detail` is what another program or AWS said, as it is: for people.
 */
export type Reason = { readonly [C in ReasonCode]: { readonly code: C } & Fields[C] }[ReasonCode];

export type ReasonCode = keyof Fields;

/** The fields of a reason. */
export type ReasonOf<C extends ReasonCode> = Extract<Reason, { readonly code: C }>;

/** Evidence that nothing but another volume helps: what a probe says, that EC2 does not move it, or that its mount hung on two hosts. */
export const DEAD_STATES = ['shutdown', 'unmountable', 'timeout', 'stuck', 'hung'] as const;
export type DeadState = (typeof DEAD_STATES)[number];

interface OfVolume {
  readonly volumeId: VolumeId;
}
interface OfHost {
  readonly instanceId: InstanceId;
}
/** A volume and its owner, or whoever is to have it. */
interface OfBoth extends OfVolume, OfHost {}
interface OfName {
  /** The content volume. */
  readonly volume: string;
}
interface WithDetail {
  readonly detail: string;
}
/** How far a journal was read. */
interface Read {
  readonly number: number;
  readonly upTo?: number;
}
/** What a verb answered. */
interface Answered extends WithDetail {
  readonly result: string;
}

/** By code. */
interface Fields {
  // What is seen of a volume.
  readonly serving: OfVolume;
  /** It serves, and its tags do not say so. */
  readonly tagsBehind: OfVolume;
  readonly dead: OfVolume & { readonly state: DeadState; readonly detail?: string };
  /** Its I/O hangs, and is given time. */
  readonly mayGoOn: OfVolume & { readonly detail?: string };
  readonly quarantined: OfVolume;
  readonly quarantinedServes: OfVolume;
  readonly inError: OfVolume;
  /** EC2's list lacks what the ledger names. */
  readonly unseen: OfVolume;
  readonly creating: OfVolume;
  readonly noOwner: OfVolume;
  readonly notServed: OfBoth;
  /** Attached nowhere, and not available either. */
  readonly adrift: OfVolume & { readonly state: string };
  /** Attaching, detaching or busy. */
  readonly unsettled: OfBoth & { readonly state: string };
  /** It is not in use, or not in the zone of the instance that EC2 shows it at. */
  readonly misplaced: OfBoth & { readonly zone: string; readonly state: string; readonly instanceZone: string };
  /** Attached to an instance that EC2 does not show in the fleet. */
  readonly holderUnseen: OfBoth;
  /** It serves by its probe, and the load balancer does not reach it there. */
  readonly unreached: OfBoth;
  readonly blankWithHistory: OfVolume & OfName;
  readonly noCurrentVolume: OfName;

  // What is seen of its owner.
  readonly ownerServesNot: OfBoth;
  readonly ownerNotRunning: OfBoth & { readonly state: string };
  readonly ownerSilent: OfBoth;
  /** The probe's word is one that nothing safe follows from; none: it says nothing. */
  readonly probeUnclear: OfBoth & { readonly state?: string };

  // What goes with it.
  /** Evidence contradicts itself: what follows says how. */
  readonly contradiction: Empty;
  /** The load balancer reaches the owner, which answers no command, or does not serve by its probe. */
  readonly reachedThere: Empty;
  readonly contentReached: Empty;
  readonly checksFail: { readonly checks: 'instance' | 'volumes' };
  readonly balancerUnasked: Empty;
  readonly unreachedToo: Empty;
  readonly reachedElsewhere: { readonly instanceIds: readonly string[] };
  readonly webAnswers: Empty;
  readonly noWebServer: Empty;
  readonly coming: OfHost & { readonly zone: string; readonly state: string };
  readonly failedToTake: { readonly instanceIds: readonly string[] };
  readonly didNotAct: { readonly instanceIds: readonly string[] };
  readonly nobodyAnswers: { readonly zone: string; readonly elsewhere: boolean };
  /** It is blank: there is nothing to make anew. */
  readonly nothingToMake: Empty;
  readonly noPoint: OfName;
  readonly pointsRejected: OfName & { readonly count: number };
  readonly waited: { readonly seconds: number };

  // What was tried, and failed.
  readonly pointsFailed: { readonly tried: number };
  readonly verbFailed: OfHost & Answered & { readonly verb: string };
  /** Fencing: EC2 says nothing of whoever has it. */
  readonly holderUnknown: OfBoth;
  readonly notReleased: OfBoth & Answered & { readonly probe?: string };
  readonly notStopped: OfHost & { readonly seconds: number };
  /** `error`: its name, which is AWS's code where AWS said no. */
  readonly stepFailed: WithDetail & { readonly after: string; readonly error: string };
  readonly stillNotServing: OfName & { readonly seconds: number };
  readonly nothing: Empty;

  // What was done.
  readonly servedBy: OfBoth;
  readonly replaced: OfVolume;
  readonly spareServes: OfVolume;
  readonly tagsFollow: WithDetail;

  // What the journal of files gave to what serves, where there is one. `number`: up to which it was read; `upTo`: every change before it
  // is in what serves, Unix milliseconds, where anybody knows.
  readonly journalDrained: OfVolume & Read & { readonly files: number };
  /**
   * `missing`: so many numbers before the seal were not read in time, or the volume is no base for them. Left out: all that stood there has expired, and nobody
   * knows how many there were, or whether there was one.
   */
  readonly journalBehind: OfVolume & Read & { readonly missing?: number };
  /** S3 did not answer: what else the journal has nobody knows. */
  readonly journalUnsealed: OfVolume & Read;
  /** Nobody read it. */
  readonly journalUnread: OfVolume & Answered;

  // What ended it.
  readonly leaseLost: WithDetail;
  readonly leaseRanOut: Empty;
  /** A service of AWS does not answer. */
  readonly unanswered: WithDetail & { readonly service: string; readonly error: string };
  /** A copy is damaged: what its check answered. */
  readonly copyDamaged: { readonly snapshotId: SnapshotId; readonly result: string };
}
type Empty = Readonly<Record<never, never>>;

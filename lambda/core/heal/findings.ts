import type { InstanceId, SnapshotId } from '../../../contract/ids.ts';
import type { Reason } from '../../../contract/reasons.ts';
import type { Word } from '../world/evidence.ts';
import type { Rejected } from '../world/message.ts';
import type { Drained, LessRoom, NothingWrong, Observation, Replaced, Replacement } from '../world/model.ts';

/** How a heal ends that leaves tags to the next sweep. */
export interface Served {
  readonly outcome: NothingWrong | 'healed';
  readonly reasons: readonly Reason[];
  readonly replacement?: Replacement;
}

/** A service does not answer that only tags need: thrown beside steps, for of what is thrown within one little is left. */
export class ServedMeanwhile extends Error {
  readonly end: Served;

  constructor(end: Served) {
    super('content serves, and its tags are to follow');
    this.name = 'ServedMeanwhile';
    this.end = end;
  }
}

/** What people have to know however a heal ends. */
export interface Findings {
  /** Recovery points that could not be used. */
  readonly rejected: Rejected[];
  /** Recovery points that were not used. */
  passedOver: readonly SnapshotId[];
  lessRoom?: LessRoom | undefined;
  /** What the journal gave to what serves. */
  drained?: Drained | undefined;
  /** The instance that had the volume by the ledger, at the last look. */
  owner?: InstanceId | undefined;
  /** See {@link Begun}. */
  readonly word?: Word | undefined;
  /** When people were last notified that they have something to do, by this heal or as the ledger said with its lease. Unix milliseconds. */
  pagedAt?: number | undefined;
  /** All it has to say is that what people were called for is over. */
  clears?: boolean;
  /** The spare serves: whatever fails from then on is tidying up, and the next sweep does it. */
  spare?: { readonly replacement: Replacement; readonly reasons: readonly Reason[] };
  /** Content serves, and tags are put right: with how it ends where a service that this needs does not answer. */
  settling?: ((why: string) => Served) | undefined;
}

/** Nobody else notifies people of it. */
export function isNews({ rejected, passedOver }: Findings): boolean {
  return rejected.length > 0 || passedOver.length > 0;
}

/**
 * People wait for a word, and it is known: something took over and nobody has notified them, or they were called, and the load balancer
 * was asked and does not contradict the probe.
 */
export function owesNews({ ledger, reachableOn }: Observation): boolean {
  return tookOver(ledger) !== undefined || (ledger?.paged !== undefined && reachableOn !== undefined);
}

/** What is current by the ledger, and nobody has notified people of. */
function tookOver(ledger: Observation['ledger']): Replaced | undefined {
  const { replaced, currentVolume } = ledger ?? {};
  return replaced?.newVolume === currentVolume ? replaced : undefined;
}

/** What took over and serves by now, as the ledger has it: the heal that did it did not come to notify people. */
export function unreported({ ledger, probe, at }: Observation): Replacement | undefined {
  const replaced = tookOver(ledger);
  return replaced && probe?.state === 'serving' ? { ...replaced, servingAt: at } : undefined;
}

/** The tags follow the ledger: what is current by the one and not yet by the other has taken over a moment ago. */
export function hasJustTakenOver({ volumes, ledger }: Observation): boolean {
  const role = volumes.find((v) => v.id === ledger?.currentVolume)?.role;
  return role === 'candidate' || role === 'spare';
}

/** Copies of earlier generations that are newer than the one that serves now was made from: people are notified that there are some. */
export function passedOver({ recoveryPoints, volumes, ledger }: Observation): SnapshotId[] {
  const current = volumes.find((v) => v.id === ledger?.currentVolume);
  const taken = recoveryPoints.find((p) => p.snapshotId === current?.madeFrom);
  if (!current || !taken) return [];
  return recoveryPoints
    .filter((p) => p.state === 'completed' && p.role !== 'quarantined' && p.verdict !== 'rejected')
    .filter((p) => p.at > taken.at && p.generation < (ledger?.generation ?? 0))
    .map((p) => p.snapshotId);
}

/** A spare from before a volume was made larger serves in its place: what it holds is whole, and no volume of its own grows it. */
export function lessRoom({ volumes }: Observation, { oldVolume, newVolume }: Replaced): LessRoom | undefined {
  const [before = 0, now = before] = [oldVolume, newVolume].map((id) => volumes.find((v) => v.id === id)?.sizeGiB);
  return now < before ? { before, now } : undefined;
}

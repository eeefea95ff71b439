import type { VolumeId } from '../../../contract/ids.ts';
import { currentVolume, holderOf } from './current.ts';
import type { Instance, Observation, Probe, VolumeIo } from './model.ts';

/** What an owner said before the lease. */
export interface Word extends Probe {
  readonly volumeId: VolumeId;
  /** When it was asked. Unix milliseconds. */
  readonly at: number;
  /** `leases` of the ledger's state, before it was asked. */
  readonly leases: number;
}

/** Since when a heal has seen the same, look after look. Unix milliseconds; `undefined`: not at its last look. */
export interface Since {
  /** The owner that it is about: of another one nothing has been seen yet. */
  readonly on?: string | undefined;
  /** The owner's probe says that I/O hangs. */
  readonly stalled?: number | undefined;
  /** Its probe says that it serves, and the load balancer that it does not reach the content there. */
  readonly unreached?: number | undefined;
  /** EC2's answers lack the volume that the ledger names, or the instance that it is attached to. */
  readonly unseen?: number | undefined;
}

/**
 * I/O that hangs may go on: in the place of the volume comes a copy that is up to an hour old, so it is looked at for this long.
 * EBS has called a volume impaired within 120 s of the moment at which its I/O was paused
 * (docs.aws.amazon.com/ebs/latest/userguide/ebs-fis-pause-io.html): what it has not said by then, it would not say of a longer wait.
 * The cost: where EBS does not see the stall, content is gone for two minutes more.
 */
export const STALL_SECONDS = 120;
/**
 * Where EBS itself says so. It does not within the first minute (`VolumeStalledIOCheck` is 1 "if I/O is paused for over 60 seconds",
 * same page), so with the time that detection takes this is the second minute of the stall.
 */
export const CONFIRMED_STALL_SECONDS = 30;

/**
 * What serves has to be found healthy twice, 5 s apart, before the load balancer reaches it; so much more is no delay any more.
 */
export const UNREACHED_SECONDS = 60;

/** EC2 is eventually consistent: what its answers lack is looked for this long. */
export const UNSEEN_SECONDS = 120;

/**
 * The first sign of trouble, Unix milliseconds. The probe's own word, as it was published, outlives heals and outages; where it is not to be
 * had, it was no later than the alarm, and than people were called.
 */
export function failedAt(
  { failingSince, ledger }: Pick<Observation, 'failingSince' | 'ledger'>,
  alarmedAt: number | undefined,
): number | undefined {
  return failingSince ?? alarmedAt ?? ledger?.paged?.at;
}

/** Adds what an observation shows to what was seen before. */
export function seenAgain(before: Since, seen: Observation): Since {
  const on = seen.probe?.instanceId;
  const { stalled, unreached } = before.on === on ? before : {};
  return {
    on,
    stalled: seen.probe?.state === 'timeout' ? (stalled ?? seen.at) : undefined,
    unreached: isUnreached(seen) ? (unreached ?? seen.at) : undefined,
    unseen: isUnseen(seen) ? (before.unseen ?? seen.at) : undefined,
  };
}

function isUnseen(seen: Observation): boolean {
  const named = seen.ledger?.currentVolume;
  if (named && seen.volumes.every((v) => v.id !== named)) return true;
  const current = currentVolume(seen);
  return current !== undefined && holderOf(seen, current).kind === 'unseen';
}

/** The owner's probe and the load balancer contradict each other. That the latter cannot be asked is no contradiction. */
export function isUnreached({ probe, reachableOn }: Pick<Observation, 'probe' | 'reachableOn'>): boolean {
  return probe?.state === 'serving' && reachableOn !== undefined && !reachableOn.includes(probe.instanceId);
}

/** EBS says of the volume, or EC2 of what is attached to its owner, that I/O does not end. */
export function confirmsStall(io: VolumeIo | undefined, owner?: Pick<Instance, 'ebsImpaired'>): boolean {
  return io?.status === 'impaired' || io?.stalled === true || owner?.ebsImpaired === true;
}

/** Whether I/O has hung for so long that it is not waited for any more. @param seconds since the first look that saw it */
export function outlasted(seconds: number, confirmed: boolean): boolean {
  return seconds >= (confirmed ? CONFIRMED_STALL_SECONDS : STALL_SECONDS);
}

/** One line for the record. */
export function evidenceText(seen: Pick<Observation, 'probe' | 'io' | 'reachableOn' | 'unasked'>): string {
  const { probe, io, unasked } = seen;
  const unreached = isUnreached(seen) ? ['the load balancer does not reach it'] : [];
  return [
    `probe: ${probe?.state ?? 'none'}`,
    ...unreached,
    ...(unasked === undefined ? [] : [unasked]),
    ...(io ? [ioText(io)] : []),
  ].join('; ');
}

export function ioText({ status, stalled, why }: VolumeIo): string {
  const check = stalled === undefined ? 'has no data' : `says ${stalled ? 'stalled' : 'not stalled'}`;
  return [`EBS: volume status ${status ?? 'unknown'}`, `the check for stalled I/O ${check}`, ...why].join(', ');
}

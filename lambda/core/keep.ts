import { byPreference } from './candidates.ts';
import type { LedgerState, RecoveryPoint, Volume } from './model.ts';

/** What a deployment asks of a content volume. The limits are checked at synth time (`lib/settings.ts`). */
export interface VolumeClaim {
  readonly volume: string;
  readonly zone: string;
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops: number;
  readonly throughputMiBs: number;
}

export type KeeperDecision =
  | { readonly kind: 'adopt'; readonly volumeId: string }
  | { readonly kind: 'restore'; readonly recoveryPoint: RecoveryPoint; readonly generation: number }
  | { readonly kind: 'blank' }
  /** A heal is under way: what it leaves is to be adopted. */
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'refuse'; readonly reason: string };

const GONE: readonly string[] = ['deleting', 'deleted', 'error'];

/**
 * Create means: adopt the current volume, else restore the newest verified recovery point, else the newest, else, only where nothing ever existed,
 * make a blank one. Anything in between (a quarantined volume, a snapshot that is not complete) is history: it is refused
 * rather than covered with a blank volume.
 *
 * @param ledger What the ledger says, where it says anything.
 * @param now Unix milliseconds.
 */
export function decideCreate(
  claim: VolumeClaim,
  volumes: readonly Volume[],
  recoveryPoints: readonly RecoveryPoint[],
  ledger: LedgerState | undefined,
  now: number,
): KeeperDecision {
  if (ledger?.lease && ledger.lease.until > now) {
    return {
      kind: 'wait',
      reason: `heal ${ledger.lease.holder} of ${claim.volume} is under way; deploy again when it has ended`,
    };
  }
  const live = volumes.filter((v) => !GONE.includes(v.state));
  const agreed = live.find((v) => v.id === ledger?.currentVolume);
  if (agreed?.role === 'quarantined') {
    return {
      kind: 'refuse',
      reason: `${agreed.id}, the current volume of ${claim.volume}, is in quarantine and no heal has ended well since; see the runbook`,
    };
  }
  // A heal may have moved it to another zone: what the ledger names is adopted where it is.
  if (agreed) return { kind: 'adopt', volumeId: agreed.id };
  const [tagged] = live.filter((v) => v.role === 'current').sort((a, b) => b.generation - a.generation);
  if (tagged && tagged.zone !== claim.zone) {
    return {
      kind: 'refuse',
      reason: `zone: received ${claim.zone}; the current volume ${tagged.id} of ${claim.volume} is in ${tagged.zone}, and only that is allowed`,
    };
  }
  if (tagged) return { kind: 'adopt', volumeId: tagged.id };
  const [newest] = byPreference(recoveryPoints);
  if (newest) {
    return {
      kind: 'restore',
      recoveryPoint: newest,
      generation: Math.max(newest.generation, ledger?.generation ?? 0, ...volumes.map((v) => v.generation)) + 1,
    };
  }
  const history = [
    ...volumes.map((v) => `volume ${v.id} (${v.role}, ${v.state})`),
    ...recoveryPoints.map((p) => `snapshot ${p.snapshotId} (${p.state})`),
    ...(ledger?.currentVolume ? [`generation ${ledger.generation} in the ledger, ${ledger.currentVolume}`] : []),
  ];
  if (history.length > 0) {
    return {
      kind: 'refuse',
      reason: `${claim.volume} has a history but no volume to adopt and no completed snapshot to restore: ${history.join(', ')}; a blank volume is made only where nothing ever existed`,
    };
  }
  return { kind: 'blank' };
}

/** What a deployment changes of a volume that exists, in place and while it serves. */
export interface Change {
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops: number;
  readonly throughputMiBs: number;
}

/**
 * What an update may never do, in one line naming each setting: EBS volumes do not shrink, and stay in their zone.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html
 */
export function refuseUpdate(before: VolumeClaim, after: VolumeClaim): string | undefined {
  const refused = [
    ...(after.zone === before.zone
      ? []
      : [`zone: received ${after.zone}, allowed: ${before.zone} (a content volume stays where it is)`]),
    ...(after.sizeGiB >= before.sizeGiB
      ? []
      : [`sizeGiB: received ${after.sizeGiB}, allowed: ${before.sizeGiB} or more (volumes do not shrink)`]),
  ];
  return refused.length === 0 ? undefined : refused.join('; ');
}

/** What is to be changed for the volume to be as claimed; `undefined`: nothing. One that is larger than claimed stays so. */
export function changeOf(claim: VolumeClaim, volume: Volume): Change | undefined {
  const { type, iops, throughputMiBs } = claim;
  const sizeGiB = Math.max(claim.sizeGiB, volume.sizeGiB);
  const same =
    sizeGiB === volume.sizeGiB &&
    type === volume.type &&
    iops === volume.iops &&
    throughputMiBs === volume.throughputMiBs;
  return same ? undefined : { sizeGiB, type, iops, throughputMiBs };
}

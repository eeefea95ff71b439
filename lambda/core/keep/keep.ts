import type { VolumeId } from '../../../contract/ids.ts';
import { listed } from '../../../contract/listed.ts';
import type { Refusal } from '../../../contract/refusals.ts';
import { byPreference } from '../heal/candidates.ts';
import { taggedCurrent } from '../world/current.ts';
import { UNSEEN_SECONDS } from '../world/evidence.ts';
import type { LedgerState, RecoveryPoint, Volume } from '../world/model.ts';

/** What a deployment asks of a content volume. The limits are checked at synth time (`lib/props/allowed.ts`). */
export interface VolumeClaim {
  readonly volume: string;
  readonly zone: string;
  readonly sizeGiB: number;
  readonly type: string;
  readonly iops: number;
  readonly throughputMiBs: number;
}

/** A claim of which the zone may be open: a deployment that changes a volume takes it where it is. */
export type Sought = Omit<VolumeClaim, 'zone'> & { readonly zone?: string };

export type KeeperDecision =
  | { readonly kind: 'adopt'; readonly volumeId: VolumeId; readonly unseen?: true }
  | { readonly kind: 'restore'; readonly recoveryPoint: RecoveryPoint; readonly generation: number }
  | { readonly kind: 'blank' }
  /** A heal is under way, or the volume is being made: what comes of it is to be adopted. */
  | { readonly kind: 'wait'; readonly refusal: Refusal }
  /** `unseen`: because of something that was not seen, and may be there. */
  | { readonly kind: 'refuse'; readonly refusal: Refusal; readonly unseen?: true };

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
  claim: Sought,
  volumes: readonly Volume[],
  recoveryPoints: readonly RecoveryPoint[],
  ledger: LedgerState | undefined,
  now: number,
): KeeperDecision {
  if (ledger?.lease && ledger.lease.until > now) {
    const refusal = { code: 'healUnderWay', volume: claim.volume, healId: ledger.lease.holder } as const;
    return { kind: 'wait', refusal };
  }
  const live = volumes.filter((v) => !GONE.includes(v.state));
  const agreed = live.find((v) => v.id === ledger?.currentVolume);
  if (agreed?.role === 'quarantined') {
    return { kind: 'refuse', refusal: { code: 'inQuarantine', volumeId: agreed.id, volume: claim.volume } };
  }
  if (agreed?.state === 'creating') return beingMade(agreed);
  // A heal may have moved it to another zone: what the ledger names is adopted where it is.
  if (agreed) return { kind: 'adopt', volumeId: agreed.id };
  const named = ledger?.currentVolume;
  const unseen = named !== undefined && volumes.every((v) => v.id !== named);
  const [tagged] = taggedCurrent(live);
  if (tagged?.state === 'creating') return beingMade(tagged);
  if (tagged && claim.zone !== undefined && tagged.zone !== claim.zone) {
    const { id: volumeId, zone: allowed } = tagged;
    const refusal = { code: 'otherZone', volumeId, volume: claim.volume, received: claim.zone, allowed } as const;
    return { kind: 'refuse', refusal };
  }
  if (tagged) return { kind: 'adopt', volumeId: tagged.id, ...(unseen && { unseen }) };
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
    const rest = `all of them: what EC2 has with the tag remount:volume=${claim.volume}`;
    const detail = listed(history, { rest });
    return { kind: 'refuse', unseen: true, refusal: { code: 'onlyHistory', volume: claim.volume, detail } };
  }
  return { kind: 'blank' };
}

function beingMade(volume: Volume): KeeperDecision {
  return { kind: 'wait', refusal: { code: 'beingMade', volumeId: volume.id } };
}

/**
 * How long it must be the same before the keeper acts on what it did not see. EC2's lists lack for a moment what is there; the healer
 * has as much patience (`UNSEEN_SECONDS`). Where nothing at all is seen, neither a volume nor a copy nor a line of the ledger, one
 * look is enough: eventual consistency hides what is new, and of a volume that has served all three are old.
 * Source: docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
 */
export function patienceSeconds(decision: KeeperDecision): number {
  if (decision.kind === 'blank') return BLANK_SECONDS;
  const unseen = decision.kind === 'restore' || ('unseen' in decision && decision.unseen === true);
  return unseen ? UNSEEN_SECONDS : 0;
}
const BLANK_SECONDS = 0;

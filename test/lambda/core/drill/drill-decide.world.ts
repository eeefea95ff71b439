import type { InstanceId, SnapshotId } from '../../../../contract/ids.ts';
import { type DrillDecision, type DrillObservation, decideDrill } from '../../../../lambda/core/drill/decide.ts';
import type { Attachment, AttachmentState, LedgerState, Volume } from '../../../../lambda/core/world/model.ts';
import { NOW, volume, world } from '../world.ts';

/** What a drill looks at, sound by default, each test breaks what it is about. */

export const MINUTE = 60_000;
export const HOURS_2 = 120;

export const on = (instanceId: InstanceId, state: AttachmentState = 'attached'): Attachment[] => [
  { instanceId, device: '/dev/sdg', state },
];

export const spareVolume = (over: Partial<Volume> = {}) =>
  volume({ id: 'vol-spare', role: 'spare', scheduled: false, attachments: on('i-standby'), ...over });

export function scratchOf(snapshotId: SnapshotId, over: Partial<Volume> = {}): Volume {
  const free = { role: 'scratch', scheduled: false, state: 'available', attachments: [] } as const;
  return volume({ id: 'vol-scratch', ...free, madeFrom: snapshotId, ...over });
}

export function ledger(over: Partial<LedgerState> = {}): LedgerState {
  const none = { lease: undefined, paged: undefined };
  return { generation: 1, currentVolume: 'vol-11111111', owner: 'i-owner', ...none, ...over };
}

/** The ledger that names `vol-spare` on the standby, from a snapshot of so many minutes ago. */
export const withSpare = (minutesAgo: number, instanceId: InstanceId = 'i-standby') =>
  ledger({ spare: { volumeId: 'vol-spare', snapshotId: 'snap-x', instanceId, at: NOW - minutesAgo * MINUTE } });

export function seen(over: Partial<DrillObservation> = {}): DrillObservation {
  const { volume: name, at, volumes, instances, recoveryPoints } = world();
  return { volume: name, at, ledger: ledger(), volumes, instances, recoveryPoints, ...over };
}

export type Check = Extract<DrillDecision, { readonly kind: 'check' }>;

/** What is checked. */
export function checked(over: Partial<DrillObservation> = {}): Check {
  const decision = decideDrill(seen(over));
  if (decision.kind === 'none') throw new Error(`nothing is checked: ${decision.reason}`);
  return decision;
}

export const reason = (over: Partial<DrillObservation>) => decideDrill(seen(over)).reason;

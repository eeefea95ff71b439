import type { GuardObservation } from '../../../../lambda/core/guard/guard.ts';
import type { Retention, Snapshot } from '../../../../lambda/core/guard/retention.ts';
import type { Volume } from '../../../../lambda/core/world/model.ts';
import { NOW, point, volume } from '../world.ts';

export const RETENTION: Retention = {
  policyId: 'policy-1',
  schedules: ['hourly-at-00', 'hourly-at-30'],
  keepHours: 24,
};

/** The current volume, a day old, made from no snapshot. */
export function guarded(over: Partial<Volume> = {}): Volume {
  return { ...volume(), madeFrom: undefined, ...over };
}

/** A copy of the current volume, made by the deployed schedule. */
export function snapshot(minutesAgo: number, over: Partial<Snapshot> = {}): Snapshot {
  return {
    ...point(minutesAgo),
    volumeId: 'vol-11111111',
    verdict: undefined,
    maker: 'dlm',
    policyId: 'policy-1',
    schedule: 'hourly-at-00',
    marked: false,
    ...over,
  };
}

export function seen(over: Partial<GuardObservation> = {}): GuardObservation {
  const volumes = [guarded()];
  return {
    at: NOW,
    volume: 'alpha',
    ledger: undefined,
    volumes,
    snapshots: [snapshot(10)],
    locked: new Set(),
    ...over,
  };
}

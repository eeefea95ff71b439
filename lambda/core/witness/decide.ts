import { STARTS } from '../../../contract/witness.ts';
import type { LedgerState } from '../world/model.ts';

/** What a standby says: that this instance, which it takes for the owner, does not answer. */
export interface Said {
  readonly volume: string;
  readonly owner: string;
  readonly by: string;
  /** When DynamoDB had it. Unix milliseconds; by no clock of a host. */
  readonly at: number;
}

/** What was started before: the note of a content volume. */
export interface Starts {
  /** The newest one. Unix milliseconds. */
  readonly at: number;
  readonly owner: string;
  readonly generation: number;
  /** How many there were since the owner or the generation was another. */
  readonly looks: number;
}

/** `late`: nobody knows whether it still is so. `otherOwner`: nobody asked whom the ledger names. `underWay`: a heal has the lease. */
export type Dropped = 'late' | 'otherOwner' | 'underWay' | 'tooSoon';

export type Decision =
  | { readonly do: 'start'; readonly note: Starts; readonly failedAt: number }
  | { readonly do: 'drop'; readonly why: Dropped };

/**
 * Whether a look is started. Nothing is believed but that somebody says so: a host may lie, and what is not bounded would keep the healer
 * busy. @param now Unix milliseconds
 */
export function decideStart(
  said: Said,
  ledger: LedgerState | undefined,
  before: Starts | undefined,
  now: number,
): Decision {
  const drop = (why: Dropped): Decision => ({ do: 'drop', why });
  if (now - said.at > STARTS.freshMs) return drop('late');
  if (!ledger?.owner || ledger.owner !== said.owner) return drop('otherOwner');
  if (ledger.lease && ledger.lease.until > now) return drop('underWay');
  const { owner, generation } = ledger;
  const same = before?.owner === owner && before.generation === generation;
  const looks = same ? before.looks : 0;
  const pause = looks < STARTS.freely ? STARTS.everyMs : STARTS.seldomMs;
  if (before && now - before.at < pause) return drop('tooSoon');
  return { do: 'start', note: { at: now, owner, generation, looks: looks + 1 }, failedAt: said.at - STARTS.missedMs };
}

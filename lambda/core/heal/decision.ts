import type { Reason } from '../../../contract/reasons.ts';
import type { Holder, Instance, RecoveryPoint, Volume } from '../world/model.ts';

/** What to do next for one content volume: what `decide.ts` answers. */
export type Decision =
  | ({ readonly kind: 'none' } & Because)
  | Mount
  | Failover
  | Replace
  | Settle
  /** Something is on its way (an instance starting, an attachment settling): look again in a while. */
  | Wait
  | Page;

/** What was seen, in the order in which it is said. */
export interface Because {
  readonly reasons: readonly Reason[];
}

export interface Wait extends Because {
  readonly kind: 'wait';
  /** Cannot be replaced yet: its copies are no recovery points. */
  readonly suspect?: Volume;
  /** For what a heal has begun to see, which has a time of its own, and ends by itself. */
  readonly brief?: boolean;
}

export interface Page extends Because {
  readonly kind: 'page';
  readonly suspect?: Volume;
  /** Others than people may yet change it: hosts that were sent a command and did not do it may do it the next time. */
  readonly open?: boolean;
}

/**
 * It serves, and the tags do not say so yet: without them it would never be copied, and what it took the place of would go on
 * being copied. A replacement by the spare ends with this, off the critical path.
 */
export interface Settle extends Because {
  readonly kind: 'settle';
  readonly volume: Volume;
  readonly generation: number;
  /** What has the marks of a current volume, and is not; and what a heal that never ended has prepared. */
  readonly suspects: readonly Volume[];
}

/** The volume is sound as far as anyone knows, and nobody has it mounted: (attach,) mount and serve it. */
export interface Mount extends Because {
  readonly kind: 'mount';
  readonly volume: Volume;
  readonly instance: Instance;
  /** What the ledger is to say: a spare's own tag is that of the volume before it. */
  readonly generation: number;
  /** On the instance, where it would make room. */
  readonly spare: Volume | undefined;
  readonly format: boolean;
}

/** The volume is sound, its owner is not: fence the owner, and move the volume to the standby. */
export interface Failover extends Because {
  readonly kind: 'failover';
  readonly volume: Volume;
  readonly owner: Instance;
  readonly standby: Instance;
  readonly generation: number;
  readonly spare: Volume | undefined;
}

/** The volume is lost or suspect: a new one from a recovery point takes over; `relocate`: in another zone. */
export interface Replace extends Because {
  readonly kind: 'replace' | 'relocate';
  readonly old: Volume;
  readonly oldOwner: Holder;
  readonly standby: Instance;
  readonly spare: Volume | undefined;
  /** The next is tried when one cannot be mounted: newest first, but for those from after the failure, which are last. */
  readonly recoveryPoints: readonly RecoveryPoint[];
  readonly generation: number;
}

import type { InstanceId, SnapshotId, VolumeId } from '../../contract/ids.ts';

/** How a stack stands, as data. Times are Unix milliseconds. What could not be asked is absent, and in {@link Status.unasked}. */
export interface Status {
  /** Of this shape: raised where a member changes its meaning or goes. */
  readonly schema: 1;
  readonly stack: string;
  readonly region: string;
  readonly at: number;
  readonly volumes: readonly VolumeStatus[];
  readonly hosts?: readonly HostStatus[];
  /** Alarms of the whole stack that are in state ALARM. */
  readonly alarms?: readonly string[];
  /** Who gets messages. */
  readonly subscribers?: number;
  readonly unasked: readonly Unasked[];
}

/** What nobody answered. */
export interface Unasked {
  readonly what: string;
  readonly why: string;
}

export interface VolumeStatus {
  /** The content volume. */
  readonly volume: string;
  /** The alarms `serving` and `reachable` are calm, both with data; `false`: one of them is on. */
  readonly served?: boolean;
  /** Those of the two that would start no heal now: not there, without data, or switched off. */
  readonly deaf?: readonly string[];
  /** By the ledger. */
  readonly current?: { readonly volumeId: VolumeId; readonly instanceId?: InstanceId; readonly generation: number };
  /** The newest completed snapshot. */
  readonly newest?: Point;
  /** The newest that a drill has mounted and read. */
  readonly verified?: Point;
  readonly spare?: { readonly volumeId: VolumeId; readonly instanceId: InstanceId; readonly at: number };
  /** For how long a change has waited to get into the journal, at most. Milliseconds. */
  readonly journalLagMs?: number;
  /** Who works on it now. */
  readonly heal?: { readonly healId: string; readonly until: number };
  /** What people were called for, and have not seen to. */
  readonly paged?: { readonly about: string; readonly at: number; readonly final: boolean };
  /** Kinds of its alarms that are in state ALARM. */
  readonly alarms: readonly string[];
  readonly quarantined: readonly VolumeId[];
}

export interface Point {
  readonly snapshotId: SnapshotId;
  readonly at: number;
}

export interface HostStatus {
  readonly id: InstanceId;
  readonly zone: string;
  readonly state: string;
  readonly agentOnline: boolean;
}

/** Whether somebody has to look. */
export function isWell(status: Status): boolean {
  const { alarms = [], volumes, subscribers } = status;
  return (
    status.unasked.length === 0 &&
    alarms.length === 0 &&
    subscribers !== 0 &&
    volumes.length > 0 &&
    volumes.every((v) => v.served === true && !v.deaf?.length && !v.paged && !v.heal)
  );
}

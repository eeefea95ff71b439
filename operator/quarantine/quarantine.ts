import { VOLUME_ROLE } from '../../contract/contract.ts';
import type { VolumeId } from '../../contract/ids.ts';
import type { Incident, LedgerState, Neighbour } from '../../lambda/core/world/model.ts';
import { EXIT, type Failed } from '../exit.ts';

/** A volume in quarantine, and what is known of what only it holds. Times are Unix milliseconds. */
export interface Quarantined {
  /** Of this shape: raised where a member changes its meaning or goes. */
  readonly schema: 1;
  readonly volumeId: VolumeId;
  readonly volume: string;
  readonly sizeGiB: number;
  /** The heal that put another in its place; absent: no record of one was read. */
  readonly healId?: string;
  /** Data of what took over reach up to then, with what the journal brought; what was written later is on this volume alone. */
  readonly reachesTo?: number;
  /** Copies of it as it is. */
  readonly copies: readonly string[];
}

export interface QuarantinePorts {
  now(): number;
  volumes(): Promise<readonly Neighbour[]>;
  ledger(volume: string): Promise<LedgerState | undefined>;
  incidents(volume: string): Promise<readonly Incident[]>;
  snapshots(volume: string): Promise<readonly { readonly snapshotId: string; readonly of?: string }[]>;
  /** From now on the guard may delete it. */
  discard(volumeId: VolumeId): Promise<void>;
}

/** @throws Failed where it is none in quarantine, or may not be let go of now */
export async function quarantined(ports: QuarantinePorts, id: string): Promise<Quarantined> {
  const all = await ports.volumes();
  const ids = all.filter(({ role }) => role === VOLUME_ROLE.quarantined).map((v) => v.id);
  const found = all.find((v) => v.id === id);
  if (!found || found.role !== VOLUME_ROLE.quarantined)
    throw failed(
      EXIT.usage,
      `VOLUME-ID: received ${id}; allowed: ${ids.join(', ') || 'none, for nothing is in quarantine'}`,
    );
  const { of: volume, sizeGiB } = found;
  const ledger = await ports.ledger(volume);
  const lease = ledger?.lease;
  if (lease && lease.until > ports.now())
    throw failed(
      EXIT.refused,
      `${volume}: the heal ${lease.holder} holds the lease until ${new Date(lease.until).toISOString()}; nothing was done`,
    );
  if (ledger?.currentVolume === found.id)
    throw failed(
      EXIT.refused,
      `${id} is the current volume of ${volume} by the ledger: no heal has ended well since; nothing was done`,
    );
  const [at] = found.attachments.filter(({ state }) => state !== 'detached');
  if (at)
    throw failed(
      EXIT.refused,
      `${id} is attached to ${at.instanceId}, which may use it; see that nothing there does, and detach it: aws ec2 detach-volume --volume-id ${id}; nothing was done`,
    );
  const [incidents, snapshots] = await Promise.all([ports.incidents(volume), ports.snapshots(volume)]);
  const incident = incidents.find(({ replacement }) => replacement?.oldVolume === id);
  return {
    schema: 1,
    volumeId: found.id,
    volume,
    sizeGiB,
    ...(incident && { healId: incident.id }),
    ...(incident?.replacement && { reachesTo: incident.replacement.recoveryPointAt }),
    copies: snapshots.filter(({ of }) => of === id).map(({ snapshotId }) => snapshotId),
  };
}

function failed(exitCode: number, message: string): Failed {
  return Object.assign(new Error(message), { exitCode });
}

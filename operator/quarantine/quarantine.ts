import { VOLUME_ROLE } from '../../contract/contract.ts';
import type { InstanceId, VolumeId } from '../../contract/ids.ts';
import type { Attachment, Incident, LedgerState, Neighbour } from '../../lambda/core/world/model.ts';
import type { HostAnswer } from '../../lambda/core/world/ports.ts';
import { EXIT, type Failed } from '../exit.ts';

/** A volume in quarantine, and what is known of what only it holds. Times are Unix milliseconds. */
export interface Quarantined {
  /** Of this shape: raised where a member changes its meaning or goes. */
  readonly schema: 1;
  readonly volumeId: VolumeId;
  readonly volume: string;
  readonly sizeGiB: number;
  /** The instance that has it. */
  readonly attachedTo?: InstanceId;
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
  /** What EC2 says of an instance; `undefined`: the stack has none of that id. */
  hostState(instanceId: InstanceId): Promise<string | undefined>;
  /** Whether nothing there uses the volume, by the host's own word. @throws Failed where the stack has nothing to ask with */
  unused(instanceId: InstanceId, volume: string, volumeId: VolumeId): Promise<HostAnswer>;
  /** Never by force, and waits. Detached already, or ordered before: nothing to do but to wait. @returns `false` when stuck */
  detach(volumeId: VolumeId, instanceId: InstanceId): Promise<boolean>;
  /** From now on the guard may delete it. */
  discard(volumeId: VolumeId): Promise<void>;
}

/**
 * @param done what to say of a refusal
 * @throws Failed where it is none in quarantine, or may not be let go of now
 */
export async function quarantined(ports: QuarantinePorts, id: string, done = 'nothing was done'): Promise<Quarantined> {
  const all = await ports.volumes();
  const ids = all.filter(({ role }) => role === VOLUME_ROLE.quarantined).map((v) => v.id);
  const found = all.find((v) => v.id === id);
  if (!found || found.role !== VOLUME_ROLE.quarantined) {
    const gone = found?.role === VOLUME_ROLE.discarded ? ', which is let go of already: the guard deletes it' : '';
    throw failed(
      EXIT.usage,
      `VOLUME-ID: received ${id}${gone}; allowed: ${ids.join(', ') || 'none, for nothing is in quarantine'}`,
    );
  }
  const { of: volume, sizeGiB } = found;
  const ledger = await ports.ledger(volume);
  const lease = ledger?.lease;
  if (lease && lease.until > ports.now())
    throw failed(
      EXIT.refused,
      `${volume}: the heal ${lease.holder} holds the lease until ${new Date(lease.until).toISOString()}; ${done}`,
    );
  for (const [named, what] of [
    [ledger?.currentVolume, 'current volume'],
    [ledger?.spare?.volumeId, 'spare'],
  ])
    if (named === found.id)
      throw failed(
        EXIT.refused,
        `${id} is the ${what} of ${volume} by the ledger: no heal has ended well since; ${done}`,
      );
  const at = attachment(found.attachments, id, done);
  const [incidents, snapshots] = await Promise.all([ports.incidents(volume), ports.snapshots(volume)]);
  const incident = incidents.find(({ replacement }) => replacement?.oldVolume === id);
  return {
    schema: 1,
    volumeId: found.id,
    volume,
    sizeGiB,
    ...(at && { attachedTo: at.instanceId }),
    ...(incident && { healId: incident.id }),
    ...(incident?.replacement && { reachesTo: incident.replacement.recoveryPointAt }),
    copies: snapshots.filter(({ of }) => of === id).map(({ snapshotId }) => snapshotId),
  };
}

/** Where it is attached, or on its way off. @throws Failed where somebody attaches it just now, or two hosts have it */
function attachment(attachments: readonly Attachment[], id: string, done: string): Attachment | undefined {
  const [at, another] = attachments.filter(({ state }) => state !== 'detached');
  if (another)
    throw failed(EXIT.refused, `${id} is attached to ${at?.instanceId} and to ${another.instanceId}; ${done}`);
  if (at?.state === 'attaching')
    throw failed(EXIT.refused, `${id} is being attached to ${at.instanceId}: somebody needs it; ${done}`);
  return at;
}

export function failed(exitCode: number, message: string): Failed {
  return Object.assign(new Error(message), { exitCode });
}

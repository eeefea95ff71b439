import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import { hasUnmounted } from '../world/answers.ts';
import type { Observation, Volume } from '../world/model.ts';
import type { Attached } from '../world/ports.ts';
import type { HealRun } from '../world/run.ts';

/** The spare of this content volume on an instance: it is dispensable where something else of the same has to be attached there. */
export function spareOn({ ledger, volumes }: Observation, instanceId: InstanceId): Volume | undefined {
  return volumes.find(
    (v) =>
      v.role === 'spare' &&
      // It serves, and is not tagged so yet.
      v.id !== ledger?.currentVolume &&
      v.attachments.some((a) => a.instanceId === instanceId && a.state === 'attached'),
  );
}

/**
 * Attaches. An instance has few names for devices, and drills take one for a spare of each content volume: where none is free, that
 * of this content volume makes room. The next drill makes another one.
 */
export async function attach(
  run: HealRun,
  volumeId: VolumeId,
  instanceId: InstanceId,
  spare: Volume | undefined,
): Promise<Attached> {
  const order = () =>
    run.journal.act(
      'attach',
      () => run.ports.compute.attach(volumeId, instanceId),
      (done) => `${volumeId} to ${instanceId}: ${done}`,
    );
  const done = await order();
  if (done !== 'full' || !spare) return done;
  return (await takeOff(run, spare.id, instanceId)) ? order() : done;
}

/**
 * Takes what does not serve off an instance. Each call is a step of its own, for each may take longer than the lease lasts, and asks
 * for it.
 * @returns `false` where the host still has it mounted, or EC2 does not get it from there
 */
export async function takeOff(
  { ports, journal, volume }: HealRun,
  volumeId: VolumeId,
  instanceId: InstanceId,
): Promise<boolean> {
  const released = await journal.act(
    'let-go',
    () => ports.host.release(instanceId, volume, volumeId),
    ({ result }) => `${volumeId} by ${instanceId}: ${result}`,
  );
  if (!hasUnmounted(released)) return false;
  return journal.act(
    'take-off',
    () => ports.compute.detach(volumeId, instanceId),
    (free) => `${volumeId} is ${free ? 'off' : 'stuck at'} ${instanceId}`,
  );
}

import type { Journal } from './journal.ts';
import type { Observation, Volume } from './model.ts';
import type { Attached, Ports } from './ports.ts';

/** The spare of this content volume on an instance: it is dispensable where something else of the same has to be attached there. */
export function spareOn({ ledger, volumes }: Observation, instanceId: string): Volume | undefined {
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
  ports: Ports,
  journal: Journal,
  volume: string,
  volumeId: string,
  instanceId: string,
  spare: Volume | undefined,
): Promise<Attached> {
  const order = () =>
    journal.act(
      'attach',
      () => ports.compute.attach(volumeId, instanceId),
      (done) => `${volumeId} to ${instanceId}: ${done}`,
    );
  const done = await order();
  if (done !== 'full' || !spare) return done;
  const room = await journal.act(
    'make-room',
    async () => {
      const released = await ports.host.release(instanceId, volume, spare.id);
      return released.result === 'ok' && (await ports.compute.detach(spare.id, instanceId));
    },
    (free) => `${spare.id}, the spare, is ${free ? 'off' : 'not let go by'} ${instanceId}`,
  );
  return room ? order() : done;
}

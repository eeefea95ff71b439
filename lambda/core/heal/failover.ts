import type { Journal } from '../world/journal.ts';
import type { Ports } from '../world/ports.ts';
import type { Failover } from './decision.ts';
import { fence } from './fence.ts';
import { type MountResult, mountAndServe } from './mount.ts';

/** The service moves, the volume stays: fence the owner, detach (never by force), then mount and serve on the standby. */
export async function failover(
  ports: Ports,
  journal: Journal,
  healId: string,
  volume: string,
  decision: Failover,
): Promise<MountResult> {
  const { volume: current, owner, standby } = decision;
  const fenced = await fence(ports, journal, healId, {
    volume,
    volumeId: current.id,
    owner: { ...owner, kind: 'instance' },
    moves: true,
  });
  if (!fenced.certain) return { done: false, why: fenced.note };
  const detached = await journal.act(
    'detach',
    () => ports.compute.detach(current.id, owner.id),
    (done) => (done ? `${current.id} is free` : 'stuck'),
  );
  if (!detached)
    return {
      done: false,
      found: { volumeId: current.id, state: 'stuck' },
      why: `${current.id} cannot be detached from ${owner.id}`,
    };
  const free = { ...current, attachments: [] };
  return mountAndServe(ports, journal, healId, volume, {
    kind: 'mount',
    volume: free,
    instance: standby,
    generation: decision.generation,
    spare: decision.spare,
    format: false,
    reason: decision.reason,
  });
}

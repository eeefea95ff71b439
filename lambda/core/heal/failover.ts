import type { HealRun } from '../world/run.ts';
import type { Failover } from './decision.ts';
import { fence } from './fence.ts';
import { type MountResult, mountAndServe } from './mount.ts';

/** The service moves, the volume stays: fence the owner, detach (never by force), then mount and serve on the standby. */
export async function failover(run: HealRun, decision: Failover): Promise<MountResult> {
  const { volume: current, owner, standby } = decision;
  const fenced = await fence(run, {
    volumeId: current.id,
    owner: { ...owner, kind: 'instance' },
    moves: true,
  });
  if (!fenced.certain) return { done: false, reasons: fenced.reasons };
  const detached = await run.journal.act(
    'detach',
    () => run.ports.compute.detach(current.id, owner.id),
    (done) => (done ? `${current.id} is free` : 'stuck'),
  );
  if (!detached) return { done: false, found: { volumeId: current.id, state: 'stuck' } };
  const free = { ...current, attachments: [] };
  const mount = {
    kind: 'mount',
    volume: free,
    instance: standby,
    generation: decision.generation,
    spare: decision.spare,
    format: false,
    reasons: decision.reasons,
  } as const;
  return mountAndServe(run, mount, fenced.flushed);
}

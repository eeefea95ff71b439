import { terminateInstance } from '../../../simulator/aws/account/failures.ts';
import type { World } from '../../world/world.ts';
import type { Stage } from './deployed-stack.ts';

/** How long a move may take, and the group to replace an instance. Milliseconds. */
const MOVE_MS = 20 * 60_000;

/**
 * Brings every content volume to the owner of the first: who else owns one is terminated, and its volumes move. Which host has
 * which after a deployment is chance. All of their zone.
 * @throws Error where they do not come together
 */
export async function gather(world: World, stage: Stage): Promise<void> {
  const { clock, services } = world;
  const names = stage.volumes.map((v) => v.name);
  const owners = () => new Set(names.map((name) => stage.servedBy(name)));
  const [first] = owners();
  for (const other of owners()) if (other !== undefined && other !== first) terminateInstance(services, other);
  // That nobody serves any of them is nobody's ownership.
  const together = () => first !== undefined && owners().size === 1 && owners().has(first);
  await clock.run(clock.now() + MOVE_MS, together);
  if (!together()) throw new Error(`${names.join(', ')} are served by ${[...owners()].join(', ')}, and not by one`);
  // A standby is there again, and whatever a move left to be done is done.
  await clock.run(clock.now() + MOVE_MS);
}

/** Content that people delete by mistake, in a stack with a journal: which carries that along, as it carries all else. */
import { check } from '../../judge/checks.ts';
import { JOURNALED_AFTER_MS } from '../../judge/journal.ts';
import { completedSnapshots } from '../../judge/measure.ts';
import type { Check, World } from '../../world/world.ts';
import type { Stage } from '../story/deployed-stack.ts';
import type { Act } from './journal.ts';
import { takeover, uploads } from './takeovers.ts';

const COPIED_MS = 60 * 60 * 1000;
/** Of the courses, oldest first. */
const KEPT = 4;

/** By the world of a play: what was deleted, and when. */
const mistakes = new WeakMap<World, { readonly ids: readonly string[]; readonly at: number }>();

export const massDelete = takeover({
  about:
    'somebody deletes nearly all courses by mistake, and then the file system shuts down: the journal has the deletions too, and the copies of before have the courses',
  before: async (strike) => {
    const { world, stage, first, libraries } = strike;
    // Until a copy has them all.
    const wanted = world.clock.now();
    const isCopied = () => copiesOf(world, stage, first.volume, wanted, Number.POSITIVE_INFINITY).length > 0;
    await world.clock.run(world.clock.now() + COPIED_MS, isCopied);
    const ids = world.disks.list(first.owner, first.volume).slice(KEPT);
    mistakes.set(world, { ids, at: world.clock.now() });
    for (const id of ids) {
      world.disks.remove(first.owner, first.volume, id);
      libraries.get(first.volume)?.delete(id, world.clock.now());
    }
    uploads(strike, 'after-the-mistake');
    await world.clock.run(world.clock.now() + 2 * JOURNALED_AFTER_MS);
    return [check('a copy has what is deleted then', isCopied(), isCopied() ? 'yes' : 'none')];
  },
  served: (strike) => uploads(strike, 'of-the-new-owner'),
  checks: (act) => [deletedForGood(act), copyOfBefore(act)],
});
function deletedForGood({ world, stage, failure }: Act): Check {
  const owner = stage.servedBy(failure.volume);
  const there = owner ? world.disks.list(owner, failure.volume) : [];
  const back = mistakes.get(world)?.ids.filter((id) => there.includes(id)) ?? [];
  return check('what was deleted by mistake is deleted on what takes over, too', back.length === 0, back, 'it is');
}

function copyOfBefore({ world, stage, failure }: Act): Check {
  const mistake = mistakes.get(world);
  const copies = mistake ? copiesOf(world, stage, failure.volume, 0, mistake.at) : [];
  return check(
    'a copy of before the mistake is still there, which has what was deleted',
    copies.length > 0,
    copies.map(({ id }) => id),
    'none',
  );
}

/** Completed copies that were begun in that time. */
function copiesOf(world: World, stage: Stage, volume: string, from: number, until: number) {
  return completedSnapshots(world, stage, volume).filter(({ startedAt }) => startedAt >= from && startedAt < until);
}

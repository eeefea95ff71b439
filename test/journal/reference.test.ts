import { expect, test } from '@jest/globals';
import { World } from './reference/world.ts';

/** Each with a seed of its own: 100,000 operations and more, some twenty seconds. Others with JOURNAL_SEEDS=n. */
const SEEDS = Number(process.env.JOURNAL_SEEDS ?? 200);
const STEPS = 400;

test('whatever happens on a file system stands on the spare, and nothing else', async () => {
  const counts: Record<string, number> = {};
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new World(seed);
    try {
      await world.run(STEPS);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    expect([seed, world.differences()]).toEqual([seed, []]);
    for (const [what, count] of Object.entries(world.counts)) counts[what] = (counts[what] ?? 0) + count;
  }
  expect(counts.operations).toBeGreaterThan(500 * SEEDS);
  // All of it was met.
  for (const [what, count] of Object.entries(counts)) expect([what, count > 0]).toEqual([what, true]);
});

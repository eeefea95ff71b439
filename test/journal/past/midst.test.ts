import { expect, test } from '@jest/globals';
import { Past } from '../../../journal/past/past.ts';
import { type Identity, ROOT } from '../../../journal/record.ts';
import { World } from '../reference/world.ts';

/** Each with a seed of its own, and each read from several numbers on. More with PAST_SEEDS=n. */
const SEEDS = Number(process.env.PAST_SEEDS ?? 80);
const FIRST = [1, 4, 6, 11, 16, 21, 26, 31, 41];
/** Clocks of the reference world are set by up to 2.5 s, and back. Milliseconds. */
const MARGIN = 6000;

const below = (past: Past, from: Identity = ROOT, path = ''): [path: string, identity: Identity][] =>
  past
    .children(from)
    .flatMap(([name, child]): [string, Identity][] => [
      [`${path}${name}`, child],
      ...below(past, child, `${path}${name}/`),
    ]);

/** As somebody who reads the journal from that number on has it. */
function readFrom(first: number, { segments }: World): Past {
  const past = new Past(MARGIN);
  for (const [i, { times, records }] of segments.entries()) if (i + 1 >= first) past.apply(i + 1, times, records);
  past.end();
  return past;
}

test('a journal of random operations shows nothing where it is not, from whatever number on it is read', async () => {
  const counts = { beginning: 0, midst: 0, shown: 0, stood: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    // Some long, some short: what is old is another share of them.
    const world = new World(seed);
    await world.run(seed % 2 === 0 ? 150 : 400);
    const { truth } = world;
    for (const first of FIRST.filter((number) => number <= world.segments.length)) {
      const past = readFrom(first, world);
      const shown = below(past);
      // What was made up has an identity of nobody; a directory stands there all the same.
      const wrong = shown.filter(([path, identity]) =>
        identity.startsWith('?') ? !truth.has(path) : truth.get(path) !== identity,
      );
      expect([seed, first, wrong]).toEqual([seed, first, []]);
      const lost = [...truth.keys()].filter((path) => past.find(path).state === 'free');
      expect([seed, first, lost]).toEqual([seed, first, []]);
      if (first === 1) expect([seed, shown.length]).toEqual([seed, truth.size - 1]);
      counts[first === 1 ? 'beginning' : 'midst']++;
      counts.shown += shown.length;
      counts.stood += truth.size - 1;
    }
  }
  // At 80 seeds, 300 journals from the midst and more.
  expect(counts.midst).toBeGreaterThan(300 * (SEEDS / 80));
  // It is not bought by saying of all that it is not known.
  expect(counts.shown / counts.stood).toBeGreaterThan(0.8);
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drill } from '../../../../lambda/core/drill/drill.ts';
import {
  allReadSince,
  portionOf,
  portionText,
  type Reading,
  readingAfter,
  readWords,
} from '../../../../lambda/core/drill/reading.ts';
import { NOW, point } from '../world.ts';
import { DrillScene, SOUND } from './drill.scene.ts';

const EVERY = 4;
const known = (over: Partial<Reading> = {}): Reading => ({
  generation: 1,
  at: 1000,
  upto: 900,
  next: 1,
  parts: [1000, 100, 200, 300],
  ...over,
});
const of = (at: number, generation = 1) => ({ point: { at, generation }, again: false });

describe('what a drill reads', () => {
  test('the next part, and what changed since the copy before', () => {
    expect(portionOf(known(), EVERY, of(2000))).toEqual({ part: 1, of: 4, since: 900 });
    expect(portionText(portionOf(known(), EVERY, of(2000)))).toBe('1/4/900');
    expect(portionOf(known(), EVERY, of(1000))).toBeDefined();
  });

  test.each([
    ['nothing is known', undefined, EVERY, of(2000)],
    ['all is to be read each time', known({ parts: [1000] }), 1, of(2000)],
    ['another number of parts was read so far', known(), 5, of(2000)],
    ['the volume was replaced', known(), EVERY, of(2000, 2)],
    ['it is a copy of what serves no more', known({ generation: 2 }), EVERY, of(2000)],
    ['a later copy was read', known(), EVERY, of(999)],
    ['it is relied on, and looked at once more', known(), EVERY, { ...of(2000), again: true }],
  ])('everything, where %s', (_, reading, every, what) => {
    expect(portionOf(reading, every, what)).toBeUndefined();
    expect(portionText(undefined)).toBe('all');
  });
});

describe('what is known after a copy has passed', () => {
  const values = (over: Record<string, string> = {}) => ({ upto: '1900', behind: '0', complete: 'true', ...over });
  const knownAfter = (before: Reading | undefined, over: Record<string, string>, at = 2000, generation = 1) => {
    const passed = { point: { at, generation }, values: values(over) };
    return readingAfter(before, EVERY, { ...passed, portion: portionOf(before, EVERY, { ...passed, again: false }) });
  };

  test('all of it, or some', () => {
    const all = { generation: 1, at: 2000, upto: 1900, next: 0 };
    expect(knownAfter(undefined, {})).toEqual({ ...all, parts: [2000, 2000, 2000, 2000] });
    expect(knownAfter(undefined, { complete: 'false' })).toEqual({ ...all, parts: [null, null, null, null] });
  });

  test('a part, or not all of it; or not even all that changed', () => {
    expect(knownAfter(known(), {})).toEqual({
      ...known(),
      at: 2000,
      upto: 1900,
      next: 2,
      parts: [1000, 2000, 200, 300],
    });
    expect(knownAfter(known(), { complete: 'false' })).toEqual({ ...known(), at: 2000, upto: 1900, next: 2 });
    expect(knownAfter(known(), { complete: 'false', behind: '3' })).toEqual({ ...known(), next: 2 });
    expect(knownAfter(known({ next: 3 }), {})?.next).toBe(0);
  });

  test('of a host that does not say, of an older copy and of what serves no more: what was known', () => {
    expect(knownAfter(known(), { upto: '' })).toEqual(known());
    expect(readingAfter(known(), EVERY, { ...of(2000), portion: undefined, values: SOUND })).toEqual(known());
    expect(knownAfter(known(), {}, 999)).toEqual(known());
    expect(knownAfter(known({ generation: 2 }), {})).toEqual(known({ generation: 2 }));
    expect(knownAfter(known(), {}, 999, 2)?.generation).toBe(2);
  });

  test('in words', () => {
    const counts = { checked: '3', files: '12', behind: '0' };
    expect(readWords(counts, undefined)).toBe('3 of 12 files');
    expect(readWords({ ...counts, resting: '0' }, known())).toBe('3 of 12 files');
    const since = known({ parts: [NOW, NOW + 1, NOW + 2, NOW + 3] });
    expect(readWords({ ...counts, resting: '9' }, since)).toBe(
      `3 of 12 files now and all since ${new Date(NOW).toISOString()}`,
    );
    expect(readWords({ ...counts, resting: '8', behind: '1' }, since)).toBe('3 of 12 files now and not yet all');
    const some = known({ parts: [null, 1, 2, 3] });
    expect(readWords({ ...counts, resting: '9' }, some)).toBe('3 of 12 files now and not yet all');
  });
});

describe('in any order of changes, copies and checks that have too little time', () => {
  const FILES = 12;
  /** A file is written; the copy of so long ago, of the newest one, is checked, and that many files of what is due are read. */
  const step = fc.oneof(
    fc.record({ write: fc.nat(FILES - 1) }),
    fc.record({
      ago: fc.constantFrom(0, 0, 0, 1, 2),
      most: fc.constantFrom(FILES, FILES, FILES, 3, 0),
      again: fc.boolean(),
    }),
  );

  const WHOLE = { ago: 0, most: FILES, again: false };

  test('what is said to be read was read; and where there is time, all is within so many drills', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (random) => {
        // A file's version is when it was written.
        let versions = Array<number>(FILES).fill(0);
        let reading: Reading | undefined;
        const copies: { at: number; versions: number[] }[] = [];
        /** The newest copy that each version of each file was read in. */
        const readIn = new Map<string, number>();
        // Once round, and in the middle of a round.
        const steps = [...random, ...Array<typeof WHOLE>(EVERY + 1).fill(WHOLE)];
        for (const [n, it] of steps.entries()) {
          const now = (n + 1) * 10;
          if ('write' in it) {
            versions = versions.with(it.write, now);
            continue;
          }
          copies.push({ at: now, versions });
          const copy = copies.at(-1 - it.ago) ?? copies[0] ?? { at: now, versions };
          const what = { point: { at: copy.at, generation: 1 }, again: it.again };
          const portion = portionOf(reading, EVERY, what);
          const changed = (file: number) => (copy.versions[file] ?? 0) > (portion?.since ?? copy.at - 20);
          const isDue = (file: number) => !portion || changed(file) || file % EVERY === portion.part;
          const due = [...copy.versions.keys()].filter(isDue).sort((a, b) => Number(changed(b)) - Number(changed(a)));
          const read = due.slice(0, it.most);
          for (const file of read) {
            const key = `${file} ${copy.versions[file]}`;
            readIn.set(key, Math.max(readIn.get(key) ?? 0, copy.at));
          }
          const behind = String(due.slice(it.most).filter(changed).length);
          const values = { upto: String(copy.at), behind, complete: String(read.length === due.length) };
          reading = readingAfter(reading, EVERY, { ...what, portion, values });
          const since = portion || reading?.at === copy.at ? allReadSince(values, reading) : undefined;
          if (since === undefined) continue;
          for (const [file, version] of copy.versions.entries())
            expect(readIn.get(`${file} ${version}`)).toBeGreaterThanOrEqual(since);
        }
        const since = allReadSince({ behind: '0' }, reading);
        expect(since).toBeDefined();
        expect(copies.filter(({ at }) => at >= (since ?? 0)).length).toBeLessThanOrEqual(EVERY + 1);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a drill', () => {
  let scene: DrillScene;
  beforeEach(() => {
    scene = new DrillScene();
    scene.answer = answer();
  });
  const answer = (over: Record<string, string> = {}) => ({
    result: 'ok' as const,
    values: { ...SOUND, upto: '1767786000', behind: '0', complete: 'true', resting: '0', ...over },
    detail: '',
  });
  const next = async (minutesAgo: number, over: Record<string, string> = {}) => {
    scene.points = [point(minutesAgo), ...scene.points];
    scene.answer = answer(over);
    scene.looks = 2;
    return drill(scene.workflow, scene.ports, 'alpha');
  };

  test('reads all of the first copy, and then a part of each', async () => {
    await drill(scene.workflow, scene.ports, 'alpha');
    const { summary } = await next(1, { checked: '3', resting: '9' });
    expect(scene.portions).toEqual([undefined, { part: 0, of: 4, since: 1767786000 }]);
    const all = new Date(NOW - 10 * 60_000).toISOString();
    expect(summary).toContain(`snap-1 is verified: 3 of 12 files now and all since ${all} read`);
    expect(scene.reading).toMatchObject({ next: 1, at: NOW - 60_000 });
  });

  test('that had nothing to read has read it', async () => {
    scene.reading = known({ at: 0 });
    const { outcome } = await next(1, { checked: '0', resting: '12' });
    expect(outcome).toBe('verified');
    expect(scene.published).toMatchObject([{ coverage: 100, complete: true }]);
  });

  test('that had no time for a file says nothing, and nothing is known by it', async () => {
    scene.reading = known({ at: 0 });
    const { outcome } = await next(1, { checked: '0', resting: '11', complete: 'false', behind: '0' });
    expect(outcome).toBe('undecided');
    expect(scene.reading).toEqual(known({ at: 0 }));
  });

  test('says of which files that were to be read there was time', async () => {
    scene.reading = known({ at: 0 });
    await next(1, { checked: '3', resting: '6', complete: 'false' });
    expect(scene.published).toMatchObject([{ coverage: 50, complete: false }]);
  });

  test('of a copy that is no good: all of the next is read', async () => {
    scene.reading = known({ at: 0 });
    scene.answer = { result: 'altered', values: { resting: '9' }, detail: 'differs: courses/a' };
    await drill(scene.workflow, scene.ports, 'alpha');
    expect(scene.reading).toBeUndefined();
    await next(1);
    expect(scene.portions).toEqual([expect.anything(), undefined]);
    expect(scene.notified[0]?.message).toContain('copies that passed before it may have the same damage');
  });

  test('that read everything says nothing of copies that passed before', async () => {
    scene.answer = { result: 'altered', values: { resting: '0' }, detail: 'differs: courses/a' };
    await drill(scene.workflow, scene.ports, 'alpha');
    expect(scene.notified[0]?.message).not.toContain('passed before it');
  });
});

import { beforeAll, describe, expect, test } from '@jest/globals';
import { node } from '../../rehearsal/child.ts';
import type { Request } from './play.script.ts';

interface Result {
  readonly broken: readonly { readonly promise: string; readonly seen: string }[];
  readonly fired: number;
  readonly served: boolean;
  readonly points: Readonly<Record<string, number>>;
}

const play = (requests: readonly Request[]): Result[] => {
  const ended = node('test/proof/faults/play.script.ts', [JSON.stringify(requests)]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return JSON.parse(ended.stdout) as Result[];
};
const DRAIN = { story: 'journal', seed: 1 } as const;

describe('of a journal', () => {
  let killed: Result[];
  let caught: Result;
  let schedules: string[];
  beforeAll(() => {
    const [sound] = play([{ ...DRAIN, schedule: 'none' }]);
    expect(sound).toMatchObject({ broken: [], served: true });
    const at = (point: string, most: number) =>
      Array.from({ length: Math.min(most, sound?.points[point] ?? 0) }, (_, n) => `${point}#${n + 1}`);
    schedules = [
      ...at('agent/s3:PutObject', 5).flatMap((point) => [`dieBefore@${point}`, `dieAfter@${point}`]),
      ...at('agent/s3:GetObject', 3).map((point) => `dieBefore@${point}`),
      'overdue@agent/s3:PutObject#2',
    ];
    const tampered = { ...DRAIN, schedule: 'none', tamper: 'pretending' } as const;
    const [first, ...more] = play([tampered, ...schedules.map((schedule) => ({ ...DRAIN, schedule }))]);
    if (!first) throw new Error('nothing was played');
    [caught, killed] = [first, more];
  });

  test('an agent is killed at each step of a drain, and every promise is kept', () => {
    expect(schedules.length).toBeGreaterThan(10);
    const wrong = killed.flatMap(({ broken, fired, served }, i) =>
      broken.length === 0 && fired === 1 && served ? [] : [{ schedule: schedules[i], broken, fired, served }],
    );
    expect(wrong).toEqual([]);
  });

  test('a healer that says that it was read, and is not so, is caught', () => {
    expect(caught.broken.map(({ promise }) => promise)).toContain('what people are notified of the journal is so');
  });
});

/** Each was a bug when the simulation found it. */
const FOUND = [
  {
    ...{ story: 'unsealed-again', seed: 4190232845, schedule: 'dieLong@step:serve#2' },
    bug: 'people were notified that all is there up to a later drain, where what took over before had lost some',
  },
  {
    ...{ story: 'journal', seed: 1, schedule: 'dieBefore@agent/s3:PutObject#1' },
    bug: 'of the model: an agent that could not start on a dead file system said that it had flushed all',
  },
  {
    ...{ story: 'unsealed-again', seed: 2465751016, schedule: 'dieLong@step:commit#2' },
    bug: 'of the model: what had drained wrote that all was there, and never served',
  },
];

test('what was found once is not found again', () => {
  const results = play(FOUND.map(({ bug: _, ...request }) => request));
  expect(results.map(({ broken }, i) => ({ ...FOUND[i], broken }))).toEqual(
    FOUND.map((found) => ({ ...found, broken: [] })),
  );
  expect(results.every(({ fired, served }) => fired === 1 && served)).toBe(true);
});

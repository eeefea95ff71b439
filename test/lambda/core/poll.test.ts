import { expect, test } from '@jest/globals';
import { DeadlineExceeded, pollUntil } from '../../../lambda/core/world/clock.ts';

/** Seconds at which it was looked, of something that is never done. */
async function looks(limits: Parameters<typeof pollUntil>[2]): Promise<{ at: number[]; error: unknown }> {
  let now = 0;
  const at: number[] = [];
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const look = async () => {
    at.push(now / 1000);
    return { done: false, seen: 'nothing' } as const;
  };
  const error = await pollUntil(clock, 'it', limits, look).catch((thrown: unknown) => thrown);
  return { at, error };
}

test('looks as often as it is told to until the deadline, and says what was last seen', async () => {
  const { at, error } = await looks({ everyMs: 10_000, withinSeconds: 30 });
  expect(at).toEqual([0, 10, 20, 30]);
  expect(error).toEqual(new DeadlineExceeded('it', 30, 'nothing'));
});

test('looks less often at what takes long', async () => {
  const { at } = await looks({ everyMs: 5000, laterMs: 10_000, withinSeconds: 40 });
  expect(at).toEqual([0, 5, 10, 15, 25, 35]);
});

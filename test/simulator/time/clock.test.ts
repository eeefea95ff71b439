import { setTimeout as really } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { VirtualClock } from '../../../simulator/time/clock.ts';

const START = 1_000_000;
const END = START + 1000;

describe.each([
  ['promises alone are waited for', true],
  ['anything is waited for', false],
])('%s', (_, promisesOnly) => {
  const open = () => new VirtualClock(START, promisesOnly);

  test('timers run in the order of their time, then of their making, each at its time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 30 }), async (delays) => {
        const clock = open();
        const ran: { readonly nth: number; readonly at: number }[] = [];
        for (const [nth, ms] of delays.entries()) clock.after(ms, () => ran.push({ nth, at: clock.now() - START }));
        await clock.run(END);
        const wanted = delays.map((at, nth) => ({ nth, at })).sort((a, b) => a.at - b.at || a.nth - b.nth);
        expect(ran).toEqual(wanted);
        expect(clock.now()).toBe(END);
      }),
    );
  });

  test('time stands still while something computes, however many promises that takes', async () => {
    const clock = open();
    const seen: number[] = [];
    clock.after(1, () =>
      clock.spawn('computes', async () => {
        for (let n = 0; n < 200; n++) await Promise.resolve();
        seen.push(clock.now());
        await clock.sleep(5);
        for (let n = 0; n < 200; n++) await undefined;
        seen.push(clock.now());
      }),
    );
    for (const ms of [2, 3, 7]) clock.after(ms, () => seen.push(-ms));
    await clock.run(END);
    expect(seen).toEqual([START + 1, -2, -3, START + 6, -7]);
  });

  test('a branch that computes beside one that waits is not overtaken', async () => {
    const clock = open();
    const seen: number[] = [];
    const compute = async () => {
      for (let n = 0; n < 200; n++) await Promise.resolve();
      seen.push(clock.now() - START);
    };
    clock.after(1, () =>
      clock.spawn('two branches', async () => void (await Promise.all([clock.sleep(5), compute()]))),
    );
    clock.after(2, () => seen.push(2));
    await clock.run(END);
    expect(seen).toEqual([1, 2]);
  });

  test('nor where the clock is run by a timer, and not by a promise', async () => {
    const clock = open();
    const seen: number[] = [];
    await new Promise<void>((resolve, reject) => {
      setTimeout(() => {
        clock.after(2, () => seen.push(2));
        const compute = async () => {
          for (let n = 0; n < 200; n++) await Promise.resolve();
          seen.push(clock.now() - START);
        };
        clock.spawn('two branches', async () => void (await Promise.all([clock.sleep(5), compute()])));
        clock.run(END).then(resolve, reject);
      });
    });
    expect(seen).toEqual([0, 2]);
  });

  test('time stands still while something is held that waits for real time, and passes where it is set free', async () => {
    const clock = open();
    const seen: string[] = [];
    const note = (what: string) => seen.push(`${what} at ${clock.now() - START}`);
    clock.spawn('holds', () =>
      clock.hold(async () => {
        await really(20);
        note('held');
        await clock.free(() => clock.sleep(10));
        note('set free');
      }),
    );
    clock.after(5, () => note('timer'));
    await clock.run(END);
    expect(seen).toEqual(['held at 0', 'timer at 5', 'set free at 10']);
  });

  test('ends early where that is asked for, and goes on from there', async () => {
    const clock = open();
    const seen: number[] = [];
    for (const ms of [1, 2, 3]) clock.after(ms, () => seen.push(ms));
    await clock.run(END, () => seen.length === 2);
    expect([seen, clock.now()]).toEqual([[1, 2], START + 2]);
    await clock.run(END);
    expect(seen).toEqual([1, 2, 3]);
  });

  test('what an activity throws ends the rehearsal', async () => {
    const clock = open();
    clock.after(1, () => clock.spawn('fails', () => Promise.reject(new Error('of its own'))));
    await expect(clock.run(END)).rejects.toThrow('of its own');
  });

  test('refuses a timer in the past', () => {
    expect(() => open().after(-1, () => {})).toThrow('before now');
  });
});

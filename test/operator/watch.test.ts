import { expect, test } from '@jest/globals';
import { EXIT } from '../../operator/exit.ts';
import type { Status } from '../../operator/status/status.ts';
import { type Seen, watch } from '../../operator/status/watch.ts';

const WELL = {
  unasked: [],
  subscribers: 1,
  volumes: [{ volume: 'alpha', served: true, alarms: [], quarantined: [] }],
} as unknown as Status;
const ILL = { ...WELL, subscribers: 0 };
const wrong = (exitCode?: number) => Object.assign(new Error('no'), exitCode === undefined ? {} : { exitCode });

/** What is shown and told of these looks, until nobody reads any more. */
async function watched(looks: readonly Seen[], readers = looks.length) {
  const [shown, told, slept]: [Seen[], number[], number[]] = [[], [], []];
  const look = async () => {
    const seen = looks[told.length] as Seen;
    if (seen instanceof Error) throw seen;
    return seen;
  };
  const show = (seen: Seen) => shown.push(seen) < readers;
  await watch({ look, show, sleep: async (ms) => void slept.push(ms) }, 7000, (code) => told.push(code));
  return { shown, told, slept };
}

test('each look is shown, with the exit code of its own, until nobody reads any more', async () => {
  const { shown, told, slept } = await watched([WELL, ILL, WELL, WELL], 3);
  expect(shown).toEqual([WELL, ILL, WELL]);
  expect(told).toEqual([EXIT.ok, EXIT.look, EXIT.ok]);
  expect(slept).toEqual([7000, 7000]);
});

test('what could not be asked is shown, and asked again', async () => {
  const { shown, told } = await watched([wrong(), WELL, wrong(EXIT.unasked)]);
  expect(shown[1]).toBe(WELL);
  expect(told).toEqual([EXIT.unasked, EXIT.ok, EXIT.unasked]);
});

test('wrong usage is not asked again', async () => {
  await expect(watched([wrong(EXIT.usage), WELL])).rejects.toThrow('no');
});

import { expect, test } from '@jest/globals';
import { notify } from '../../../../lambda/core/heal/notify.ts';
import type { Incident, LedgerState } from '../../../../lambda/core/world/model.ts';
import { Scene } from '../scene.ts';

const ALL_CLEAR = { id: 'heal-late', volume: 'alpha', outcome: 'healed' } as Incident;
const OTHERS = { lease: { holder: 'another', until: Number.MAX_SAFE_INTEGER } } as LedgerState;
const PAGED = { about: 'nothing safe', at: 0, final: true };

test.each<[string, LedgerState | undefined, number]>([
  ['which another has given', OTHERS, 0],
  ['which nobody has given', { ...OTHERS, paged: PAGED }, 1],
  // An empty answer does not say that anybody has.
  ['of which a ledger that was emptied knows nothing', undefined, 1],
])('an all-clear %s, by a heal that overslept', async (_, ledger, times) => {
  const { ports } = new Scene();
  const said: unknown[] = [];
  ports.ledger.read = async () => ledger;
  ports.people.notify = async (message) => void said.push(message);
  await notify(ports, ALL_CLEAR, { rejected: [], clears: true });
  expect(said.length).toBe(times);
});

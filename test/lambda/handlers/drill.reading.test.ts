import { beforeEach, expect, test } from '@jest/globals';
import { DrillLab } from './drill.lab.ts';

let lab: DrillLab;
beforeEach(() => {
  lab = new DrillLab();
});

test('what was read is kept in the ledger, and what another version has written is nothing', async () => {
  const { ledger } = lab.ports;
  const reading = { generation: 2, at: 1000, upto: 900, next: 1, parts: [1000, null] };
  const kept = () => lab.within(() => ledger.readReading('alpha'));
  expect(await kept()).toBeUndefined();
  await lab.within(() => ledger.writeReading('alpha', reading));
  expect(await kept()).toEqual(reading);
  // Beside what else is in the item.
  expect(await lab.within(() => ledger.countDrill('alpha'))).toBe(1);
  expect(await kept()).toEqual(reading);
  await lab.within(() => ledger.writeReading('alpha', undefined));
  expect(await kept()).toBeUndefined();
  await lab.within(() => ledger.writeReading('alpha', { parts: 'all' } as never));
  expect(await kept()).toBeUndefined();
});

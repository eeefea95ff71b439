import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { CASES, type Case, compare, type Row, WAYS } from '../../../../proof/bench/peers/compare.ts';
import { cell, tableOf } from '../../../../proof/bench/peers/table.ts';
import { grounds } from '../../../../proof/faults/stacks.ts';
import { read, rows as rowsOf } from '../../../docs/markdown.ts';

const directory = mkdtempSync(join(tmpdir(), 'peers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const stacks = await grounds(directory, ['spare', 'file-system']);
const SEED = 7;
const rows: Row[] = [];
for (const way of WAYS)
  for (const of of way.cases) {
    const ground = stacks.get(way.story);
    if (!ground) throw new Error(`no stack of ${way.story}`);
    rows.push(await compare(ground, way, of, [SEED], 15_000));
  }
const row = (way: string, of: Case): Row => {
  const found = rows.find((one) => one.way === way && one.case === of);
  if (!found) throw new Error(`${way} is not played in ${of}`);
  return found;
};
const seconds = (way: string, of: Case) => row(way, of).p50 ?? Number.NaN;

describe('one seed of each way, side by side', () => {
  test('with a spare, content comes back in each case, sound and with what was uploaded last', () => {
    for (const of of Object.keys(CASES) as Case[])
      expect(row('spare', of)).toMatchObject({ served: 1, sound: 1, newest: 1 });
    expect(seconds('spare', 'plain')).toBeLessThan(60);
    expect(seconds('spare', 'noVolume')).toBeLessThan(60);
  });

  test('without one it takes longer, and needs a volume that can be made', () => {
    expect(seconds('no-spare', 'plain')).toBeGreaterThan(seconds('spare', 'plain'));
    expect(row('no-spare', 'noVolume')).toMatchObject({ served: 0, stopped: 'people are called' });
    expect(row('no-spare', 'rotten')).toMatchObject({ served: 1, sound: 1, newest: 1 });
  });

  test.each(['eleven', 'nineteen', 'runbook'])('%s takes longer still, and loses what was uploaded last', (way) => {
    expect(seconds(way, 'plain')).toBeGreaterThan(seconds('no-spare', 'plain'));
    expect(row(way, 'plain')).toMatchObject({ served: 1, newest: 0 });
    expect(row(way, 'noVolume')).toMatchObject({ served: 0, stopped: expect.stringMatching(/^CreateVolume: /) });
  });

  test.each(['eleven', 'nineteen'])(
    '%s stops where the newest copy does not mount; by hand, somebody walks back',
    (way) => {
      expect(row(way, 'rotten')).toMatchObject({ served: 0, stopped: expect.stringMatching(/^mount: /) });
      expect(row('runbook', 'rotten')).toMatchObject({ served: 1, sound: 1 });
      expect(seconds('runbook', 'rotten')).toBeGreaterThan(seconds('runbook', 'plain'));
    },
  );

  test('where nothing was wrong, the healer does nothing, and each procedure takes content away', () => {
    expect([seconds('spare', 'alive'), seconds('no-spare', 'alive')]).toEqual([0, 0]);
    for (const way of ['eleven', 'nineteen', 'runbook']) {
      expect([way, seconds(way, 'alive') > 0]).toEqual([way, true]);
      expect([way, row(way, 'alive').newest]).toEqual([way, 0]);
    }
  });

  test('a host that hangs is waited out for longer by the timings of Kubernetes', () => {
    expect(seconds('csi', 'hangs')).toBeGreaterThan(seconds('spare', 'hangs'));
    expect(row('csi', 'hangs')).toMatchObject({ served: 1, sound: 1, newest: 1 });
  });

  test('the same seed gives the same figures', async () => {
    const [way] = WAYS.filter(({ name }) => name === 'eleven');
    const ground = stacks.get('file-system');
    if (!way || !ground) throw new Error('no way');
    expect(await compare(ground, way, 'plain', [SEED], 15_000)).toEqual(row('eleven', 'plain'));
  });
});

describe('docs/peers.md', () => {
  const table = rowsOf(read('docs/peers.md')).filter(([first]) => WAYS.some(({ about }) => about === first));

  test('has each way, and says what came of it as this seed does', () => {
    expect(table.map(([first]) => first)).toEqual(WAYS.map(({ about }) => about));
    for (const [n, { name }] of WAYS.entries())
      for (const [i, of] of (Object.keys(CASES) as Case[]).entries()) {
        const found = rows.find((one) => one.way === name && one.case === of);
        const said = table[n]?.[i + 1];
        if (!found) expect([name, of, said]).toEqual([name, of, '-']);
        else if (found.served === 0 || found.p99 === 0) expect([name, of, said]).toEqual([name, of, cell(found)]);
        else expect([name, of, said]).toEqual([name, of, expect.stringMatching(/^\d+ s \/ \d+ s$/)]);
      }
  });

  test('and is laid out as the command prints it', () => {
    const [head] = tableOf(rows).split('\n');
    expect(read('docs/peers.md')).toContain(head);
  });
});

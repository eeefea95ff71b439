import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { KINDS } from '../../../proof/damage/kinds.ts';
import { readTable } from '../../../proof/damage/table.ts';
import { realDiskTest, runScript } from '../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const listed = readTable(join(import.meta.dirname, '../../../docs/failure-modes.md'));
const Outcome = z.object({ rows: z.array(z.tuple([z.string(), z.string()])), alarms: z.array(z.unknown()) });
/** `npm run damage -- --sound 300` does more of them. */
const COPIES = 10;

describe('the table of damage', () => {
  test('has each kind, and none of which the drill gives no verdict', () => {
    expect([...listed.keys()]).toEqual(KINDS.map(({ name }) => name));
    for (const [damage, drill] of listed)
      expect([damage, drill]).toEqual([damage, expect.stringMatching(/^(corrupt|altered|unmountable|shutdown)$/)]);
  });

  realTest('says what the drill answers, which is sound to sound copies only', () => {
    const { rows, alarms } = Outcome.parse(runScript(join(import.meta.dirname, 'damage.script.ts'), `${COPIES}`));
    expect(rows).toEqual([...listed]);
    expect(alarms).toEqual([]);
  });
});

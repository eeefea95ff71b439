import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { realDiskTest, runScript } from './real-disk-test.ts';

const onRealDisks = realDiskTest();

describe('the journal’s deployed agent on hosts of real disks', () => {
  onRealDisks(
    'it writes when it has its turn, dies with its host, and brings an older copy up to what was written',
    () => {
      const { begun, removed, ...rest } = runScript(join(import.meta.dirname, 'agents.script.ts')) as Record<
        string,
        unknown
      >;
      expect(begun).toBeGreaterThan(0);
      expect(removed).toBeGreaterThan(0);
      expect(rest).toEqual({
        'a new volume': ['drained', '0', '1'],
        'not its turn': 0,
        'after its death': [false, 0],
        drained: { state: 'drained', missing: '0', wrote: ['2 seal'] },
        there: 11,
        late: false,
        intact: true,
        'the next owner': true,
        ended: 0,
      });
    },
  );
});

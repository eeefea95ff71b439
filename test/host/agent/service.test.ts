import { join } from 'node:path';
import { expect } from '@jest/globals';
import { z } from 'zod';
import { realDiskTest, runScript } from '../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Facts = z.looseObject({ memory: z.number() });
/** Of the unit's 128 MiB: what the agent and its helpers hold that no file has, with a small volume. */
const HELD = 80 * 2 ** 20;

for (const shell of ['dash', 'bash'])
  realTest(`a host runs the writer of what it serves, and nothing waits for it, in ${shell}`, () => {
    const { memory, ...facts } = Facts.parse(runScript(join(import.meta.dirname, 'service.script.ts'), shell));
    expect(memory).toBeLessThan(HELD);
    expect(facts).toEqual({
      'without the software': [],
      applied: [0, ['restart --no-block remount-journal@alpha.service']],
      served: ['serving', ['start --no-block remount-journal@alpha.service']],
      'systemd refuses': [0, 'serving', 'false'],
      journaled: [null, true],
      settings: 0,
      gauge: expect.stringMatching(/^JournalLag:\d+\.\d\|g\|#Volume:alpha$/),
      released: ['released', 'true', ['stop remount-journal@alpha.service']],
      ended: 0,
      drained: ['drained', true, '0'],
      'the next owner': [2, null],
      stopped: 0,
      'of a volume that it does not serve': 0,
    });
  });

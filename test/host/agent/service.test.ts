import { join } from 'node:path';
import { expect } from '@jest/globals';
import { z } from 'zod';
import { realDiskTest, runScript } from '../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Facts = z.looseObject({ memory: z.number() });
/** Of the unit's 128 MiB: what the agent and its helpers hold that no file has, with a small volume. */
const HELD = 80 * 2 ** 20;

const FOLLOWER = 'remount-spare@vol-0000000000000000a.service';
/** What is about to serve is followed by nobody. */
const NO_SPARE = [`kill -s KILL ${FOLLOWER}`, `stop --no-block ${FOLLOWER}`];
const NO_SPARE_SERVED = NO_SPARE.map((line) => `${line} (served)`);

for (const shell of ['dash', 'bash'])
  realTest(`a host runs the writer of what it serves, and nothing waits for it, in ${shell}`, () => {
    const { memory, ...facts } = Facts.parse(runScript(join(import.meta.dirname, 'service.script.ts'), shell));
    expect(memory).toBeLessThan(HELD);
    expect(facts).toEqual({
      'without the software': [],
      applied: [
        0,
        [
          'try-restart --no-block remount-spare@*.service (served)',
          'restart --no-block remount-journal@alpha.service (served)',
        ],
      ],
      served: ['serving', [...NO_SPARE_SERVED, 'start --no-block remount-journal@alpha.service (served)']],
      'first lags': Array(2).fill('JournalLag:0|g|#Volume:alpha'),
      'systemd refuses': [0, 'serving', 'false'],
      journaled: [null, true],
      settings: 0,
      gauge: expect.stringMatching(/^JournalLag:\d+\.\d\|g\|#Volume:alpha$/),
      released: ['released', 'true', [`stop ${FOLLOWER}`, 'stop remount-journal@alpha.service']],
      ended: 0,
      drained: ['drained', true, '0'],
      'the next owner': [2, null],
      stopped: 0,
      unsealed: 'unsealed',
      // First of all, and limited once its volume is there.
      'served unsealed': [
        true,
        'serving',
        [
          `stop ${FOLLOWER}`,
          ...NO_SPARE,
          'start --no-block remount-journal@alpha.service',
          'start --no-block remount-journal@alpha.service (served)',
          'set-property --runtime remount-journal@alpha.service IOReadBandwidthMax=/srv/content/alpha 25M (served)',
        ],
      ],
      late: [false, '0', '0'],
      'served undrained': ['serving', 4, false, 'serving', 0],
      'begins its term': [null, '4'],
      'served undrained without S3': ['serving', 5, true],
      'of a volume that it does not serve': 0,
    });
  });

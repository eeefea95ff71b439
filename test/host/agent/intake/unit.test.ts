import { join } from 'node:path';
import { expect } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const UNIT = 'remount-intake@alpha.service';

for (const shell of ['dash', 'bash'])
  realTest(`a host takes in for what it serves, and for nothing else, in ${shell}`, () => {
    const facts = runScript(join(import.meta.dirname, 'unit.script.ts'), shell);
    expect(facts).toEqual({
      'a stack without one': [],
      applied: [0, [`restart --no-block ${UNIT} (served)`]],
      served: ['serving', [`start --no-block ${UNIT} (served)`]],
      'first words': ['IntakeOldestSeconds:0|g|#Volume:alpha', 'JournalLag:0|g|#Volume:alpha'],
      'systemd refuses': [0, 'serving', 'false'],
      'no bucket is known': 64,
      settings: {
        ...{ volume: 'alpha', bucket: 'uploads', region: 'eu-west-1', ignoreCase: false },
        mountPoint: expect.stringMatching(/\/mnt\/remount\/vol-0000000000000000a$/),
        socket: expect.stringMatching(/\/run\/remount\/vol-0000000000000000a\.journal$/),
        statsd: expect.any(Number),
        limits: { names: 20_000, bytes: 8 * 2 ** 30, ratio: 100, reserve: 5 },
      },
      'a second one': 28,
      stopped: 0,
      // Told before the journal is sent, and waited for before the volume is unmounted.
      released: ['released', [`stop --no-block ${UNIT}`, `stop ${UNIT}`]],
      gone: 0,
      'of what it does not serve': 0,
      'of what nobody is led to': 0,
      'without rules': 64,
    });
  });

import { join } from 'node:path';
import { expect } from '@jest/globals';
import { z } from 'zod';
import { EXIT } from '../../../contract/contract.ts';
import { realDiskTest, runScript } from '../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Facts = z.looseObject({ memory: z.number() });
/** Of the unit's 144 MiB: what the agent and its helper hold that no file has, with a small volume. */
const HELD = 80 * 2 ** 20;
const [SPARE, NEXT, LAST] = ['vol-0000000000000000b', 'vol-0000000000000000c', 'vol-0000000000000000f'];
const STARTED = 'start --no-block remount-journal@alpha.service';
const unit = (id: string) => `remount-spare@${id}.service`;
const ENDED = (id: string) => [`kill -s KILL ${unit(id)}`, `stop --no-block ${unit(id)}`];

for (const shell of ['dash', 'bash'])
  realTest(`a spare follows on a host until somebody needs it, in ${shell}`, () => {
    const { memory, ...facts } = Facts.parse(runScript(join(import.meta.dirname, 'follow.script.ts'), shell));
    expect(memory).toBeLessThan(HELD);
    const following = (volumeId: string) => ({ code: 0, state: 'following', volumeId });
    expect(facts).toEqual({
      'without the software': { code: 0, state: 'none', volumeId: SPARE },
      'what is served': EXIT.busy,
      'what is not there': EXIT.noDevice,
      'of another content volume': [EXIT.foreign, false, false],
      'asked of systemd': [],
      followed: [following(SPARE), [`start --no-block ${unit(SPARE)}`]],
      'first lag': ['SpareLag:0|g|#Volume:alpha'],
      applied: ['6755', 4321, 1234, true],
      'followed again': ['following', true, [`start --no-block ${unit(SPARE)}`]],
      gauge: expect.stringMatching(/^SpareLag:\d+\.\d\|g\|#Volume:alpha$/),
      'not served': 'vol-0000000000000000a',
      mounted: { code: 0, state: 'mounted', volumeId: SPARE },
      drained: ['drained', '0', [`stop ${unit(SPARE)}`]],
      ended: 0,
      'after a takeover': EXIT.busy,
      'its unit, after a takeover': 0,
      serves: ['serving', false, [...ENDED(SPARE), STARTED]],
      'followed too': following(NEXT),
      stopped: 0,
      dropped: [{ code: 0, state: 'released', volumeId: NEXT }, [`stop ${unit(NEXT)}`], false],
      'just released': EXIT.interrupted,
      'its unit, released': 0,
      undrained: ['serving', true, false, [`stop ${unit(NEXT)}`, ...ENDED(NEXT), STARTED]],
      'undrained, ended': [0, null],
      'undrained, of no term': ['serving', true, false, [...ENDED(LAST), STARTED]],
      'undrained, of no term, ended': [null, 'SIGKILL'],
    });
  });

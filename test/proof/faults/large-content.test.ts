import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { play } from '../../../proof/faults/play.ts';
import { STORIES, settingsOf } from '../../../proof/faults/stories.ts';
import { templateOf } from '../../../rehearsal/world/rehearse.ts';
import { synthesize } from '../../../rehearsal/world/synthesize.ts';
import type { Written } from '../../../simulator/disks/reads.ts';

const HOUR_MS = 3_600_000;
/** What a content volume of the default size may hold: 100 GiB, in files of 256 KiB. A check has no time to read a tenth of it. */
const FULL: Written = { courses: 4000, files: 400_000, kib: 100 * 1024 * 1024, groups: 4 };

/** Eight hours of drills without a failure, of copies that load when they are read. @returns the broken promises about ages */
async function agesWith(zones: readonly string[], more: object = {}, seed = 3): Promise<readonly string[]> {
  const base = STORIES['file-system'];
  if (!base) throw new Error('no such story');
  const volumes = ['alpha', 'beta'];
  const story = { ...base, volumes, drills: true, calm: true, faultsMs: 0, restMs: 8 * HOUR_MS, strike: () => {} };
  const placed = volumes.map((name, n) => ({ name, zone: zones[n] ?? '' }));
  const directory = mkdtempSync(join(tmpdir(), 'large-content-'));
  const assembly = synthesize(directory, { ...settingsOf(story), volumes: placed, ...more });
  const { broken } = await play(
    { assembly, template: templateOf(assembly) },
    { story, seed, schedule: [], show: ({ cloud }) => Object.assign(cloud.loading, { standsFor: FULL }) },
  );
  return broken.map(({ promise }) => promise).filter((promise) => promise.includes('min old'));
}

/** Decision 34: no rate is paid for, and a check of what is large takes all of its time. */
describe('100 GiB in each volume, loaded when it is read: the newest verified copy is at most 75 min old', () => {
  test('in the stack as it comes, with a zone for each volume', async () => {
    expect(await agesWith(['eu-west-1a', 'eu-west-1b'])).toEqual([]);
  });

  test('where two volumes share a zone, and each has a standby', async () => {
    expect(await agesWith(['eu-west-1a', 'eu-west-1a'], { instancesPerZone: 3 })).toEqual([]);
  });

  test('and not always where they share the standby: what docs/drills.md says', async () => {
    expect(await agesWith(['eu-west-1a', 'eu-west-1a'], {}, 4)).toEqual([
      'the newest verified-recovery-point is at most 75 min old, or a person is notified',
    ]);
  });
});

import { describe, expect } from '@jest/globals';
import type { Outcome } from '../../rehearsal/judge/outcome.ts';
import { realDiskTest } from '../simulator/disks/real-disk-test.ts';
import { node } from './child.ts';

function play(...args: readonly string[]): Outcome {
  const ended = node('rehearsal/main.ts', [...args, '--json']);
  if (ended.stdout === '') throw new Error(`no result: ${ended.stderr}`);
  return JSON.parse(ended.stdout) as Outcome;
}

describe('on real disks', () => {
  const it = realDiskTest();
  // A volume that moves, one that hangs, one whose data are gone, a copy that the kernel refuses to mount, and uploads that the deployed agent takes in.
  for (const name of ['instance-loss', 'stalled-io', 'volume-lost', 'rotten-snapshots', 'intake-bad'])
    it(`${name} keeps every promise`, () => {
      const outcome = play('--disks', 'xfs', '--scenario', name);
      expect(outcome.virtual.checks.filter((c) => !c.kept)).toEqual([]);
      expect(outcome.disks).toBe('xfs');
    });
});

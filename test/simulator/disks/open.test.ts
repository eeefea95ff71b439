import { describe, expect, test } from '@jest/globals';
import { DISK_KIND, DisksUnavailable } from '../../../simulator/disks/disks.ts';
import { openDisks } from '../../../simulator/disks/open.ts';

// Jest's own processes are in no private namespace, so here real disks are never to be had.
describe('openDisks', () => {
  test('falls back to memory, and says why', () => {
    const disks = openDisks();
    expect(disks.kind).toBe(DISK_KIND.memory);
    expect(disks.notes).toContainEqual(expect.stringMatching(/^Real XFS is not used: ./));
    expect(disks.notes).toContainEqual(expect.stringMatching(/^Journals and uploads: .* a model of the agent\.$/));
  });

  test('refuses, in one line, when real disks were asked for', () => {
    expect(() => openDisks({ kind: DISK_KIND.xfs })).toThrow(DisksUnavailable);
    expect(() => openDisks({ kind: DISK_KIND.xfs })).toThrow(/^[^\n]+$/);
  });

  test('memory as asked for needs no excuse', () => {
    const { notes } = openDisks({ kind: DISK_KIND.memory });
    expect(notes.filter((note) => note.startsWith('Real XFS'))).toEqual([]);
  });
});

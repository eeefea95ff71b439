import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SnapshotId } from '../../../contract/ids.ts';
import type { Point } from '../../../operator/points/points.ts';
import { asked, nearest } from '../../../operator/restore/copy.ts';
import { node } from '../../rehearsal/child.ts';
import { type Holding, holding } from '../holding.ts';

const point = (snapshotId: SnapshotId, at: number, over: Partial<Point> = {}): Point => ({
  ...{ snapshotId, at, state: 'completed', verdict: 'unchecked', losesMs: 0 },
  ...over,
});

describe('the nearest copy', () => {
  const points = [
    point('snap-9', 9, { verdict: 'verified' }),
    point('snap-7', 7),
    point('snap-6', 6, { verdict: 'rejected', passedBy: 'rejected' }),
    point('snap-5', 5, { verdict: 'verified' }),
    point('snap-4', 4, { state: 'pending', passedBy: 'incomplete' }),
    point('snap-3', 3),
  ];
  test.each([
    [10, 'snap-9'],
    [8, 'snap-5'],
    [5, 'snap-5'],
    [4, 'snap-3'],
    [2, undefined],
  ])('of moment %i is %s', (moment, id) => {
    expect(nearest(points, moment)?.snapshotId).toBe(id);
  });
});

test('a path is asked for with a slash before it, byte for byte', () => {
  expect(Buffer.from(asked('a/\udcff'), 'base64')).toEqual(Buffer.from('/a/\xff', 'latin1'));
  expect(asked('')).toBe('Lw==');
});

describe('remount restore --from-copy, at a rehearsal that is held', () => {
  const directory = mkdtempSync(join(tmpdir(), 'from-copy-'));
  const restore = (path: string, at: string, to: string, ...more: readonly string[]) =>
    node('operator/main.ts', [
      ...['restore', 'alpha', path, '--at', at, '--to', join(directory, to), '--yes', '--rehearsal'],
      ...more,
    ]);
  let held: Holding;
  beforeAll(async () => {
    held = await holding('spare');
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
    held.end();
  });

  test('brings a course out of the nearest verified copy, and of what that has not it says so', () => {
    const { code, stdout, stderr } = restore('courses', '0s', 'copied', '--from-copy', '--json');
    expect(stderr).toMatch(/^alpha: courses out of the copy snap-\w+, of \S+, verified\n/);
    expect(stderr).toContain('clear-away');
    const said = JSON.parse(stdout);
    expect([code, said]).toMatchObject([0, { schema: 1, state: 'restored', copy: { verified: true } }]);
    const file = said.entries.find(({ kind }: { readonly kind: string }) => kind === 'file');
    expect(readFileSync(join(directory, 'copied', file.path)).length).toBe(file.size);
    const there = restore('courses', '0s', 'copied', '--from-copy');
    expect([there.code, there.stderr]).toEqual([3, expect.stringContaining('--replace: not given')]);
    const none = restore('courses/never', '0s', 'none', '--from-copy');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('absent: alpha: snap-')]);
    const old = restore('courses', '300d', 'none', '--from-copy');
    expect([old.code, old.stderr]).toEqual([1, expect.stringContaining('alpha: there is no copy of ')]);
    expect(existsSync(join(directory, 'none'))).toBe(false);
  });
});

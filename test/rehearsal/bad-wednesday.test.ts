import { describe, expect, test } from '@jest/globals';
import type { Outcome } from '../../rehearsal/judge/outcome.ts';
import { realDiskTest } from '../simulator/disks/real-disk-test.ts';
import { type Ended, node } from './child.ts';

const kinds = ['memory', 'xfs'] as const;

function played(kind: string, seed: number): { readonly ended: Ended; readonly outcome: Outcome } {
  const ended = node('rehearsal/main.ts', ['--disks', kind, '--seed', String(seed), '--json']);
  if (ended.stdout === '') throw new Error(`no result: ${ended.stderr}`);
  return { ended, outcome: JSON.parse(ended.stdout) as Outcome };
}

describe.each(kinds)('the bad Wednesday on %s disks', (kind) => {
  const it = kind === 'xfs' ? realDiskTest() : test;
  let cached: ReturnType<typeof played> | undefined;
  const run = () => {
    cached ??= played(kind, 7);
    return cached;
  };

  it('ends with every promise kept, and says so by its exit code', () => {
    expect(run().outcome.virtual.checks.filter((c) => !c.kept)).toEqual([]);
    expect(run().outcome.virtual.checks.length).toBeGreaterThanOrEqual(9);
    expect(run().ended.code).toBe(0);
  });

  it('serves every file of the recovery point, and names those that are newer', () => {
    const recovery = run().outcome.virtual.recovery;
    expect(recovery?.filesExpected).toBeGreaterThan(500);
    expect(recovery?.filesIntact).toBe(recovery?.filesExpected);
    expect(recovery?.filesNewer.length).toBeGreaterThan(0);
    for (const file of recovery?.filesNewer ?? []) expect(file).toMatch(/^courses\/course-\d{3}\/./);
  });

  it('is logged in the order of cause and effect', () => {
    const { log } = run().outcome.virtual;
    const at = (pattern: RegExp) => {
      const found = log.findIndex((line) => pattern.test(`${line.who} ${line.what}`));
      expect([pattern, found]).not.toEqual([pattern, -1]);
      return found;
    };
    const order = [
      /ec2 volume \S+ is created .* from snap-/,
      /story the inconsistency/,
      /sns people are notified: Remount: alpha is damaged/,
      /story after \d+ deletes/,
      /probe alpha is not serving/,
      /alarm Remount\/alpha\/serving: OK -> ALARM/,
      /sns people are notified: Remount: alpha is served again/,
    ];
    const places = order.map(at);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    for (const [i, line] of log.entries()) expect(line.at).toBeGreaterThanOrEqual(log[i - 1]?.at ?? 0);
  });
});

test('the same seed gives the same virtual log, byte for byte; another seed another one', () => {
  const [once, twice, other] = [11, 11, 12].map((seed) => {
    const ended = node('rehearsal/main.ts', [
      '--disks',
      'memory',
      '--scenario',
      'rotten-snapshots',
      '--seed',
      String(seed),
      '--json',
    ]);
    return JSON.stringify((JSON.parse(ended.stdout) as Outcome).virtual);
  });
  expect(once).toBe(twice);
  expect(other).not.toBe(once);
});

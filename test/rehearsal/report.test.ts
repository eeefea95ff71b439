import { describe, expect, test } from '@jest/globals';
import { summary } from '../../proof/faults/summary.ts';
import type { Outcome } from '../../rehearsal/judge/outcome.ts';
import { closing } from '../../rehearsal/judge/report.ts';

const recovery = {
  volume: 'alpha',
  failedAt: 10_000,
  firstFailedProbeAt: 11_000,
  healStartedAt: 12_000,
  servingAt: 40_000,
  recoveryPointAt: 0,
  filesExpected: 3,
  filesIntact: 3,
  filesNewer: Array.from({ length: 464 }, (_, n) => `courses/file-${n + 1}`),
  sound: false,
  findings: Array.from({ length: 12 }, (_, n) => `finding ${n + 1}`),
  apiCalls: {},
};
const outcome: Outcome = {
  scenario: 'bad-wednesday',
  seed: 1,
  disks: 'memory',
  ok: true,
  virtual: { checks: [{ promise: 'no call is denied', kept: true, seen: 'none' }], recovery, log: [] },
  real: { seconds: 1, diskMs: {}, diskCounts: {}, kernel: [] },
};

describe('what is printed after the story', () => {
  const text = closing(outcome);

  test('of 464 file names ten, how many more there are, and where', () => {
    expect(text).toContain(
      '464 files are newer than the recovery point, and on the quarantined volume:\n  courses/file-1\n',
    );
    expect(text.match(/courses\/file-\d+/g)).toHaveLength(10);
    expect(text).toContain('\n  and 454 more (all names: --json)\n');
    expect(text).toContain('\n  and 7 more (all findings: --json)\n');
  });

  test('of courses that came through S3 as well how many are served, where there were any', () => {
    const arrivals = { uploaded: 138, uploadsServed: 137, written: 140, writtenServed: 140 };
    const came = closing({ ...outcome, virtual: { ...outcome.virtual, arrivals } });
    expect(came).toMatch(/^acknowledged courses that are served\s+137 of 138 through S3, 140 of 140 written$/m);
    expect(text).not.toContain('acknowledged courses');
  });

  test('a promise that is kept does not read as its contrary', () => {
    expect(text).toContain('  kept    no call is denied; seen: none\n');
  });
});

test('a simulation that pages too often does not say that every promise was kept', () => {
  const tally = {
    runs: 100,
    heals: 1,
    faults: 1,
    at: new Set<string>(),
    seconds: 1,
    failures: [],
    byPromise: new Map(),
    unserved: 0,
    excuses: new Map(),
    pages: 7,
    pagesInVain: 7,
    calls: 1,
    digest: '',
    cut: false,
  } as unknown as Parameters<typeof summary>[0];
  expect(summary(tally)).toMatch(/BROKEN {2}nobody is paged .*; seen: 7 in 100\nevery other promise was kept\n$/);
  expect(summary({ ...tally, pagesInVain: 6 })).toMatch(/second\nevery promise was kept\n$/);
});

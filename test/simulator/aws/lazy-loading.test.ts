import { beforeEach, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../../contract/contract.ts';
import { FIRST_TOUCH, LazyLoading } from '../../../simulator/aws/storage/lazy-loading.ts';
import type { HostResult } from '../../../simulator/disks/disks.ts';
import { blocksWritten } from '../../../simulator/disks/first-touch.ts';
import type { DeviceReads, Written } from '../../../simulator/disks/reads.ts';
import { Random } from '../../../simulator/time/random.ts';

const HOST = 'i-1';
const COPY = 'vol-1';
const LARGE: Written = { courses: 20_000, files: 1_000_000, kib: 500 * 1024 * 1024, groups: 4 };
const OK: HostResult = { exitCode: 0, stdout: 'files=1000\nfilesComplete=true\n', stderr: '', realMs: 0 };

let now: number;
let written: Written;
let counters: DeviceReads[];
let loading: LazyLoading;

beforeEach(() => {
  now = 0;
  written = { courses: 100, files: 1000, kib: 20_000, groups: 4 };
  counters = [];
  const disks = { written: () => written, deviceReads: () => counters.shift() };
  loading = new LazyLoading({ now: () => now }, new Random(1), disks);
});

const run = (verb: string, result = OK) => loading.run(HOST, verb, COPY, () => result);

describe('first touches', () => {
  test('are waited for once: what was touched answers as any other block', () => {
    loading.restored(COPY);
    expect(run('mount').ms).toBeGreaterThan(5 * FIRST_TOUCH.median);
    expect(run('mount').ms).toBe(0);
    expect(run('verify').ms).toBeGreaterThan(0);
    expect(run('verify').ms).toBe(0);
  });

  test('are those of volumes from snapshots, and of verbs that read', () => {
    expect(run('mount').ms).toBe(0);
    loading.restored(COPY);
    expect(run('probe').ms).toBe(0);
    expect(run('release').ms).toBe(0);
    loading.gone(COPY);
    expect(run('mount').ms).toBe(0);
  });

  test('are never more than there are blocks', () => {
    loading.restored(COPY);
    expect(loading.coldPart(COPY)).toBe(1);
    run('check');
    expect(loading.coldPart(COPY)).toBe(0);
    expect(run('mount').ms).toBe(0);
  });

  test('of a check are waited for before it is run, and are there only once it was', () => {
    loading.restored(COPY);
    const expected = loading.expectCheck(COPY);
    expect(expected).toBeGreaterThan(blocksWritten(written) * FIRST_TOUCH.median);
    expect(loading.expectCheck(COPY)).toBeGreaterThan(0);
    expect(run('check').ms).toBe(0);
    expect(loading.expectCheck(COPY)).toBe(0);
  });
});

describe('an initialization rate', () => {
  test('has loaded everything after as long as its data take', () => {
    loading.restored(COPY, 100);
    const seconds = (blocksWritten(written) * 0.5) / 100;
    now = (seconds * 1000) / 2;
    expect(loading.coldPart(COPY)).toBeCloseTo(0.5);
    now = seconds * 1000;
    expect(loading.coldPart(COPY)).toBe(0);
    expect(run('mount').ms).toBe(0);
  });

  test('shortens what is waited for until then', () => {
    const waited = (rate: number) => {
      loading = new LazyLoading({ now: () => now }, new Random(1), {
        written: () => LARGE,
        deviceReads: () => undefined,
      });
      now = 0;
      loading.restored(COPY, rate);
      now = 3600_000;
      return run('mount').ms;
    };
    expect(waited(100)).toBeLessThan(waited(0) / 2);
    expect(waited(100)).toBeGreaterThan(0);
  });

  test('ends what is slow once everything is loaded; without one, one reader takes hours', () => {
    written = LARGE;
    loading.restored(COPY, 125);
    now = 60_000;
    const seconds = (blocksWritten(LARGE) * 0.5) / 125;
    expect(loading.slowFor(COPY, now) / 1000).toBeCloseTo(seconds - 60);
    expect(loading.slowFor(COPY, now + 1000 * seconds)).toBe(0);
    loading.restored(COPY);
    expect(loading.slowFor(COPY, now) / 1000).toBeGreaterThan(4 * seconds);
    expect(loading.slowFor('vol-2', now)).toBe(0);
  });

  test('nobody asked for loads nothing that AWS says a figure of', () => {
    loading.restored(COPY);
    now = 24 * 3600_000;
    expect(loading.coldPart(COPY)).toBe(1);
  });
});

describe('a large volume', () => {
  beforeEach(() => {
    written = LARGE;
    loading.restored(COPY);
  });

  test('is counted for as long as verify counts, and that says so', () => {
    const { result, ms } = run('verify');
    expect(ms).toBe(15_000);
    expect(result.stdout).toContain('filesComplete=false');
    const files = Number(/files=(\d+)/.exec(result.stdout)?.[1]);
    expect(files).toBeGreaterThan(0);
    expect(files).toBeLessThan(1000);
  });

  test('goes on being counted where that ended', () => {
    const first = loading.coldPart(COPY);
    run('verify');
    const second = loading.coldPart(COPY);
    run('verify');
    expect(loading.coldPart(COPY)).toBeLessThan(second);
    expect(second).toBeLessThan(first);
  });

  test('is checked for as long as a check compares', () => {
    expect(loading.expectCheck(COPY)).toBe(600_000);
    run('check');
    expect(loading.coldPart(COPY)).toBeGreaterThan(0.9);
    // It has read all metadata.
    expect([run('mount').ms, run('verify').ms, run('serve').ms]).toEqual([0, 0, 0]);
  });

  test('of thousands of allocation groups is mounted for minutes, and each mount says so, until it has ended or was released', () => {
    written = { ...LARGE, groups: 4096 };
    const first = run('mount');
    expect(first.ms).toBe(50_000);
    expect(first.result.exitCode).toBe(EXIT.mounting);
    let progress = 0;
    let asked = 0;
    for (now += first.ms; ; asked++) {
      const wait = loading.ask(HOST, COPY);
      now += wait?.ms ?? 0;
      if (!wait?.says) break;
      const next = Number(/progress=(\d+)/.exec(wait.says.stdout)?.[1]);
      expect(next).toBeGreaterThan(progress);
      progress = next;
    }
    expect(asked).toBeGreaterThan(1);
    expect(run('mount')).toEqual({ result: OK, ms: 0 });
    loading.end(HOST, COPY);
    expect(loading.ask(HOST, COPY)).toBeUndefined();
  });

  test('that is refused is not being mounted', () => {
    written = { ...LARGE, groups: 4096 };
    const refused = { ...OK, exitCode: EXIT.unmountable };
    expect(run('mount', refused).result).toBe(refused);
    expect(loading.ask(HOST, COPY)).toBeUndefined();
  });
});

describe('the counters of a device', () => {
  const touchedBy = (counted: DeviceReads | undefined) => {
    const [first, second] = [{ reads: 1000, kib: 9000 }, counted];
    counters = counted && second ? [first, { reads: 1000 + second.reads, kib: 9000 + second.kib }] : [];
    const disks = { written: () => LARGE, deviceReads: () => counters.shift() };
    loading = new LazyLoading({ now: () => now }, new Random(1), disks);
    loading.restored(COPY);
    return run('mount').ms;
  };

  test('count where the model is far off', () => {
    expect(touchedBy({ reads: 2, kib: 8 })).toBeLessThan(touchedBy(undefined) / 10);
    expect(touchedBy({ reads: 100_000, kib: 800_000 })).toBeGreaterThan(touchedBy(undefined) * 4);
  });

  test('change nothing where it is about right: they are never quite the same', () => {
    expect(touchedBy({ reads: 4000, kib: 35_000 })).toBe(touchedBy(undefined));
    expect(touchedBy({ reads: 5000, kib: 41_000 })).toBe(touchedBy(undefined));
  });
});

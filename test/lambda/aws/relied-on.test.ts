import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countsText, fallen, readCounts } from '../../../lambda/core/drill/counts.ts';
import { decideDrill } from '../../../lambda/core/drill/decide.ts';
import { drill } from '../../../lambda/core/drill/drill.ts';
import { INCOMPLETE_CHECKS, NO_REMARKS, remarksOf } from '../../../lambda/core/drill/remarks.ts';
import { holdOf } from '../../../lambda/core/guard/hold.ts';
import { expired } from '../../../lambda/core/guard/retention.ts';
import type { Counts } from '../../../lambda/core/world/model.ts';
import { DrillScene, SOUND } from '../core/drill/drill.scene.ts';
import { guarded, RETENTION, snapshot } from '../core/guard/guard.world.ts';
import { NOW, point } from '../core/world.ts';

const HOUR = 60;
const DAY_MS = 24 * 3_600_000;
const WHOLE: Counts = { files: 120, stored: 40_960, manifests: 20 };

describe('what a copy holds', () => {
  const anyCounts = fc.record({ files: fc.nat(), stored: fc.nat(), manifests: fc.nat() });

  test('is read from its tag as it was written; what is no such text is nothing', () => {
    fc.assert(fc.property(anyCounts, (counts) => expect(readCounts(countsText(counts))).toEqual(counts)));
    for (const text of [undefined, '', 'files=1', 'files=1 stored=x manifests=2', 'files=-1 stored=1 manifests=1'])
      expect(readCounts(text)).toBeUndefined();
  });

  test.each<[string, Partial<Counts>, readonly string[]]>([
    ['no less', {}, []],
    ['a fifth fewer', { files: 96, stored: 32_768, manifests: 16 }, []],
    ['more than a fifth fewer files', { files: 95 }, ['files']],
    ['everything truncated', { stored: 0 }, ['stored']],
    ['everything deleted', { files: 0, stored: 0, manifests: 0 }, ['files', 'stored', 'manifests']],
    ['one manifest gone alone', { files: 119, stored: 40_900, manifests: 19 }, ['manifests']],
    ['one course gone', { files: 114, stored: 38_900, manifests: 19 }, []],
    ['more than before', { files: 500, stored: 90_000, manifests: 90 }, []],
  ])('%s: what fell is reported', (_, over, keys) => {
    expect(fallen(WHOLE, { ...WHOLE, ...over }, 20).map((line) => line.split(':')[0])).toEqual(keys);
  });

  test('never falls by growing, and always by all of it', () => {
    fc.assert(
      fc.property(anyCounts, anyCounts, fc.integer({ min: 1, max: 99 }), (before, more, percent) => {
        const grown = {
          files: before.files + more.files,
          stored: before.stored + more.stored,
          manifests: before.manifests + more.manifests,
        };
        expect(fallen(before, grown, percent)).toEqual([]);
        if (before.files > 0) expect(fallen(before, { files: 0, stored: 0, manifests: 0 }, percent)).not.toEqual([]);
      }),
    );
  });
});

let scene: DrillScene;
const run = () => drill(scene.workflow, scene.ports, 'alpha');
const subjects = () => scene.notified.map(({ subject }) => subject);
beforeEach(() => {
  scene = new DrillScene();
  scene.hasSpare(100);
});

const counted = ({ files, stored, manifests }: Counts) => ({
  ...SOUND,
  files: String(files),
  checked: String(files),
  stored: String(stored),
  manifests: String(manifests),
  complete: 'true',
});
const says = (values: Readonly<Record<string, string>>, detail = '') => {
  scene.answer = { result: 'ok', values, detail };
};

describe('a copy after which content fell', () => {
  beforeEach(() => {
    scene.points = [point(10), point(70, { verdict: 'verified', counts: WHOLE })];
    says(counted({ files: 1, stored: 10, manifests: 0 }));
  });

  test('is kept before people are notified, and the newer one is verified all the same', async () => {
    expect(await run()).toMatchObject({ outcome: 'verified' });
    const kept = scene.did.indexOf('kept snap-70');
    expect(kept).toBeGreaterThan(-1);
    expect(scene.did.findIndex((did) => did.startsWith('verified snap-10'))).toBeGreaterThan(kept);
    expect(subjects()).toEqual(['Remount: the content of alpha has fallen']);
    expect(scene.notified[0]?.message).toContain('files: 120 -> 1');
    expect(scene.published).toMatchObject([{ passed: true, complete: true }]);
  });

  test('is not reported again by the next one, which holds as little', async () => {
    await run();
    scene.points = [point(1), ...scene.points];
    await run();
    expect(subjects().length).toBe(1);
  });

  test('is not reported where the host does not count', async () => {
    says(SOUND);
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(scene.notified).toEqual([]);
  });

  test('is held in the schedule, however much is verified since, and not deleted by the guard', () => {
    const kept = snapshot(23 * HOUR, { verdict: 'verified', keptUntil: NOW + DAY_MS });
    const newer = snapshot(2 * HOUR, { verdict: 'verified' });
    const hold = (old: typeof kept) => holdOf(NOW, guarded(), [newer, old], { ...RETENTION, keepHours: 24 }, true);
    expect(hold(kept)).toMatchObject({ kind: 'hold', why: 'fell', snapshot: { snapshotId: kept.snapshotId } });
    expect(hold({ ...kept, keptUntil: NOW - 1 })).toBeUndefined();
    const gone = { maker: 'guard' as const, at: NOW - 100 * 3_600_000 };
    const stock = (old: typeof kept) => ({ at: NOW, current: guarded(), volumes: [], snapshots: [newer, old] });
    const ids = (old: typeof kept) => expired(stock({ ...old, ...gone }), RETENTION).map((s) => s.snapshotId);
    expect(ids({ ...kept, keptUntil: NOW - 1 })).toEqual([kept.snapshotId]);
    expect(ids(kept)).toEqual([]);
  });
});

describe('a copy that is relied on', () => {
  const old = { verdict: 'verified' as const, drilledAt: NOW - DAY_MS };
  const chosen = (points: typeof scene.points, at = NOW) => {
    const { ledger, volumes, instances } = scene;
    const seen = decideDrill({ volume: 'alpha', at, ledger, volumes, instances, recoveryPoints: points });
    return seen.kind === 'check' ? seen.point.snapshotId : seen.kind;
  };
  const fresh = point(10, { verdict: 'verified', drilledAt: NOW - 600_000 });

  test('is looked at once a day: the newest verified, the guard’s newest, and what is kept', () => {
    expect(chosen([point(1500, old)])).toBe('snap-1500');
    expect(chosen([fresh, point(1500, { ...old, byGuard: true })])).toBe('snap-1500');
    expect(chosen([fresh, point(1500, { ...old, keptUntil: NOW + 1 })])).toBe('snap-1500');
    expect(chosen([fresh, point(1500, { ...old, keptUntil: NOW - 1 })])).toBe('none');
    expect(chosen([fresh, point(1500, old)])).toBe('none');
    expect(chosen([point(1500, { ...old, drilledAt: NOW - DAY_MS + 1 })])).toBe('none');
  });

  test('waits for what nobody has checked, and is not tried at each sweep', () => {
    expect(chosen([point(5), point(1500, old)])).toBe('snap-5');
    expect(chosen([point(1500, old)], NOW + 15 * 60_000)).toBe('none');
    expect(chosen([point(1500, old)], NOW + 60 * 60_000)).toBe('snap-1500');
  });

  test('stays verified where there is no answer', async () => {
    scene.points = [point(1500, old)];
    scene.answer = { result: 'unreachable', values: {}, detail: 'no answer' };
    expect(await run()).toMatchObject({ outcome: 'undecided' });
    expect(scene.points[0]).toMatchObject({ verdict: 'verified' });
    expect(scene.notified).toEqual([]);
  });

  test('and is damaged by now is rejected, and people are notified, whatever serves', async () => {
    scene.points = [point(1500, { ...old, generation: 0 })];
    scene.answer = { result: 'corrupt', values: {}, detail: 'agf_freeblks' };
    expect(await run()).toMatchObject({ outcome: 'rejected' });
    expect(subjects()).toEqual(['Remount: a verified copy of alpha is damaged']);
  });
});

describe('of copies that are sound people are notified once', () => {
  test('that files cannot be read by the web server, with names, and again only after a copy without any', async () => {
    const notified: number[] = [];
    for (const unreadable of ['2', '3', '0', '1']) {
      scene.points = [point(10)];
      scene.looks = 2;
      says({ ...SOUND, unreadable }, 'unreadable=2; courses/a/.x.tmp');
      expect(await run()).toMatchObject({ outcome: 'verified' });
      notified.push(scene.notified.length);
    }
    expect(notified).toEqual([1, 1, 1, 2]);
    expect(scene.notified[0]?.message).toContain('\ncourses/a/.x.tmp\n');
    expect(scene.notified[0]?.message).not.toContain('unreadable=2');
  });

  test('that checks never come to the end of the content', () => {
    let before = NO_REMARKS;
    const notified = (complete: string) => {
      const { next, remarks } = remarksOf('alpha', 'snap-1', before, { values: { ...SOUND, complete }, detail: '' });
      before = next;
      return remarks.length;
    };
    const row = (times: number) => Array.from({ length: times }, () => notified('false'));
    expect(row(INCOMPLETE_CHECKS - 1)).toEqual(Array(INCOMPLETE_CHECKS - 1).fill(0));
    expect([...row(1), ...row(50)].filter((n) => n > 0)).toEqual([1]);
    expect(notified('true')).toBe(0);
    expect(row(INCOMPLETE_CHECKS).at(-1)).toBe(1);
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SnapshotId } from '../../../../contract/ids.ts';
import { drill } from '../../../../lambda/core/drill/drill.ts';
import type { HostAnswer } from '../../../../lambda/core/world/ports.ts';
import { point } from '../world.ts';
import { CHECKED, DISPOSED, DrillScene, SOUND } from './drill.scene.ts';

let scene: DrillScene;
beforeEach(() => {
  scene = new DrillScene();
});

const run = () => drill(scene.workflow, scene.ports, 'alpha');
const subjects = () => scene.notified.map((t) => t.subject);
const says = (result: HostAnswer['result'], detail = 'what it saw') => {
  scene.answer = { result, values: {}, detail };
};

/** The same world a while later, with a new copy. */
function later(seconds: number, snapshotId: SnapshotId): void {
  scene.now += seconds * 1000;
  scene.points = [...scene.points, { ...point(0), snapshotId, at: scene.now - 60_000 }];
  scene.looks = 0;
  scene.did.length = 0;
}

describe('a copy that fails', () => {
  test.each(['corrupt', 'altered', 'unmountable', 'noCanary', 'shutdown'] as const)(
    '%s: rejected with the reason, a person is notified, and its volume goes, not the spare',
    async (result) => {
      scene.hasSpare(30);
      says(result);
      expect(await run()).toEqual({
        outcome: 'rejected',
        summary: `snap-10 is rejected: ${result}: what it saw`,
      });
      expect(scene.did).toEqual([...CHECKED, `rejected snap-10: ${result}: what it saw`, ...DISPOSED]);
      expect(subjects()).toEqual(['Remount: alpha is damaged']);
      expect(scene.notified[0]?.message).toContain('docs/runbook.md#damaged');
      expect(scene.ledger.spare?.volumeId).toBe('vol-spare');
      expect(scene.records).toMatchObject([{ outcome: 'rejected' }]);
    },
  );

  test('of a volume that serves no more: rejected, and nobody is notified that what serves is damaged', async () => {
    scene.ledger = { ...scene.ledger, generation: 2 };
    says('corrupt');
    expect(await run()).toMatchObject({
      outcome: 'rejected',
      summary: 'snap-10 is rejected (a copy of generation 1, which serves no more): corrupt: what it saw',
    });
    expect([scene.notified, scene.note]).toEqual([[], undefined]);
  });

  test('that a heal replaces while it is checked: nobody is notified', async () => {
    says('corrupt');
    scene.before.set('check vol-of-drill-1 on i-standby', () => {
      scene.ledger = { ...scene.ledger, generation: 2 };
    });
    expect(await run()).toMatchObject({ outcome: 'rejected' });
    expect(scene.notified).toEqual([]);
  });

  test('the message has the first lines of the finding, and no more', async () => {
    says('corrupt', Array.from({ length: 30 }, (_, n) => `line ${n}`).join('; '));
    await run();
    expect(scene.notified[0]?.message).toContain('line 19\n');
    expect(scene.notified[0]?.message).not.toContain('line 20');
  });

  test('the same of later copies is reported again after six hours; another thing at once', async () => {
    says('corrupt');
    await run();
    later(6 * 3600 - 60, 'snap-b');
    await run();
    expect(scene.did).toContain('rejected snap-b: corrupt: what it saw');
    expect(scene.notified).toHaveLength(1);
    says('altered');
    later(600, 'snap-c');
    await run();
    expect(scene.notified).toHaveLength(2);
    says('altered');
    later(6 * 3600, 'snap-d');
    await run();
    expect(scene.notified).toHaveLength(3);
  });

  test('another file of the same kind of damage is reported at once, the same ones not', async () => {
    says('altered', 'checked=12; differs: courses/a/x.html; missing: courses/b');
    await run();
    says('altered', 'checked=11; missing: courses/b; differs: courses/a/x.html');
    later(600, 'snap-b');
    await run();
    expect(scene.notified).toHaveLength(1);
    says('altered', 'checked=12; differs: courses/c/x.html');
    later(600, 'snap-c');
    await run();
    says('altered', 'checked=12; differs: courses/a/x.html');
    later(600, 'snap-d');
    await run();
    expect(scene.notified.map((t) => t.message.includes('courses/c'))).toEqual([false, true]);
  });

  test('an older copy that passes says nothing of it: only a younger one is “sound again”', async () => {
    scene.points = [point(10), point(70)];
    says('corrupt');
    await run();
    scene.answer = { result: 'ok', values: SOUND, detail: '' };
    scene.looks = 0;
    expect(await run()).toMatchObject({ outcome: 'verified', summary: expect.stringContaining('snap-70') });
    expect(subjects()).toEqual(['Remount: alpha is damaged']);
    later(600, 'snap-b');
    await run();
    expect(subjects()).toEqual(['Remount: alpha is damaged', 'Remount: alpha is sound again']);
  });

  test('the newest that was rejected counts, also when nobody was notified of it again', async () => {
    says('corrupt');
    await run();
    later(600, 'snap-b');
    await run();
    scene.points = [point(5), { ...point(0), snapshotId: 'snap-b', at: scene.now - 60_000, verdict: 'rejected' }];
    scene.answer = { result: 'ok', values: SOUND, detail: '' };
    scene.looks = 0;
    await run();
    expect(subjects()).toEqual(['Remount: alpha is damaged']);
  });

  test('a younger copy of what served before a replacement does not make what serves sound', async () => {
    says('corrupt');
    await run();
    later(600, 'snap-b');
    scene.answer = { result: 'ok', values: SOUND, detail: '' };
    scene.ledger = { ...scene.ledger, generation: 2 };
    expect(await run()).toMatchObject({ outcome: 'verified' });
    expect(subjects()).toEqual(['Remount: alpha is damaged']);
  });

  test('once a copy is sound again, people are notified, and once', async () => {
    says('corrupt');
    await run();
    scene.answer = { result: 'ok', values: SOUND, detail: '' };
    later(3600, 'snap-b');
    await run();
    later(3600, 'snap-c');
    await run();
    expect(subjects()).toEqual(['Remount: alpha is damaged', 'Remount: alpha is sound again']);
    says('corrupt');
    later(60, 'snap-d');
    await run();
    expect(scene.notified).toHaveLength(3);
  });
});

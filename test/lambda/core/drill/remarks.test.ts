import { describe, expect, test } from '@jest/globals';
import { INCOMPLETE_CHECKS, NO_REMARKS, type Remarks, remarksOf } from '../../../../lambda/core/drill/remarks.ts';

const of = (before: Remarks, values: Readonly<Record<string, string>>) =>
  remarksOf('alpha', 'snap-1', before, { values, detail: 'courses/a; files=3' });

describe('what people are notified of about copies that passed', () => {
  test('nothing is odd: nothing', () => {
    expect(of(NO_REMARKS, { odd: '0', unreadable: '0', complete: 'true' })).toEqual({ next: NO_REMARKS, remarks: [] });
    // Host software of before counts none of it.
    expect(of(NO_REMARKS, {})).toEqual({ next: NO_REMARKS, remarks: [] });
  });

  test('manifests that are not understood, once, and again only after a copy without any', () => {
    const first = of(NO_REMARKS, { odd: '3' });
    expect(first.remarks).toEqual([{ kind: 'odd', volume: 'alpha', snapshotId: 'snap-1', entries: 3 }]);
    const second = of(first.next, { odd: '1' });
    expect(second).toEqual({ next: first.next, remarks: [] });
    const none = of(second.next, { odd: '0' });
    expect(of(none.next, { odd: '1' }).remarks).toHaveLength(1);
  });

  test('files that cannot be read, with their names, beside it', () => {
    const { next, remarks } = of(NO_REMARKS, { odd: '1', unreadable: '2' });
    expect(remarks.map(({ kind }) => kind).sort()).toEqual(['odd', 'unreadable']);
    expect(remarks).toContainEqual(expect.objectContaining({ files: 2, names: ['courses/a'] }));
    expect(next).toMatchObject({ notifiedOdd: 1, notifiedUnreadable: 2 });
  });

  test('checks that do not come to their end, at the last of many in a row', () => {
    let before = NO_REMARKS;
    for (let check = 1; check < INCOMPLETE_CHECKS; check++) {
      const { next, remarks } = of(before, { complete: 'false' });
      expect(remarks).toEqual([]);
      before = next;
    }
    expect(of(before, { complete: 'false', checked: '1', files: '2' }).remarks).toMatchObject([{ kind: 'incomplete' }]);
  });
});

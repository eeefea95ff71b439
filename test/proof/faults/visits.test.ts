import { expect, test } from '@jest/globals';
import { Visits } from '../../../proof/faults/visits.ts';

const POINT = 'ec2:DescribeSnapshots';

test('of visits that are alike the first and the last stand for all', () => {
  const visits = new Visits();
  const asks = (nth: number, id: string, state: string, step = 'look') =>
    visits.note(POINT, nth, [step, { SnapshotIds: [id] }], { at: '2026-01-07T00:00:01Z', state, progress: nth });
  asks(1, 'snap-0504adf47ff7eb537', 'pending');
  asks(2, 'snap-0504adf47ff7eb537', 'pending');
  asks(3, 'snap-0638f1857b1bb7f64', 'pending');
  asks(4, 'snap-0504adf47ff7eb537', 'completed');
  asks(5, 'snap-0504adf47ff7eb537', 'completed', 'fence');
  const telling = visits.telling.get(POINT) ?? [];
  expect(telling.map(({ nth }) => nth)).toEqual([1, 3, 4, 5]);
  expect(new Set(telling.map(({ like }) => like)).size).toBe(3);
});

test('what is refused is not like what is answered', () => {
  const visits = new Visits();
  visits.note(POINT, 1, 'look', {});
  visits.note(POINT, 2, 'look', new Error('throttled'));
  expect(visits.telling.get(POINT)).toHaveLength(2);
});

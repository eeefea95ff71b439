import { expect, test } from '@jest/globals';
import { node } from '../../rehearsal/child.ts';
import type { Request } from './play.script.ts';

interface Result {
  readonly broken: readonly { readonly promise: string; readonly seen: string }[];
  readonly fired: number;
  readonly served: boolean;
}

/** Each broke a promise once, of the stack or of what judges it. */
const REQUESTS: readonly Request[] = [
  { story: 'intake', seed: 1, schedule: 'none' },
  // The standby hangs as it is to drain the journal, and is there again to serve: it wrote with no term.
  { story: 'intake-spare', seed: 1418405330, schedule: 'hang@ssm:SendCommand#7' },
  { story: 'intake-killed', seed: 24248910, schedule: 'dieBefore@agent/s3:PutObject#22' },
  // S3 is away for the whole heal: older content is served meanwhile, as people are told.
  { story: 'intake-s3-lost', seed: 2047921293, schedule: 'emptyAnswer@host:serve#1' },
];

test('what S3 has acknowledged is served, whatever fails meanwhile', () => {
  const ended = node('test/proof/faults/play.script.ts', [JSON.stringify(REQUESTS)]);
  expect(ended.stderr).toBe('');
  const results = JSON.parse(ended.stdout) as readonly Result[];
  expect(results.map(({ served }) => served)).toEqual(REQUESTS.map(() => true));
  expect(results.flatMap(({ broken }) => broken)).toEqual([]);
  expect(results.map(({ fired }) => fired)).toEqual([0, 1, 1, 1]);
});

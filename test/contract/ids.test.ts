import { expect, test } from '@jest/globals';
import { isInstanceId, isSnapshotId, isVolumeId } from '../../contract/ids.ts';

const OF_EACH = [
  ['an instance', isInstanceId, 'i-0aaaaaaaaaaaaaaaa'],
  ['a snapshot', isSnapshotId, 'snap-0aaaaaaaaaaaaaaaa'],
  ['a volume', isVolumeId, 'vol-0aaaaaaaaaaaaaaaa'],
] as const;
/** What is handed on in the place of an id, where something is wrong. */
const NO_IDS = ['', 'alpha', 'i-', 'snap-', 'vol-', ' vol-1', 'a vol-1', 'VOL-1', undefined, null, 1, ['vol-1']];

test.each(OF_EACH)('%s has an id of its own: that of another thing is none, nor is anything else', (_, is, own) => {
  expect(OF_EACH.map(([, , id]) => id).filter(is)).toEqual([own]);
  expect(NO_IDS.filter(is)).toEqual([]);
});

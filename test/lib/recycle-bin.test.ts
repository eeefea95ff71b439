import { expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import { RecycleBin } from '../../lib/recycle-bin.ts';
import { resourcesOf, templateOf } from './support.ts';

const rules = (snapshotDays: number, volumeDays: number) =>
  resourcesOf(
    templateOf((stack) => {
      new RecycleBin(stack, 'Bin', {
        stackName: 'Shop',
        keepSnapshots: Duration.days(snapshotDays),
        keepVolumes: Duration.days(volumeDays),
      });
    }),
    'AWS::Rbin::Rule',
  ).map(({ Properties }) => Properties);

test('keeps deleted snapshots of the stack, and of volumes those that hold content', () => {
  const days = (RetentionPeriodValue: number) => ({ RetentionPeriodUnit: 'DAYS', RetentionPeriodValue });
  expect(rules(3, 7)).toEqual([
    {
      Description: 'Deleted snapshots of Shop',
      ResourceType: 'EBS_SNAPSHOT',
      ResourceTags: [{ ResourceTagKey: TAG.stack, ResourceTagValue: 'Shop' }],
      RetentionPeriod: days(3),
    },
    {
      Description: 'Deleted content volumes of Shop',
      ResourceType: 'EBS_VOLUME',
      ResourceTags: [
        { ResourceTagKey: TAG.role, ResourceTagValue: VOLUME_ROLE.current },
        { ResourceTagKey: TAG.role, ResourceTagValue: VOLUME_ROLE.quarantined },
      ],
      RetentionPeriod: days(7),
    },
  ]);
});

test.each([
  [0, 7, ['EBS_VOLUME']],
  [3, 0, ['EBS_SNAPSHOT']],
  [0, 0, []],
])('with %d and %d days, there are no more rules than asked for', (snapshotDays, volumeDays, types) => {
  expect(rules(snapshotDays, volumeDays).map(({ ResourceType }) => ResourceType)).toEqual(types);
});

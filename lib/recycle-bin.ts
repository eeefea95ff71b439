import { Duration } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-rbin';
import { Construct } from 'constructs';
import { TAG, VOLUME_ROLE } from '../contract/contract.ts';
import { checkProps, lengthOf, PROP, stackNameOf } from './props/props.ts';

/** For how long what is deleted can be got back. */
export interface RecycleBinProps {
  /**
   * The Remount that its snapshots belong to: value of the tag `remount:stack`.
   * @default the name of the stack
   */
  readonly stackName?: string;
  /**
   * How long a deleted snapshot can be got back: 1 to 365 days, or 0 for no rule. It is paid for as if it were not deleted, and the
   * schedule deletes `perHour` times 24 a day of each volume: this time is added to how long each of them is kept, and paid for.
   * @default 3 days: a long weekend
   */
  readonly keepSnapshots?: Duration;
  /**
   * How long a deleted content volume can be got back: 1 to 7 days, or 0 for no rule. It is paid for as if it were not deleted.
   * @default 7 days
   */
  readonly keepVolumes?: Duration;
}

/**
 * What is deleted by mistake, or by whoever should not, can be got back for some days. Billed as if it were not deleted.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/recycle-bin-create-rule.html
 *
 * Snapshots of the stack, all of them: those that the schedule rotates out too, so the bin also reaches further back than the
 * schedule. Of volumes only the current one of each content volume, in the schedule or held out of it, and those in
 * quarantine (of any stack, for the tags say no more): copies that drills and heals throw away each hour would each be billed for days. A rule with tags cannot be locked.
 */
export class RecycleBin extends Construct {
  /** @throws SettingsError */
  constructor(scope: Construct, id: string, props: RecycleBinProps = {}) {
    super(scope, id);
    const stackName = stackNameOf(this, props.stackName);
    const keepSnapshots = lengthOf.days(props.keepSnapshots ?? Duration.days(3));
    const keepVolumes = lengthOf.days(props.keepVolumes ?? Duration.days(7));
    checkProps({ keepSnapshots, keepVolumes }, { keepSnapshots: PROP.snapshotDays, keepVolumes: PROP.volumeDays });
    const tag = (resourceTagKey: string, resourceTagValue: string) => ({ resourceTagKey, resourceTagValue });
    // A token is a number below 0.
    if (keepSnapshots !== 0)
      new CfnRule(this, 'Snapshots', {
        description: `Deleted snapshots of ${stackName}`,
        resourceType: 'EBS_SNAPSHOT',
        resourceTags: [tag(TAG.stack, stackName)],
        retentionPeriod: { retentionPeriodUnit: 'DAYS', retentionPeriodValue: keepSnapshots },
      });
    if (keepVolumes !== 0)
      new CfnRule(this, 'Volumes', {
        description: `Deleted content volumes of ${stackName}`,
        resourceType: 'EBS_VOLUME',
        resourceTags: [tag(TAG.role, VOLUME_ROLE.current), tag(TAG.role, VOLUME_ROLE.quarantined)],
        retentionPeriod: { retentionPeriodUnit: 'DAYS', retentionPeriodValue: keepVolumes },
      });
  }
}

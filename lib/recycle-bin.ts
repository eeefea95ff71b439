import { CfnRule } from 'aws-cdk-lib/aws-rbin';
import { Construct } from 'constructs';
import { TAG, VOLUME_ROLE } from '../contract/contract.ts';
import { checkProps, PROP } from './internal/props.ts';

export interface RecycleBinProps {
  readonly stackName: string;
  /** Days that a deleted snapshot of the stack can be got back: 1 to 365, or 0 for no rule. */
  readonly snapshotDays: number;
  /** Days that a deleted content volume can be got back: 1 to 7, or 0 for no rule. */
  readonly volumeDays: number;
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
  constructor(scope: Construct, id: string, props: RecycleBinProps) {
    super(scope, id);
    checkProps(props, {
      stackName: PROP.stackName,
      snapshotDays: PROP.snapshotDays,
      volumeDays: PROP.volumeDays,
    });
    const tag = (resourceTagKey: string, resourceTagValue: string) => ({ resourceTagKey, resourceTagValue });
    // A token is a number below 0.
    if (props.snapshotDays !== 0)
      new CfnRule(this, 'Snapshots', {
        description: `Deleted snapshots of ${props.stackName}`,
        resourceType: 'EBS_SNAPSHOT',
        resourceTags: [tag(TAG.stack, props.stackName)],
        retentionPeriod: { retentionPeriodUnit: 'DAYS', retentionPeriodValue: props.snapshotDays },
      });
    if (props.volumeDays !== 0)
      new CfnRule(this, 'Volumes', {
        description: `Deleted content volumes of ${props.stackName}`,
        resourceType: 'EBS_VOLUME',
        resourceTags: [tag(TAG.role, VOLUME_ROLE.current), tag(TAG.role, VOLUME_ROLE.quarantined)],
        retentionPeriod: { retentionPeriodUnit: 'DAYS', retentionPeriodValue: props.volumeDays },
      });
  }
}

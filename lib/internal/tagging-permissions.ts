import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { scheduleTagValue, TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import { ec2Arns, ofRole, onlyTags } from './volume-permissions.ts';

/** To tag volumes, under conditions. */
function allow(grantee: LambdaFunction, sid: string, action: string, conditions: Record<string, unknown>): void {
  const resources = [ec2Arns(Stack.of(grantee), 'volume')];
  grantee.addToRolePolicy(new PolicyStatement({ sid, actions: [action], resources, conditions: { ...conditions } }));
}

function requested(tags: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]));
}

/** The healer's, of a volume: into quarantine, and never out of it; out of the schedule; from what is prepared to what is current. */
export function allowHealing(healer: LambdaFunction, stackName: string): void {
  const own = { [`aws:ResourceTag/${TAG.stack}`]: stackName };
  allow(healer, 'Quarantines', 'ec2:CreateTags', {
    StringEquals: { ...own, ...requested({ [TAG.role]: VOLUME_ROLE.quarantined }) },
    ...onlyTags(TAG.role, TAG.heal),
  });
  allow(healer, 'Unschedules', 'ec2:DeleteTags', { StringEquals: own, ...onlyTags(TAG.schedule) });
  allow(healer, 'Promotes', 'ec2:CreateTags', {
    StringEquals: {
      ...ofRole(stackName, VOLUME_ROLE.candidate, VOLUME_ROLE.current, VOLUME_ROLE.spare),
      ...requested({ [TAG.role]: VOLUME_ROLE.current, [TAG.schedule]: scheduleTagValue(stackName) }),
    },
    ...onlyTags(TAG.role, TAG.generation, TAG.schedule),
  });
  allow(healer, 'NotesFormatted', 'ec2:CreateTags', {
    StringEquals: { ...own, ...requested({ [TAG.blank]: 'false' }) },
    ...onlyTags(TAG.blank),
  });
}

/** The guard's: out of the schedule and in again, and nothing else of a volume that is served. */
export function allowHolding(guard: LambdaFunction, stackName: string): void {
  const conditions = { StringEquals: ofRole(stackName, VOLUME_ROLE.current), ...onlyTags(TAG.schedule, TAG.held) };
  // Each call writes one of the two.
  const written = requested({ [TAG.schedule]: scheduleTagValue(stackName), [TAG.held]: 'true' });
  allow(guard, 'HoldsVolumes', 'ec2:CreateTags', { ...conditions, StringEqualsIfExists: written });
  allow(guard, 'UnschedulesVolumes', 'ec2:DeleteTags', conditions);
}

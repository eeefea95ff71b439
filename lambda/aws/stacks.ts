import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { Course } from '../core/keep/change.ts';
import { translated } from './errors.ts';

/**
 * What CloudFormation does with a stack just now.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html, stack status codes
 * @throws AwsError
 */
export async function courseOf(cloudFormation: CloudFormationClient, stackId: string): Promise<Course> {
  const { Stacks = [] } = await translated(`describe ${stackId}`, () =>
    cloudFormation.send(new DescribeStacksCommand({ StackName: stackId })),
  );
  const status = Stacks[0]?.StackStatus ?? '';
  if (status.endsWith('ROLLBACK_IN_PROGRESS')) return 'back';
  return status.endsWith('_IN_PROGRESS') ? 'forward' : 'unknown';
}

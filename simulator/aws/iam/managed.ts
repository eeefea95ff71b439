/**
 * The AWS managed policies that the simulation knows, by the name after `policy/`, as the AWS Managed Policy Reference
 * Guide has them (versions in the comments, read in 2026). Add one here when the stack attaches another.
 */
export const AWS_MANAGED_POLICIES: Readonly<Record<string, object>> = {
  // v2
  AmazonSSMManagedInstanceCore: document(
    allow(
      '*',
      ...names(
        'ssm',
        'DescribeAssociation GetDeployablePatchSnapshotForInstance GetDocument DescribeDocument GetManifest',
        'GetParameter GetParameters ListAssociations ListInstanceAssociations PutInventory PutComplianceItems',
        'PutConfigurePackageResult UpdateAssociationStatus UpdateInstanceAssociationStatus UpdateInstanceInformation',
      ),
      ...names('ssmmessages', 'CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel'),
      ...names('ec2messages', 'AcknowledgeMessage DeleteMessage FailMessage GetEndpoint GetMessages SendReply'),
    ),
  ),
  // v3
  CloudWatchAgentServerPolicy: document(
    allow(
      '*',
      'cloudwatch:PutMetricData',
      ...names('ec2', 'DescribeVolumes DescribeTags'),
      ...names('logs', 'PutLogEvents PutRetentionPolicy DescribeLogStreams DescribeLogGroups'),
      ...names('logs', 'CreateLogStream CreateLogGroup'),
      ...names('xray', 'PutTraceSegments PutTelemetryRecords GetSamplingRules GetSamplingTargets'),
      'xray:GetSamplingStatisticSummaries',
    ),
    allow('arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*', 'ssm:GetParameter'),
  ),
  // v1
  'service-role/AWSLambdaBasicExecutionRole': document(
    allow('*', ...names('logs', 'CreateLogGroup CreateLogStream PutLogEvents')),
  ),
  // v3
  'service-role/AWSLambdaBasicDurableExecutionRolePolicy': document(
    allow(
      '*',
      ...names('logs', 'CreateLogGroup CreateLogStream PutLogEvents'),
      ...names('lambda', 'CheckpointDurableExecution GetDurableExecutionState'),
    ),
  ),
  // v10
  'service-role/AWSDataLifecycleManagerServiceRole': document(
    allow(
      '*',
      ...names(
        'ec2',
        'CreateSnapshot CreateSnapshots DeleteSnapshot DescribeInstances DescribeVolumes DescribeSnapshots',
        'EnableFastSnapshotRestores DescribeFastSnapshotRestores DisableFastSnapshotRestores CopySnapshot',
        'ModifySnapshotAttribute DescribeSnapshotAttribute DescribeSnapshotTierStatus ModifySnapshotTier',
        'DescribeAvailabilityZones',
      ),
    ),
    allow('arn:aws:ec2:*::snapshot/*', 'ec2:CreateTags'),
    allow(
      'arn:aws:events:*:*:rule/AwsDataLifecycleRule.managed-cwe.*',
      ...names('events', 'PutRule DeleteRule DescribeRule EnableRule DisableRule'),
      ...names('events', 'ListTargetsByRule PutTargets RemoveTargets'),
    ),
  ),
};

function names(service: string, ...lines: string[]): string[] {
  return lines.flatMap((line) => line.split(' ').map((name) => `${service}:${name}`));
}

function allow(resource: string, ...actions: string[]): object {
  return { Effect: 'Allow', Action: actions, Resource: resource };
}

function document(...statements: object[]): object {
  return { Version: '2012-10-17', Statement: statements };
}

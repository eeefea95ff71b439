/** What each service asks of the key that encrypts something, and in whose name. */
import type { Cloud } from '../account/cloud.ts';
import type { Principal } from './account.ts';
import type { Context } from './iam.ts';
import { deniedToGrantee, missingOfKey } from './kms.ts';

const kms = (...names: readonly string[]) => names.map((name) => `kms:${name}`);

/** docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html. Volumes of instances ask for the same. */
const FOR_EBS = kms(
  'CreateGrant',
  'Decrypt',
  'DescribeKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
);
/** docs.aws.amazon.com/sns/latest/dg/sns-key-management.html; SQS asks for the same of those who send. */
const FOR_MESSAGES = kms('GenerateDataKey', 'Decrypt');
/**
 * docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html. The policy there also allows `kms:Describe*`, on a
 * condition that no DescribeKey can meet, and it is enough.
 */
const FOR_LOGS = kms('Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKey');

function via(cloud: Cloud, service: string): Context {
  return { 'kms:ViaService': `${service}.${cloud.region}.amazonaws.com` };
}

/** The keys `kms:EncryptionContext:...` of an operation that encrypts or decrypts. */
function encryptionContext(pairs: Readonly<Record<string, string>>): Context {
  const keys = Object.entries(pairs).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]);
  return { ...Object.fromEntries(keys), 'kms:EncryptionContextKeys': Object.keys(pairs) };
}

/** A grant for EC2, on the data key of one volume: docs.aws.amazon.com/kms/latest/developerguide/ct-ec2two.html */
function ofEbs(cloud: Cloud, volumeId: string): (action: string) => Context {
  const grant = { 'kms:GrantIsForAWSResource': 'true', 'kms:GrantConstraintType': 'EncryptionContextSubset' };
  const used = encryptionContext({ 'aws:ebs:id': volumeId });
  return (action) => ({
    ...via(cloud, 'ec2'),
    ...(action === 'kms:CreateGrant' ? grant : action === 'kms:DescribeKey' ? {} : used),
  });
}

/** To make or copy an encrypted volume, in the caller's name. @returns what is missing, or `undefined`; so do all of these */
export function missingForEbs(cloud: Cloud, caller: Principal, key: string, volumeId: string): string | undefined {
  return missingOfKey(cloud, caller, key, FOR_EBS, ofEbs(cloud, volumeId));
}

/**
 * To attach one: the caller makes a grant for the instance's host, and the host decrypts the volume's data key by it. It does so
 * once: what happens to key or grant later, an attached volume goes on.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/how-ebs-encryption-works.html
 */
export function missingToAttach(
  cloud: Cloud,
  caller: Principal,
  key: string,
  volumeId: string,
  instanceId: string,
): string | undefined {
  const host = `arn:${cloud.partition}:sts::${cloud.account}:assumed-role/aws:ec2-infrastructure/${instanceId}`;
  return (
    missingOfKey(cloud, caller, key, kms('CreateGrant'), ofEbs(cloud, volumeId)) ??
    deniedToGrantee(cloud, host, key, 'kms:Decrypt')
  );
}

/**
 * Launches by Auto Scaling: its service-linked role has no permissions on customer managed keys, and none can be added to it; the
 * key's policy must name it. Source: docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
export function missingForAutoScaling(cloud: Cloud, key: string): string | undefined {
  const linked = `role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
  const service = `arn:${cloud.partition}:iam::${cloud.account}:${linked}`;
  return missingOfKey(cloud, { service }, key, FOR_EBS, ofEbs(cloud, 'a new volume'));
}

/**
 * To read or write a table: DynamoDB decrypts the table's key in the caller's name. What else it asks of a key it asks in its own
 * name, or of whoever makes the table. Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
 */
export function missingForTable(cloud: Cloud, caller: Principal, key: string, table: string): string | undefined {
  const pairs = { 'aws:dynamodb:tableName': table, 'aws:dynamodb:subscriberId': cloud.account };
  return missingOfKey(cloud, caller, key, kms('Decrypt'), () => ({
    ...via(cloud, 'dynamodb'),
    ...encryptionContext(pairs),
  }));
}

/**
 * To read or write an object of S3, in the caller's name.
 * Source: docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html ("Encryption context")
 * @param actions what is asked of the key, without `kms:`
 * @param arn of the object, or of the bucket where the bucket has a key of its own
 */
export function missingForObject(
  cloud: Cloud,
  caller: Principal,
  key: string,
  actions: readonly string[],
  arn: string,
): string | undefined {
  const context = { ...via(cloud, 's3'), ...encryptionContext({ 'aws:s3:arn': arn }) };
  return missingOfKey(cloud, caller, key, kms(...actions), () => context);
}

/** To publish to an encrypted topic, or to send to an encrypted queue, as a role. */
export function missingForMessage(
  cloud: Cloud,
  caller: Principal,
  key: string,
  service: 'sns' | 'sqs',
): string | undefined {
  return missingOfKey(cloud, caller, key, FOR_MESSAGES, () => via(cloud, service));
}

/** To publish to an encrypted topic, as a service: it has no role, so the key's policy must name it. */
export function missingForEventSource(
  cloud: Cloud,
  service: string,
  key: string,
  sourceArn: string,
): string | undefined {
  return missingOfKey(cloud, { service }, key, FOR_MESSAGES, () => ({ 'aws:SourceArn': sourceArn }));
}

/** For an encrypted log group: CloudWatch Logs uses the key in its own name, whoever writes. */
export function missingForLogs(cloud: Cloud, key: string, logGroupArn: string): string | undefined {
  const service = `logs.${cloud.region}.amazonaws.com`;
  const used = encryptionContext({ 'aws:logs:arn': logGroupArn });
  return missingOfKey(cloud, { service }, key, FOR_LOGS, () => used);
}

import { LEDGER, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { pageKey } from '../../../contract/incident-pages.ts';
import { journalKey } from '../../../contract/journal.ts';
import type { Services } from '../account/services.ts';
import type { Principal } from './account.ts';
import type { AuthorizationRequest, Context } from './iam.ts';
import type { Input } from './input.ts';

/** What a stack has, as far as another one could lay hands on it. */
export interface Estate {
  readonly stackName: string;
  /** A content volume of it, and where that is. */
  readonly volume: string;
  readonly zone: string;
  readonly roles: readonly Principal[];
  /** The current volume, the spare and a drill's scratch volume. */
  readonly volumes: readonly string[];
  readonly snapshots: readonly string[];
  readonly instance: string;
  readonly documents: readonly string[];
  readonly table: string;
  readonly topicArn: string;
  readonly keyArn: string;
  readonly namespace: string;
  readonly queueArns: readonly string[];
  readonly logGroupArns: readonly string[];
  readonly functionArns: readonly string[];
  /** Bucket of its journals, where files are journaled. */
  readonly journal: string | undefined;
  /** Bucket of the pages of its incidents. */
  readonly pages: string | undefined;
}

/** What one stack tries on another: each try is all that must be allowed for it. */
export interface Attempt {
  readonly what: string;
  /** The changing actions that it needs. */
  readonly actions: readonly string[];
  requests(s: Services, mine: Estate, theirs: Estate): readonly (readonly AuthorizationRequest[])[];
}

/** Actions that change nothing. */
export const READING = /^[a-z0-9-]+:(Describe|Get|List)/;

const AGENT = 'of the Systems Manager agent: AWS allows it on every node, in a policy of its own (decision 17)';
/** Actions that nothing in a policy could tie to a stack, and why that is no way into another one. */
export const UNSCOPED: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['PutInventory', 'PutComplianceItems', 'PutConfigurePackageResult', 'UpdateAssociationStatus'],
    ...['UpdateInstanceAssociationStatus', 'UpdateInstanceInformation'],
  ]
    .map((name) => `ssm:${name}`)
    .concat(
      ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'].map(
        (n) => `ssmmessages:${n}`,
      ),
    )
    .concat(['AcknowledgeMessage', 'DeleteMessage', 'FailMessage', 'SendReply'].map((n) => `ec2messages:${n}`))
    .map((action) => [action, AGENT]),
);

type Call = readonly [service: string, operation: string, input: Input];

/** By API calls, as their services authorize them. */
function calls(what: string, actions: readonly string[], made: (mine: Estate, theirs: Estate) => Call[]): Attempt {
  return {
    what,
    actions,
    requests: (s, mine, theirs) => made(mine, theirs).map((call) => s.cloud.authorizations(...call)),
  };
}

/** By the action alone, on what it names. */
function direct(
  what: string,
  actions: readonly string[],
  resources: (theirs: Estate) => readonly string[],
  context: (s: Services) => Context = () => ({}),
): Attempt {
  return {
    what,
    actions,
    requests: (s, _, theirs) =>
      actions.flatMap((action) =>
        resources(theirs).map((resource) => [{ action, resources: [resource], context: context(s) }]),
      ),
  };
}

const tags = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
const specified = (ResourceType: string, of: Estate, more: Readonly<Record<string, string>>) => [
  { ResourceType, Tags: tags({ [TAG.stack]: of.stackName, [TAG.volume]: of.volume, ...more }) },
];
/** What one role or another makes: each may give what it makes one role alone. */
const MADE_VOLUMES = [VOLUME_ROLE.current, VOLUME_ROLE.candidate, VOLUME_ROLE.scratch].map((r) => ({ [TAG.role]: r }));
const MADE_SNAPSHOTS: readonly Readonly<Record<string, string>>[] = [
  { [TAG.guard]: 'true' },
  { [TAG.role]: VOLUME_ROLE.quarantined, [TAG.heal]: 'h' },
];
const blank = ({ zone }: Estate) => ({ AvailabilityZone: zone, Size: 1, VolumeType: 'gp3', Encrypted: true });
/** Sets of tags that one role or another may write on what is its own. */
const TAGGINGS: readonly Readonly<Record<string, string>>[] = [
  { [TAG.role]: VOLUME_ROLE.spare },
  { [TAG.role]: VOLUME_ROLE.quarantined, [TAG.heal]: 'h' },
  { [TAG.verdict]: 'rejected', [TAG.finding]: 'f' },
  { [TAG.schedule]: 'x' },
  { Name: 'x' },
];
/** What a stack is asked to lock for, and what it is not. */
const LOCKED_DAYS = [1, 7, 365];
const on = (...each: readonly string[]) => each;

export const ATTEMPTS: readonly Attempt[] = [
  calls('a volume from its snapshot', on('ec2:CreateVolume', 'ec2:CreateTags'), (mine, { snapshots }) =>
    snapshots.flatMap((SnapshotId) =>
      MADE_VOLUMES.map((more): Call => {
        const TagSpecifications = specified('volume', mine, more);
        return ['ec2', 'CreateVolume', { ...blank(mine), SnapshotId, TagSpecifications }];
      }),
    ),
  ),
  calls('a volume that passes for its own', on('ec2:CreateVolume', 'ec2:CreateTags'), (mine, theirs) =>
    [{}, ...mine.snapshots.map((SnapshotId) => ({ SnapshotId }))].flatMap((source) =>
      MADE_VOLUMES.map((more): Call => {
        const TagSpecifications = specified('volume', theirs, more);
        return ['ec2', 'CreateVolume', { ...blank(mine), ...source, TagSpecifications }];
      }),
    ),
  ),
  calls('a snapshot of its volume', on('ec2:CreateSnapshot', 'ec2:CreateTags'), (mine, { volumes }) =>
    volumes.flatMap((VolumeId) =>
      MADE_SNAPSHOTS.map((more): Call => {
        const TagSpecifications = specified('snapshot', mine, more);
        return ['ec2', 'CreateSnapshot', { VolumeId, TagSpecifications }];
      }),
    ),
  ),
  calls('a snapshot that passes for its own', on('ec2:CreateSnapshot', 'ec2:CreateTags'), (mine, theirs) =>
    mine.volumes.flatMap((VolumeId) =>
      MADE_SNAPSHOTS.map((more): Call => {
        const TagSpecifications = specified('snapshot', theirs, more);
        return ['ec2', 'CreateSnapshot', { VolumeId, TagSpecifications }];
      }),
    ),
  ),
  calls('tags on its volumes and snapshots', on('ec2:CreateTags'), (_, theirs) =>
    TAGGINGS.flatMap((set) =>
      [...theirs.volumes, ...theirs.snapshots].map(
        (id): Call => ['ec2', 'CreateTags', { Resources: [id], Tags: tags(set) }],
      ),
    ),
  ),
  calls('tags on its instance', on('ec2:CreateTags'), (_, { instance }) =>
    [...TAGGINGS, { [TAG.software]: 'x' }].map((set) => [
      'ec2',
      'CreateTags',
      { Resources: [instance], Tags: tags(set) },
    ]),
  ),
  calls('tags taken off its volumes', on('ec2:DeleteTags'), (_, { volumes }) =>
    volumes.map((id) => ['ec2', 'DeleteTags', { Resources: [id], Tags: [{ Key: TAG.schedule }] }]),
  ),
  calls('attach its volume', on('ec2:AttachVolume'), (mine, theirs) =>
    theirs.volumes.flatMap((VolumeId) =>
      [mine.instance, theirs.instance].map(
        (InstanceId): Call => ['ec2', 'AttachVolume', { VolumeId, InstanceId, Device: '/dev/sdf' }],
      ),
    ),
  ),
  calls('attach to its instance', on('ec2:AttachVolume'), (mine, { instance: InstanceId }) =>
    mine.volumes.map((VolumeId) => ['ec2', 'AttachVolume', { VolumeId, InstanceId, Device: '/dev/sdf' }]),
  ),
  calls('detach its volume', on('ec2:DetachVolume'), (_, { volumes, instance: InstanceId }) =>
    volumes.map((VolumeId) => ['ec2', 'DetachVolume', { VolumeId, InstanceId }]),
  ),
  calls('change its volume', on('ec2:ModifyVolume'), (_, { volumes }) =>
    volumes.map((VolumeId) => ['ec2', 'ModifyVolume', { VolumeId, Size: 2 }]),
  ),
  calls('delete its volume', on('ec2:DeleteVolume'), (_, { volumes }) =>
    volumes.map((VolumeId) => ['ec2', 'DeleteVolume', { VolumeId }]),
  ),
  calls('delete its snapshot', on('ec2:DeleteSnapshot'), (_, { snapshots }) =>
    snapshots.map((SnapshotId) => ['ec2', 'DeleteSnapshot', { SnapshotId }]),
  ),
  calls('lock its snapshot', on('ec2:LockSnapshot'), (_, { snapshots }) =>
    snapshots.flatMap((SnapshotId) =>
      LOCKED_DAYS.map((LockDuration): Call => {
        return ['ec2', 'LockSnapshot', { SnapshotId, LockMode: 'governance', LockDuration }];
      }),
    ),
  ),
  calls('stop its instance', on('ec2:StopInstances'), (_, { instance }) => [
    ['ec2', 'StopInstances', { InstanceIds: [instance] }],
  ]),
  calls('its verb on its host', on('ssm:SendCommand'), (_, { documents, instance }) =>
    documents.map((DocumentName) => ['ssm', 'SendCommand', { DocumentName, InstanceIds: [instance] }]),
  ),
  calls('an own verb on its host', on('ssm:SendCommand'), (mine, { instance }) =>
    mine.documents.map((DocumentName) => ['ssm', 'SendCommand', { DocumentName, InstanceIds: [instance] }]),
  ),
  calls('its verb on an own host', on('ssm:SendCommand'), (mine, { documents }) =>
    documents.map((DocumentName) => ['ssm', 'SendCommand', { DocumentName, InstanceIds: [mine.instance] }]),
  ),
  ...['PutItem', 'UpdateItem'].map((operation) =>
    calls('an entry of its ledger', [`dynamodb:${operation}`], (_, { table: TableName, volume }) =>
      [`VOLUME#${volume}`, LEDGER.guard].map((S) => [
        'dynamodb',
        operation,
        { TableName, Key: { pk: { S } }, Item: { pk: { S } } },
      ]),
    ),
  ),
  calls('an object of its journal', on('s3:PutObject'), (_, { journal: Bucket, volume }) =>
    Bucket === undefined ? [] : [['s3', 'PutObject', { Bucket, Key: journalKey(volume, 1), IfNoneMatch: '*' }]],
  ),
  calls('a page of its incidents', on('s3:PutObject'), (_, { pages: Bucket, volume }) =>
    Bucket === undefined ? [] : [['s3', 'PutObject', { Bucket, Key: pageKey({ volume, id: 'heal' }) }]],
  ),
  calls('a message to its people', on('sns:Publish'), (_, { topicArn: TopicArn }) => [
    ['sns', 'Publish', { TopicArn }],
  ]),
  calls('a data point of its metrics', on('cloudwatch:PutMetricData'), (_, { namespace: Namespace }) => [
    ['cloudwatch', 'PutMetricData', { Namespace }],
  ]),
  calls('a checkpoint of its execution', on('lambda:CheckpointDurableExecution'), (_, { functionArns }) =>
    functionArns.map((arn) => [
      'lambda',
      'CheckpointDurableExecution',
      { DurableExecutionArn: `${arn}:1/durable-execution/execution/1` },
    ]),
  ),
  direct('its dead-letter queue', on('sqs:SendMessage'), ({ queueArns }) => queueArns),
  direct('its logs', on('logs:CreateLogStream', 'logs:PutLogEvents', 'logs:CreateLogGroup'), ({ logGroupArns }) =>
    logGroupArns.flatMap((arn) => [arn, arn.replace(/\*$/, 'log-stream:s')]),
  ),
  // By each service that a role may use its own key through.
  ...['ec2', 'dynamodb', 'sns', 's3'].map((service) =>
    direct(
      `its key, by ${service}`,
      [
        'Decrypt',
        'Encrypt',
        'CreateGrant',
        'GenerateDataKey',
        'GenerateDataKey*',
        'GenerateDataKeyWithoutPlaintext',
        'ReEncryptFrom',
        'ReEncryptTo',
      ].map((n) => `kms:${n}`),
      ({ keyArn }) => [keyArn],
      ({ cloud }) => ({
        'kms:GrantIsForAWSResource': 'true',
        'kms:ViaService': `${service}.${cloud.region}.amazonaws.com`,
      }),
    ),
  ),
];

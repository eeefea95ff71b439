import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DescribeSnapshotsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateDocumentCommand, SSMClient } from '@aws-sdk/client-ssm';
import { ENV, HOST_VERBS, LEDGER, scheduleTagValue, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { ZONES } from '../behaviours/bench.ts';
import { launchIn } from '../behaviours/emulated.ts';

export const STACK = 'Remount';
export const VOLUME = 'alpha';

/** What the functions find in moto: an owner that serves, a standby, the current volume, one snapshot of it. */
export interface World {
  readonly env: Readonly<Record<string, string>>;
  readonly ec2: EC2Client;
  /** Owner, and standby. */
  readonly instances: readonly string[];
  readonly volumeId: string;
  readonly snapshotId: string;
}

type Settings = ConstructorParameters<typeof EC2Client>[0];

const tagged = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** Makes it, over HTTP. @throws Error when moto refuses any of it */
export async function makeWorld(settings: NonNullable<Settings>): Promise<World> {
  const ec2 = new EC2Client(settings);
  const { vpc, instances } = await launchIn(ec2, [ZONES[0], ZONES[0]]);
  const [owner = '', standby = ''] = instances;
  await ec2.send(new CreateTagsCommand({ Resources: [owner, standby], Tags: tagged({ [TAG.stack]: STACK }) }));
  const tags = {
    [TAG.stack]: STACK,
    [TAG.volume]: VOLUME,
    [TAG.generation]: '1',
    [TAG.role]: VOLUME_ROLE.current,
    [TAG.schedule]: scheduleTagValue(STACK),
    [TAG.blank]: 'false',
  };
  const { VolumeId = '' } = await ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: ZONES[0],
      Size: 10,
      VolumeType: 'gp3',
      Encrypted: true,
      TagSpecifications: [{ ResourceType: 'volume', Tags: tagged(tags) }],
    }),
  );
  await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId: owner, Device: '/dev/sdf' }));
  const { SnapshotId = '' } = await ec2.send(
    new CreateSnapshotCommand({ VolumeId, TagSpecifications: [{ ResourceType: 'snapshot', Tags: tagged(tags) }] }),
  );
  await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
  const documents = await makeDocuments(new SSMClient(settings));
  const group = await makeGroup(new ElasticLoadBalancingV2Client(settings), vpc, owner);
  const { TopicArn = '' } = await new SNSClient(settings).send(new CreateTopicCommand({ Name: 'people' }));
  await makeLedger(new DynamoDBClient(settings));
  const env = {
    [ENV.stack]: STACK,
    [ENV.ledger]: 'ledger',
    [ENV.topic]: TopicArn,
    [ENV.place]: '{"account":"111122223333","region":"eu-west-1","runbook":"docs/runbook.md"}',
    [ENV.documents]: JSON.stringify(documents),
    [ENV.targetGroups]: JSON.stringify({ [VOLUME]: group }),
  };
  return { env, ec2, instances, volumeId: VolumeId, snapshotId: SnapshotId };
}

async function makeDocuments(ssm: SSMClient): Promise<Record<string, string>> {
  const documents: Record<string, string> = {};
  for (const verb of HOST_VERBS) {
    const content = {
      schemaVersion: '2.2',
      description: verb,
      parameters: {},
      mainSteps: [{ action: 'aws:runShellScript', name: verb, inputs: { runCommand: ['true'] } }],
    };
    const Name = `${STACK}-${verb}`;
    await ssm.send(new CreateDocumentCommand({ Name, DocumentType: 'Command', Content: JSON.stringify(content) }));
    documents[verb] = Name;
  }
  return documents;
}

async function makeGroup(elb: ElasticLoadBalancingV2Client, VpcId: string, owner: string): Promise<string> {
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({ Name: VOLUME, Protocol: 'HTTP', Port: 80, VpcId, TargetType: 'instance' }),
  );
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? '';
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: owner }] }));
  return TargetGroupArn;
}

async function makeLedger(dynamodb: DynamoDBClient): Promise<void> {
  const keys = [LEDGER.partitionKey, LEDGER.sortKey] as const;
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'ledger',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map((AttributeName, n) => ({ AttributeName, KeyType: n === 0 ? 'HASH' : 'RANGE' })),
    }),
  );
}

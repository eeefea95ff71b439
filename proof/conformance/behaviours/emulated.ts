import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeImagesCommand,
  type EC2Client,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateDocumentCommand } from '@aws-sdk/client-ssm';
import type { Emulator } from '../tools/server.ts';
import { type Bench, clients, REGION, type StreamedRecord, settingsFor, ZONES } from './bench.ts';

/** A script that fails with a number of its own. */
const CONTENT = {
  schemaVersion: '2.2',
  description: 'fails',
  parameters: {},
  mainSteps: [{ action: 'aws:runShellScript', name: 'fails', inputs: { runCommand: ['exit 22'] } }],
};
const SETTLE_MS = 200;
const ANSWERS_MS = 10_000;

/** The bench on an emulator: what it needs is made over HTTP. @throws Error when that cannot be */
export async function emulated(emulator: Emulator): Promise<Bench> {
  const made = clients(settingsFor(emulator));
  const { ec2, ssm, dynamodb, s3 } = made;
  const [owner = '', standby = '', far = ''] = (await launchIn(ec2, [ZONES[0], ZONES[0], ZONES[1]])).instances;
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'bench',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    }),
  );
  const bucket = 'bench';
  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  const document = 'bench-fails';
  await ssm
    .send(new CreateDocumentCommand({ Name: document, DocumentType: 'Command', Content: JSON.stringify(CONTENT) }))
    .catch(() => undefined);
  const settle = () => new Promise<void>((resolve) => setTimeout(resolve, SETTLE_MS));
  return {
    ...made,
    owner,
    standby,
    far,
    table: 'bench',
    bucket,
    document,
    parameters: {},
    settle,
    streamed: () => streamed(emulator),
  };
}

/**
 * All records of the bench's table, asked for without the SDK: its client of streams is not among the project's dependencies. An emulator looks at no signature.
 * @throws Error with the code of what was refused
 */
async function streamed({ url }: Emulator): Promise<readonly StreamedRecord[]> {
  const ask = async (operation: string, input: object): Promise<Answers> => {
    const answer = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(input),
      headers: {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': `DynamoDBStreams_20120810.${operation}`,
        Authorization: `AWS4-HMAC-SHA256 Credential=test/20260107/${REGION}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
      },
      signal: AbortSignal.timeout(ANSWERS_MS),
    });
    if (!answer.ok)
      throw Object.assign(new Error(await answer.text()), { name: `${operation}: HTTP ${answer.status}` });
    return (await answer.json()) as Answers;
  };
  const { Streams: [{ StreamArn } = {}] = [] } = await ask('ListStreams', { TableName: 'bench' });
  const { StreamDescription: { Shards = [] } = {} } = await ask('DescribeStream', { StreamArn });
  const all: StreamedRecord[] = [];
  for (const { ShardId } of Shards) {
    const at = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = await ask('GetShardIterator', at);
    all.push(...((await ask('GetRecords', { ShardIterator })).Records ?? []));
  }
  return all;
}

/** Of the operations of DynamoDB Streams what is asked for. */
interface Answers {
  readonly Streams?: readonly { readonly StreamArn?: string }[];
  readonly StreamDescription?: { readonly Shards?: readonly { readonly ShardId: string }[] };
  readonly ShardIterator?: string;
  readonly Records?: readonly StreamedRecord[];
}

/** Instances that run, one in each zone that is named, in a network of their own. */
export async function launchIn(
  ec2: EC2Client,
  zones: readonly string[],
): Promise<{ readonly vpc: string; readonly instances: readonly string[] }> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
  const vpc = Vpc?.VpcId ?? '';
  const { Images } = await ec2.send(new DescribeImagesCommand({})).catch(() => ({ Images: [] }));
  const ImageId = Images?.find((each) => each.Architecture === 'x86_64')?.ImageId ?? 'ami-12345678';
  const instances: string[] = [];
  for (const [n, zone] of zones.entries())
    instances.push(await launch(ec2, { vpc, zone, ImageId, block: `10.9.${n}.0/24` }));
  return { vpc, instances };
}

async function launch(
  ec2: EC2Client,
  at: { readonly vpc: string; readonly zone: string; readonly ImageId: string; readonly block: string },
): Promise<string> {
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({ VpcId: at.vpc, CidrBlock: at.block, AvailabilityZone: at.zone }),
  );
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: at.ImageId,
      MinCount: 1,
      MaxCount: 1,
      InstanceType: 't3.micro',
      ...(Subnet?.SubnetId !== undefined && { SubnetId: Subnet.SubnetId }),
      Placement: { AvailabilityZone: at.zone },
    }),
  );
  const id = Instances?.[0]?.InstanceId;
  if (id === undefined) throw new Error('RunInstances answered with no instance');
  return id;
}

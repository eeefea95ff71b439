import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client, type EC2ClientConfig } from '@aws-sdk/client-ec2';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { Emulator } from '../tools/server.ts';

export const REGION = 'eu-west-1';
export const ZONES = ['eu-west-1a', 'eu-west-1b'] as const;

/** One stand-in for AWS, with three instances that run: two in one zone, one in another. */
export interface Bench {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly dynamodb: DynamoDBClient;
  readonly cloudwatch: CloudWatchClient;
  readonly s3: S3Client;
  readonly owner: string;
  readonly standby: string;
  readonly far: string;
  /** A table with the partition key `pk` and the sort key `sk`, and a stream of new images. */
  readonly table: string;
  /** What the table's stream has, oldest first. */
  streamed(): Promise<readonly StreamedRecord[]>;
  /** An empty bucket, whose versions are not kept. */
  readonly bucket: string;
  /** A document that runs a script; that needs the parameters {@link parameters}, and whose script fails there. */
  readonly document: string;
  readonly parameters: Readonly<Record<string, string[]>>;
  /** Lets what was begun come to an end. */
  settle(): Promise<void>;
}

type Values = Readonly<Record<string, { readonly S?: string }>>;

/** A record of a stream, as GetRecords has it in its JSON. What is not there is what a stand-in leaves out. */
export interface StreamedRecord {
  readonly eventName?: string;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime?: number;
    readonly Keys?: Values;
    readonly NewImage?: Values;
    readonly OldImage?: Values;
    readonly SequenceNumber?: string;
    readonly StreamViewType?: string;
  };
}

/** Settings of a client that reaches an emulator. */
export function settingsFor(emulator: Emulator) {
  return {
    region: REGION,
    endpoint: emulator.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 3000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  };
}

export function clients(settings: EC2ClientConfig) {
  return {
    ec2: new EC2Client(settings),
    ssm: new SSMClient(settings),
    dynamodb: new DynamoDBClient(settings),
    cloudwatch: new CloudWatchClient(settings),
    // By its path: an emulator has no names of hosts. What the SDK tries by itself would be no answer.
    s3: new S3Client({ ...(settings as S3ClientConfig), forcePathStyle: true, maxAttempts: 1 }),
  };
}

/** What came of a call: what it answered, in words, or the code of its error. */
export async function outcome(
  call: Promise<unknown>,
  words: (output: never) => unknown = () => 'accepted',
): Promise<string> {
  try {
    return String(words((await call) as never));
  } catch (error) {
    const { name, $metadata } = error as { readonly name?: string; readonly $metadata?: { httpStatusCode?: number } };
    return name === undefined || name === 'Error' ? `no error code, HTTP ${$metadata?.httpStatusCode}` : name;
  }
}

/** A documented behaviour of AWS: how it is tried, and what AWS says. */
export interface Tried {
  readonly behaviour: string;
  readonly source: string;
  /** What AWS answers, as {@link Tried.attempt} gives it. */
  readonly documented: readonly string[];
  attempt(bench: Bench): Promise<string>;
}

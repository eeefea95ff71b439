import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DLMClient } from '@aws-sdk/client-dlm';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { TAG } from '../../../contract/contract.ts';
import type { SnapshotId, VolumeId } from '../../../contract/ids.ts';
import { withPatience } from '../../../lambda/aws/patience.ts';
import { CLIENT_SETTINGS, simulatedAws } from '../../../simulator/aws/account/sdk.ts';
import { ServiceError } from '../../../simulator/aws/account/service-error.ts';
import { Dlm } from '../../../simulator/aws/dlm/dlm.ts';
import { DynamoDb } from '../../../simulator/aws/dynamodb/dynamodb.ts';
import { ec2Modifications } from '../../../simulator/aws/ec2/modifications.ts';
import { Hosts } from '../../../simulator/aws/fleet/hosts.ts';
import { Ssm } from '../../../simulator/aws/ssm/ssm.ts';
import { ANYONE, Lab } from './lab.ts';

export const STACK = 'Shop';

/** A simulated AWS, clients as functions make them, and errors that are injected by operation. */
export class AdapterLab extends Lab {
  readonly dynamodb = new DynamoDb(this.cloud);
  readonly dlm = new Dlm(this.cloud, this.ec2, this.snapshots);
  readonly ssm = new Ssm(this.cloud, this.ec2, new Hosts(this.cloud));
  /** Inputs of each call that arrived, by operation. */
  readonly inputs = new Map<string, Readonly<Record<string, unknown>>[]>();
  readonly #errors = new Map<string, { readonly code: string; times: number }>();
  readonly #clients = { ...CLIENT_SETTINGS, region: 'eu-west-1', maxAttempts: 6 };

  constructor() {
    super();
    ec2Modifications(this.cloud, this.ec2, this.bus);
    this.dynamodb.createTable('ledger', 'pk', 'sk');
    this.cloud.intercept = async ({ operation, input }, perform) => {
      this.inputs.set(operation, [...(this.inputs.get(operation) ?? []), input]);
      const error = this.#errors.get(operation);
      if (!error || error.times-- <= 0) return perform();
      throw new ServiceError(error.code, 'as the test has it');
    };
  }

  /** The next so many calls of an operation end with this error. */
  fail(operation: string, code: string, times = Number.POSITIVE_INFINITY): void {
    this.#errors.set(operation, { code, times });
  }

  clients() {
    const prepare = simulatedAws(this.cloud, ANYONE);
    const ready = <Client extends object>(client: Client) => withPatience(prepare(client), this.clock);
    return {
      ec2: ready(new EC2Client(this.#clients)),
      ssm: ready(new SSMClient(this.#clients)),
      dynamo: ready(new DynamoDBClient(this.#clients)),
      dlm: ready(new DLMClient(this.#clients)),
      cloudWatch: ready(new CloudWatchClient(this.#clients)),
      cloudFormation: ready(new CloudFormationClient(this.#clients)),
    };
  }

  /** A volume of the stack, with further tags. */
  async ours(name: string, tags: Record<string, string> = {}, input: Record<string, unknown> = {}): Promise<VolumeId> {
    const all = { [TAG.stack]: STACK, [TAG.volume]: name, ...tags };
    const Tags = Object.entries(all).map(([Key, Value]) => ({ Key, Value }));
    return this.made({ ...input, TagSpecifications: [{ ResourceType: 'volume', Tags }] });
  }

  /** An instance of the stack. */
  host(id: string): string {
    this.launch(id).tags[TAG.stack] = STACK;
    return id;
  }

  /** A completed copy, with the tags of its volume. */
  async copied(volumeId: string): Promise<SnapshotId> {
    const { id } = this.snapshots.take(volumeId, { ...this.ec2.volume(volumeId).tags });
    await this.pass(1200);
    return id;
  }

  tagsOf(id: string): Record<string, string> {
    return { ...(this.ec2.volumes.get(id) ?? this.ec2.snapshots.get(id))?.tags };
  }
}

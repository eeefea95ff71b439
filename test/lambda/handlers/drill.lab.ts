import { ENV, TAG } from '../../../contract/contract.ts';
import type { SnapshotId } from '../../../contract/ids.ts';
import { dynamoClient } from '../../../lambda/aws/clients.ts';
import { dynamoLedger } from '../../../lambda/aws/dynamodb/ledger.ts';
import type { Runtime } from '../../../lambda/aws/runtime.ts';
import type { DrillPorts } from '../../../lambda/core/drill/ports.ts';
import type { Ledger } from '../../../lambda/core/world/ports.ts';
import { drillPortsOf } from '../../../lambda/drill/index.ts';
import { RUNS } from '../../../simulator/aws/account/faults.ts';
import { simulatedAws } from '../../../simulator/aws/account/sdk.ts';
import { DynamoDb } from '../../../simulator/aws/dynamodb/dynamodb.ts';
import { ANYONE, Lab } from '../../simulator/aws/lab.ts';

/** A simulated AWS with what the drill's adapters reach. */
export class DrillLab extends Lab {
  readonly dynamodb = new DynamoDb(this.cloud);
  readonly runtime: Runtime = {
    clock: this.clock,
    newId: () => 'drill-1',
    env: {
      [ENV.stack]: 'Shop',
      [ENV.ledger]: 'ledger',
      [ENV.topic]: 'topic',
      [ENV.place]: '{"account":"111122223333","region":"eu-west-1","runbook":"docs/runbook.md"}',
      [ENV.documents]: '{}',
      [ENV.initializationRate]: '250',
      [ENV.fallPercent]: '20',
      [ENV.readAllEvery]: '1',
    },
    clients: { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
    prepare: simulatedAws(this.cloud, ANYONE),
    fetch,
    log: () => {},
  };
  readonly ports: DrillPorts = drillPortsOf(this.runtime);
  /** The ledger as the healer uses it. */
  readonly heals: Ledger = dynamoLedger(dynamoClient(this.runtime), 'ledger');

  constructor() {
    super();
    this.cloud.faults.runs = RUNS.never;
    this.dynamodb.createTable('ledger', 'pk', 'sk');
  }

  /** A completed snapshot of a content volume. */
  async copy(): Promise<SnapshotId> {
    const Tags = [{ Key: TAG.stack, Value: 'Shop' }];
    const VolumeId = await this.made({ TagSpecifications: [{ ResourceType: 'volume', Tags }] });
    const copy = await this.call('CreateSnapshot', { VolumeId });
    await this.pass(600);
    return this.ec2.snapshot(String(copy.SnapshotId)).id;
  }

  tagsOf(id: string): Record<string, string> {
    return { ...(this.ec2.volumes.get(id) ?? this.ec2.snapshots.get(id))?.tags };
  }
}

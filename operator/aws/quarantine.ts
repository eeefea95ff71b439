import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import { OUTPUT, type Output } from '../../contract/outputs.ts';
import { dynamoLedger } from '../../lambda/aws/dynamodb/ledger.ts';
import { ec2Attachments } from '../../lambda/aws/ec2/attachments.ts';
import { instancesOf, neighbours, snapshotsOf } from '../../lambda/aws/ec2/describe.ts';
import { ec2Instances } from '../../lambda/aws/ec2/instances.ts';
import { tag } from '../../lambda/aws/ec2/tags.ts';
import { ssmHost } from '../../lambda/aws/ssm/host.ts';
import type { Clock } from '../../lambda/core/world/clock.ts';
import { EXIT } from '../exit.ts';
import { MOST_INCIDENTS } from '../incidents/incident.ts';
import { failed, type QuarantinePorts } from '../quarantine/quarantine.ts';
import { incidentsOf } from './stack.ts';

interface Clients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly dynamo: DynamoDBClient;
}

/** What letting go of a volume asks AWS, and has it do. */
export function quarantinePorts(
  { ec2, ssm, dynamo }: Clients,
  clock: Clock,
  stack: string,
  outputs: ReadonlyMap<Output, string>,
): QuarantinePorts {
  const table = outputs.get(OUTPUT.ledger) ?? '';
  const document = outputs.get(OUTPUT.unused);
  const ledger = dynamoLedger(dynamo, table);
  const { detach } = ec2Attachments(ec2, clock, ec2Instances(ec2, ssm, stack).list);
  return {
    now: () => clock.now(),
    volumes: () => neighbours(ec2, stack),
    ledger: (volume) => ledger.read(volume),
    incidents: (volume) => incidentsOf(dynamo, table, volume, MOST_INCIDENTS),
    snapshots: (volume) =>
      snapshotsOf(ec2, stack, volume, ({ SnapshotId = '', VolumeId }) => ({
        snapshotId: SnapshotId,
        ...(VolumeId && { of: VolumeId }),
      })),
    hostState: async (instanceId) =>
      (await instancesOf(ec2, stack)).find((each) => each.InstanceId === instanceId)?.State?.Name,
    async unused(instanceId, volume, volumeId) {
      if (document === undefined)
        throw failed(
          EXIT.refused,
          `${volumeId} is attached to ${instanceId}, and this stack has no ${OUTPUT.unused} to ask that host with: deploy it with this version first; nothing was done`,
        );
      return ssmHost(ssm, clock, { unused: document }).unused(instanceId, volume, volumeId);
    },
    detach,
    discard: (volumeId) => tag(ec2, volumeId, { [TAG.role]: VOLUME_ROLE.discarded }, `let go of ${volumeId}`),
  };
}

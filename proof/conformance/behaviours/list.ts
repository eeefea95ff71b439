import { ConditionalCheckFailedException, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteSnapshotCommand,
  DeleteVolumeCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  LockSnapshotCommand,
  ModifyVolumeCommand,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { GetCommandInvocationCommand, SendCommandCommand } from '@aws-sdk/client-ssm';
import { type Bench, outcome, type Tried, ZONES } from './bench.ts';
import { STREAMS } from './streams.ts';
import { WRITES } from './writes.ts';

const GUIDE = 'docs.aws.amazon.com/ebs/latest/userguide';
const EC2_API = 'docs.aws.amazon.com/AWSEC2/latest/APIReference';
const SSM_API = 'docs.aws.amazon.com/systems-manager/latest/APIReference';
/** In virtual time as in real: so often is looked whether something has ended. */
const LOOKS = 20;

async function volume(bench: Bench, more: Partial<CreateVolumeCommandInput> = {}): Promise<string> {
  const input = { AvailabilityZone: ZONES[0], Size: 10, VolumeType: 'gp3' as const, ...more };
  const { VolumeId } = await bench.ec2.send(new CreateVolumeCommand(input));
  await bench.settle();
  return String(VolumeId);
}

async function attached(bench: Bench): Promise<string> {
  const VolumeId = await volume(bench);
  await bench.ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId: bench.owner, Device: await free(bench) }));
  await bench.settle();
  return VolumeId;
}

/** A device name that nothing on the bench's instances has. Lists come in pages. */
async function free({ ec2 }: Bench): Promise<string> {
  const taken: (string | undefined)[] = [];
  for await (const { Volumes = [] } of paginateDescribeVolumes({ client: ec2 }, {}))
    taken.push(...Volumes.flatMap((each) => each.Attachments ?? []).map((each) => each.Device));
  const letter = [...'ponmlkjihgf'].find((each) => !taken.includes(`/dev/sd${each}`));
  return `/dev/sd${letter}`;
}

async function snapshot(bench: Bench): Promise<string> {
  const { SnapshotId } = await bench.ec2.send(new CreateSnapshotCommand({ VolumeId: await volume(bench) }));
  for (let look = 0; look < LOOKS; look++) {
    await bench.settle();
    const { Snapshots } = await bench.ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [String(SnapshotId)] }));
    if (Snapshots?.[0]?.State === 'completed') break;
  }
  return String(SnapshotId);
}

const sent = (bench: Bench, InstanceIds: string[]) =>
  bench.ssm.send(new SendCommandCommand({ DocumentName: bench.document, InstanceIds, Parameters: bench.parameters }));

export const BEHAVIOURS: readonly Tried[] = [
  {
    behaviour: 'a volume that is attached is attached to a second instance',
    source: `${EC2_API}/errors-overview.html (VolumeInUse)`,
    documented: ['VolumeInUse'],
    async attempt(bench) {
      const VolumeId = await attached(bench);
      const input = { VolumeId, InstanceId: bench.standby, Device: await free(bench) };
      return outcome(bench.ec2.send(new AttachVolumeCommand(input)));
    },
  },
  {
    behaviour: 'a volume is attached in another zone',
    source: `${EC2_API}/errors-overview.html (InvalidVolume.ZoneMismatch)`,
    documented: ['InvalidVolume.ZoneMismatch'],
    async attempt(bench) {
      const input = { VolumeId: await volume(bench), InstanceId: bench.far, Device: '/dev/sdp' };
      return outcome(bench.ec2.send(new AttachVolumeCommand(input)));
    },
  },
  {
    behaviour: 'CreateVolume twice with one ClientToken',
    source: 'docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html',
    documented: ['the same volume'],
    async attempt(bench) {
      const more = { ClientToken: 'bench-token-1' };
      const first = await volume(bench, more);
      return (await volume(bench, more)) === first ? 'the same volume' : 'a second volume';
    },
  },
  {
    behaviour: 'CreateVolume with a ClientToken that was used with another size',
    source: 'docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html',
    documented: ['IdempotentParameterMismatch'],
    async attempt(bench) {
      await volume(bench, { ClientToken: 'bench-token-2' });
      return outcome(volume(bench, { ClientToken: 'bench-token-2', Size: 20 }));
    },
  },
  {
    behaviour: 'the state of a volume in the answer of CreateVolume',
    source: `${GUIDE}/ebs-describing-volumes.html (creating, then available)`,
    documented: ['creating'],
    attempt: (bench) =>
      outcome(
        bench.ec2.send(new CreateVolumeCommand({ AvailabilityZone: ZONES[0], Size: 10, VolumeType: 'gp3' })),
        ({ State }: { readonly State?: string }) => State,
      ),
  },
  {
    behaviour: 'DescribeVolumes by an id that is none',
    source: `${EC2_API}/errors-overview.html (InvalidVolume.NotFound)`,
    documented: ['InvalidVolume.NotFound'],
    attempt: (bench) => outcome(bench.ec2.send(new DescribeVolumesCommand({ VolumeIds: ['vol-0123456789abcdef0'] }))),
  },
  {
    behaviour: 'a volume that is attached is deleted',
    source: `${EC2_API}/API_DeleteVolume.html`,
    documented: ['VolumeInUse'],
    attempt: async (bench) => outcome(bench.ec2.send(new DeleteVolumeCommand({ VolumeId: await attached(bench) }))),
  },
  {
    behaviour: 'a volume that nothing has is detached',
    source: `${EC2_API}/errors-overview.html (IncorrectState)`,
    documented: ['IncorrectState'],
    attempt: async (bench) => outcome(bench.ec2.send(new DetachVolumeCommand({ VolumeId: await volume(bench) }))),
  },
  {
    behaviour: 'a volume is made smaller',
    source: `${EC2_API}/API_ModifyVolume.html (the size must be greater than or equal to the current size)`,
    documented: ['InvalidParameterValue'],
    attempt: async (bench) =>
      outcome(bench.ec2.send(new ModifyVolumeCommand({ VolumeId: await volume(bench), Size: 5 }))),
  },
  {
    behaviour: 'the state of a snapshot in the answer of CreateSnapshot',
    source: `${EC2_API}/API_CreateSnapshot.html (asynchronous)`,
    documented: ['pending'],
    attempt: async (bench) =>
      outcome(
        bench.ec2.send(new CreateSnapshotCommand({ VolumeId: await volume(bench) })),
        ({ State }: { readonly State?: string }) => State,
      ),
  },
  {
    behaviour: 'a snapshot that is locked is deleted',
    source: `${GUIDE}/ebs-snapshot-lock.html (refused; the code is documented nowhere)`,
    documented: ['refused'],
    async attempt(bench) {
      const SnapshotId = await snapshot(bench);
      const lock = { SnapshotId, LockMode: 'governance', LockDuration: 1 } as const;
      const locked = await outcome(bench.ec2.send(new LockSnapshotCommand(lock)));
      if (locked !== 'accepted') return `cannot be locked: ${locked}`;
      const deleted = await outcome(bench.ec2.send(new DeleteSnapshotCommand({ SnapshotId })));
      return deleted === 'accepted' ? 'deleted' : 'refused';
    },
  },
  {
    behaviour: 'a volume smaller than its snapshot',
    source: `${EC2_API}/API_CreateVolume.html (Size)`,
    documented: ['InvalidParameterValue'],
    async attempt(bench) {
      const input = {
        AvailabilityZone: ZONES[0],
        Size: 5,
        VolumeType: 'gp3',
        SnapshotId: await snapshot(bench),
      } as const;
      return outcome(bench.ec2.send(new CreateVolumeCommand(input)));
    },
  },
  {
    behaviour: 'a conditional PutItem of a key that is there',
    source: 'docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html',
    documented: ['ConditionalCheckFailedException'],
    async attempt(bench) {
      const put = new PutItemCommand({
        TableName: bench.table,
        Item: { pk: { S: 'VOLUME#bench' }, sk: { S: 'STATE' } },
        ConditionExpression: 'attribute_not_exists(pk)',
      });
      const first = await outcome(bench.dynamodb.send(put));
      if (first !== 'accepted') return `the first: ${first}`;
      const { name } = ConditionalCheckFailedException;
      const second = await outcome(bench.dynamodb.send(put));
      return second === name ? name : second;
    },
  },
  {
    behaviour: 'SendCommand to an instance that is none',
    source: `${SSM_API}/API_SendCommand.html (InvalidInstanceId)`,
    documented: ['InvalidInstanceId'],
    attempt: (bench) => outcome(sent(bench, ['i-0123456789abcdef0'])),
  },
  {
    behaviour: 'GetCommandInvocation at once after SendCommand',
    source: `${SSM_API}/API_GetCommandInvocation.html (eventually consistent; InvocationDoesNotExist)`,
    documented: ['InvocationDoesNotExist', 'Pending', 'InProgress'],
    async attempt(bench) {
      const { Command } = await sent(bench, [bench.standby]);
      const input = { CommandId: Command?.CommandId, InstanceId: bench.standby };
      return outcome(
        bench.ssm.send(new GetCommandInvocationCommand(input)),
        ({ Status }: { readonly Status?: string }) => Status,
      );
    },
  },
  {
    behaviour: 'a command whose script exits with a number of its own',
    source: `${SSM_API}/API_GetCommandInvocation.html (ResponseCode)`,
    documented: Array.from({ length: 255 }, (_, i) => `Failed, exit code ${i + 1}`),
    async attempt(bench) {
      const { Command } = await sent(bench, [bench.standby]);
      const input = { CommandId: Command?.CommandId, InstanceId: bench.standby };
      await bench.settle();
      return outcome(
        bench.ssm.send(new GetCommandInvocationCommand(input)),
        ({ Status, ResponseCode }: { readonly Status?: string; readonly ResponseCode?: number }) =>
          `${Status}, exit code ${ResponseCode}`,
      );
    },
  },
  ...WRITES,
  ...STREAMS,
];

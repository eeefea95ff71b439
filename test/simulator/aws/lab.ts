import type { VolumeId } from '../../../contract/ids.ts';
import { Cloud } from '../../../simulator/aws/account/cloud.ts';
import { metricData } from '../../../simulator/aws/cloudwatch/metric-data.ts';
import { Attachments } from '../../../simulator/aws/ec2/attachments.ts';
import { Instances } from '../../../simulator/aws/ec2/instances.ts';
import { ec2Locks } from '../../../simulator/aws/ec2/locks.ts';
import { ec2Snapshots, type Snapshots } from '../../../simulator/aws/ec2/snapshots.ts';
import { Ec2State, type SimInstance } from '../../../simulator/aws/ec2/state.ts';
import { StatusChecks } from '../../../simulator/aws/ec2/status.ts';
import { ec2Volumes } from '../../../simulator/aws/ec2/volumes.ts';
import type { Principal } from '../../../simulator/aws/iam/account.ts';
import { readStatements } from '../../../simulator/aws/iam/iam.ts';
import { EventBus } from '../../../simulator/aws/lambda/event-bus.ts';
import { Lambda } from '../../../simulator/aws/lambda/lambda.ts';
import { MemoryDisks } from '../../../simulator/disks/memory/memory.ts';
import { VirtualClock } from '../../../simulator/time/clock.ts';
import { Random } from '../../../simulator/time/random.ts';

export const START = Date.parse('2026-01-07T00:00:00Z');
export const BLANK = { AvailabilityZone: 'eu-west-1a', Size: 10, VolumeType: 'gp3' };

export const policy = (Action: string, Resource: string) =>
  readStatements({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource } }, 'test');
export const ANYONE: Principal = { name: 'anyone', statements: () => policy('*', '*') };

/** A simulated EC2 on memory disks, and whoever calls it in virtual time. */
export class Lab {
  readonly clock = new VirtualClock(START);
  readonly cloud: Cloud;
  readonly ec2: Ec2State;
  readonly bus: EventBus;
  readonly instances: Instances;
  readonly status: StatusChecks;
  readonly snapshots: Snapshots;
  readonly lambda: Lambda;
  /** Data points of whatever metric is asked for that is not Amazon's own, in the order of their moments. */
  readonly published: { readonly at: number; readonly value: number }[] = [];

  constructor(serializes = true) {
    const options = { region: 'eu-west-1', clock: this.clock, random: new Random(1), disks: new MemoryDisks() };
    this.cloud = new Cloud({ ...options, serializes });
    this.ec2 = new Ec2State(this.cloud);
    this.lambda = new Lambda(this.cloud, '', () => {});
    this.bus = new EventBus(this.cloud, this.lambda);
    this.instances = new Instances(this.cloud, this.ec2, this.bus, new Attachments(this.cloud, this.ec2, this.bus));
    this.status = new StatusChecks(this.cloud, this.ec2);
    metricData(this.cloud, this.ec2, { points: () => this.published });
    ec2Volumes(this.cloud, this.ec2, this.bus);
    ec2Locks(this.cloud, this.ec2, this.bus);
    this.snapshots = ec2Snapshots(this.cloud, this.ec2, this.bus, () => {});
  }

  /** Runs something in virtual time and gives what came of it. */
  async within<T>(run: () => Promise<T>, minutes = 10): Promise<T> {
    let result: { value: T } | { error: unknown } | undefined;
    this.clock.spawn('test', async () => {
      try {
        result = { value: await run() };
      } catch (error) {
        result = { error };
      }
    });
    await this.clock.run(this.clock.now() + minutes * 60_000, () => result !== undefined);
    if (!result) throw new Error('not done in time');
    if ('error' in result) throw result.error;
    return result.value;
  }

  call(operation: string, input: Record<string, unknown>, principal = ANYONE): Promise<Record<string, unknown>> {
    return this.within(() => this.cloud.call(principal, 'ec2', operation, input)) as Promise<Record<string, unknown>>;
  }

  pass(seconds: number): Promise<void> {
    return this.clock.run(this.clock.now() + seconds * 1000);
  }

  launch(id: string, zone = 'eu-west-1a'): SimInstance {
    const instance: SimInstance = {
      id,
      zone,
      state: 'running',
      launchedAt: START,
      agentOnline: true,
      tags: {},
      roleName: 'r',
      devices: new Set(['/dev/xvda']),
    };
    this.ec2.instances.set(id, instance);
    this.cloud.disks.addHost(id);
    return instance;
  }

  /** A volume that is there, where its making does not fail. */
  async made(input: Record<string, unknown> = {}): Promise<VolumeId> {
    const made = await this.call('CreateVolume', { ...BLANK, ...input });
    // Before one that fails is gone.
    const { id } = this.ec2.volume(String(made.VolumeId));
    await this.pass(10);
    return id;
  }

  /** State of a volume and of its attachment, as EC2 describes it. */
  async stateOf(volumeId: string): Promise<string> {
    const seen = await this.call('DescribeVolumes', { VolumeIds: [volumeId] });
    const [volume] = seen.Volumes as { State: string; Attachments: { State: string }[] }[];
    return [volume?.State, volume?.Attachments[0]?.State].filter(Boolean).join(' ');
  }

  async stateOfInstance(id: string): Promise<string> {
    const seen = await this.call('DescribeInstances', { InstanceIds: [id] });
    const [reservation] = seen.Reservations as { Instances: { State: { Name: string } }[] }[];
    return reservation?.Instances[0]?.State.Name ?? 'none';
  }
}

import type { Cloud } from '../account/cloud.ts';
import { type Input, onlyMembers, page, texts } from './input.ts';
import type { Ec2State, SimInstance, SimVolume } from './state.ts';

const MINUTE_MS = 60_000;
/** Status checks run every minute; one that fails for the first time is not reported yet. EC2 User Guide, "Status checks". */
const INSTANCE_CHECKS = 2;
/** The first checks of a new instance. */
const INITIALIZING_MS = 2 * MINUTE_MS;
/** Volume status is checked every 5 minutes. EBS User Guide, "Amazon EBS volume status checks". */
const VOLUME_CHECK_MS = 5 * MINUTE_MS;
const PAGE = 50;

/** The checks that Amazon runs on instances and volumes, late as they are. */
export class StatusChecks {
  readonly #cloud: Cloud;
  readonly #ec2: Ec2State;

  constructor(cloud: Cloud, ec2: Ec2State) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    cloud.offer('ec2', {
      DescribeInstanceStatus: (input) => this.#describeInstances(input),
      DescribeVolumeStatus: (input) => this.#describeVolumes(input),
    });
  }

  /** Since when the instance's status check says `impaired`, if it does. Unix milliseconds. */
  impairedSince(instance: SimInstance): number | undefined {
    const { faults, clock } = this.#cloud;
    const since = faults.hung.get(instance.id) ?? faults.lostZones.get(instance.zone);
    if (since === undefined || instance.state !== 'running') return undefined;
    const seen = (Math.floor(since / MINUTE_MS) + INSTANCE_CHECKS) * MINUTE_MS;
    return seen <= clock.now() ? seen : undefined;
  }

  #impaired(volume: SimVolume): boolean {
    const { faults, clock } = this.#cloud;
    const since = faults.stalled.get(volume.id) ?? faults.lostZones.get(volume.zone);
    if (since === undefined) return false;
    return (Math.floor(since / VOLUME_CHECK_MS) + 1) * VOLUME_CHECK_MS <= clock.now();
  }

  #describeInstances(input: Input): object {
    onlyMembers('DescribeInstanceStatus', input, ['InstanceIds', 'IncludeAllInstances', 'NextToken', 'MaxResults']);
    const ids = texts(input, 'InstanceIds');
    for (const id of ids ?? []) this.#ec2.instance(id);
    const wanted = [...this.#ec2.instances.values()].filter(
      (i) => (ids ? ids.includes(i.id) : true) && (input.IncludeAllInstances === true || i.state === 'running'),
    );
    const { items, next } = page(input, wanted, PAGE, this.#cloud.faults.pageItems);
    return { InstanceStatuses: items.map((i) => this.#statusOf(i)), NextToken: next };
  }

  #statusOf(instance: SimInstance): object {
    const { faults, clock } = this.#cloud;
    const status = () => {
      if (instance.state !== 'running') return 'not-applicable';
      if (this.impairedSince(instance) !== undefined) return 'impaired';
      return clock.now() - instance.launchedAt < INITIALIZING_MS ? 'initializing' : 'ok';
    };
    const attached = [...this.#ec2.volumes.values()].filter((v) => v.attachment?.instanceId === instance.id);
    const system = faults.lostZones.has(instance.zone) ? status() : status() === 'impaired' ? 'ok' : status();
    return {
      InstanceId: instance.id,
      AvailabilityZone: instance.zone,
      InstanceState: { Name: instance.state },
      InstanceStatus: { Status: status() },
      SystemStatus: { Status: system },
      AttachedEbsStatus: { Status: attached.some((v) => this.#impaired(v)) ? 'impaired' : 'ok' },
    };
  }

  /** API reference of DescribeVolumeStatus: volumes in state `error` are not in the answer. */
  #describeVolumes(input: Input): object {
    onlyMembers('DescribeVolumeStatus', input, ['VolumeIds', 'NextToken', 'MaxResults']);
    const ids = texts(input, 'VolumeIds');
    for (const id of ids ?? []) this.#ec2.volume(id);
    const wanted = [...this.#ec2.volumes.values()].filter(
      (v) => (ids ? ids.includes(v.id) : true) && v.state !== 'error' && v.state !== 'creating',
    );
    const { items, next } = page(input, wanted, PAGE, this.#cloud.faults.pageItems);
    return {
      VolumeStatuses: items.map((v) => ({
        VolumeId: v.id,
        AvailabilityZone: v.zone,
        VolumeStatus: { Status: this.#impaired(v) ? 'impaired' : 'ok' },
      })),
      NextToken: next,
    };
  }
}

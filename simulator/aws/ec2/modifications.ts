import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { EventBus } from '../lambda/event-bus.ts';
import { type Input, onlyMembers, optionalNumber, optionalText, text, texts } from './input.ts';
import type { Ec2State, SimVolume } from './state.ts';

/** Until the new size can be used: "usually a few seconds". Source: EBS User Guide, "Monitor the progress of volume modifications". */
const MODIFYING = { median: 4000, p99: 30_000 };
/** Until the volume may be modified again: minutes to hours. */
const OPTIMIZING = { median: 20 * 60_000, p99: 6 * 3600_000 };
/** Modifications of one volume within a rolling day. Source: API reference, ModifyVolume. */
const A_DAY = 4;
const DAY_MS = 24 * 3600_000;

interface Modification {
  readonly volumeId: string;
  readonly startedAt: number;
  readonly size: number;
  readonly type: string;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  state: 'modifying' | 'optimizing' | 'completed';
}

/** Elastic Volumes of the simulated EC2: size and performance change while the volume is in use. */
export function ec2Modifications(cloud: Cloud, ec2: Ec2State, bus: EventBus): void {
  const random = cloud.random.stream('ec2 modifications');
  const all: Modification[] = [];
  const of = (volumeId: string) => all.filter((m) => m.volumeId === volumeId);

  function modifyVolume(input: Input): object {
    onlyMembers('ModifyVolume', input, ['VolumeId', 'Size', 'VolumeType', 'Iops', 'Throughput']);
    const volume = ec2.volume(text(input, 'VolumeId'));
    refuse(volume, optionalNumber(input, 'Size') ?? volume.sizeGiB);
    const made: Modification = {
      volumeId: volume.id,
      startedAt: cloud.clock.now(),
      size: optionalNumber(input, 'Size') ?? volume.sizeGiB,
      type: optionalText(input, 'VolumeType') ?? volume.type,
      iops: optionalNumber(input, 'Iops') ?? volume.iops,
      throughput: optionalNumber(input, 'Throughput') ?? volume.throughput,
      state: 'modifying',
    };
    all.push(made);
    cloud.say('ec2', `volume ${volume.id} is being modified: ${made.size} GiB`);
    cloud.clock.after(random.delay(MODIFYING), () => {
      made.state = 'optimizing';
      if (made.size > volume.sizeGiB) cloud.disks.resize(volume.id, made.size);
      volume.sizeGiB = made.size;
      volume.type = made.type;
      volume.iops = made.iops;
      volume.throughput = made.throughput;
      bus.emit('EBS Volume Notification', { event: 'modifyVolume', result: 'optimizing' });
      cloud.clock.after(random.delay(OPTIMIZING), () => {
        made.state = 'completed';
      });
    });
    return { VolumeModification: shape(made) };
  }

  function refuse(volume: SimVolume, size: number): void {
    if (volume.state !== 'available' && volume.state !== 'in-use')
      throw new ServiceError('IncorrectState', `The volume '${volume.id}' is in state '${volume.state}'.`);
    if (size < volume.sizeGiB)
      throw new ServiceError('InvalidParameterValue', `New size cannot be smaller than existing size`);
    const earlier = of(volume.id);
    const running = earlier.find((m) => m.state !== 'completed');
    if (running)
      throw new ServiceError(
        'IncorrectModificationState',
        `Cannot modify volume '${volume.id}', currently in modification state ${running.state.toUpperCase()}`,
      );
    if (earlier.filter((m) => m.startedAt > cloud.clock.now() - DAY_MS).length >= A_DAY)
      throw new ServiceError(
        'VolumeModificationRateExceeded',
        'You have reached the maximum modification rate per volume limit.',
      );
  }

  function describe(input: Input): object {
    onlyMembers('DescribeVolumesModifications', input, ['VolumeIds']);
    const ids = texts(input, 'VolumeIds') ?? [];
    const latest = ids.flatMap((id) => of(id).slice(-1));
    if (latest.length === 0)
      throw new ServiceError(
        'InvalidVolumeModification.NotFound',
        `Modification for volume '${ids[0]}' does not exist.`,
      );
    return { VolumesModifications: latest.map(shape) };
  }

  cloud.offer('ec2', { ModifyVolume: modifyVolume, DescribeVolumesModifications: describe });
}

function shape(made: Modification): object {
  return {
    VolumeId: made.volumeId,
    ModificationState: made.state,
    TargetSize: made.size,
    TargetVolumeType: made.type,
    TargetIops: made.iops,
    TargetThroughput: made.throughput,
    StartTime: new Date(made.startedAt),
  };
}

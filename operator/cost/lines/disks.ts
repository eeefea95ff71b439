import type { Deployed } from '../template.ts';
import { HOURS, type Usage } from '../usage.ts';
import { type Ask, sum } from './ask.ts';

/** Of gp3, which are included: docs/settings.md. */
const INCLUDED = { iops: 3000, throughputMibs: 125 };

export function machines({ instances }: Deployed): Ask[] {
  const types = [...new Set(instances.map(({ type }) => type))];
  const count = (of: typeof instances) => sum(of.map((each) => each.count));
  return [
    ...types.map((type) => ({
      id: `instances.${type}`,
      about: `${count(instances.filter((each) => each.type === type))} instances (${type})`,
      settings: ['instancesPerZone', 'zones', 'instanceType'],
      quantity: count(instances.filter((each) => each.type === type)) * HOURS,
      price: `ec2.${type}`,
    })),
    {
      id: 'disks.root',
      about: 'root disks of instances',
      settings: ['instancesPerZone', 'zones'],
      quantity: sum(instances.map(({ count: many, rootGib }) => many * rootGib)),
      price: 'ebs.gp3',
    },
  ];
}

export function disks(
  { volumes, drilled, initializationMibs, snapshots, binDays, lockDays }: Deployed,
  usage: Usage,
): Ask[] {
  const { gib, changedPerHour, drillMinutes } = usage;
  const size = sum(volumes.map((each) => each.gib));
  const over = (of: 'iops' | 'throughputMibs') => sum(volumes.map((each) => Math.max(0, each[of] - INCLUDED[of])));
  const SIZE = ['volumes[].sizeGiB', 'volumes'];
  const performance = (id: string, what: string, times: number, settings: readonly string[]): Ask[] => [
    {
      id: `${id}.iops`,
      about: `IOPS above 3000 of ${what}`,
      settings,
      quantity: times * over('iops'),
      price: 'ebs.gp3.iops',
    },
    {
      id: `${id}.throughput`,
      about: `MiB/s above 125 of ${what}`,
      settings,
      quantity: times * over('throughputMibs'),
      price: 'ebs.gp3.throughput',
    },
  ];
  const keptHours = snapshots.keepHours + 24 * binDays.snapshots;
  const drills = drilled ? snapshots.perHour * HOURS * volumes.length : 0;
  return [
    { id: 'volumes', about: 'content volumes', settings: SIZE, quantity: size, price: 'ebs.gp3' },
    ...performance('volumes', 'content volumes', 1, ['volumes[].iops', 'volumes[].throughputMiBs']),
    {
      id: 'spares',
      about: 'spares, as large as what they stand in for',
      settings: ['drills.enabled', ...SIZE],
      quantity: drilled ? size : 0,
      price: 'ebs.gp3',
    },
    ...performance('spares', 'spares', drilled ? 1 : 0, [
      'drills.enabled',
      'volumes[].iops',
      'volumes[].throughputMiBs',
    ]),
    {
      id: 'drills.volumes',
      about: 'volumes of drills, beside the spares',
      settings: ['drills.enabled', 'snapshots.perHour', ...SIZE],
      quantity: drilled ? size * Math.min(1, (snapshots.perHour * drillMinutes) / 60) : 0,
      price: 'ebs.gp3',
      assumes: ['drillMinutes'],
    },
    {
      id: 'drills.initialization',
      about: 'loading of drilled volumes at a rate',
      settings: ['drills.initializationMiBs', 'snapshots.perHour'],
      quantity: initializationMibs > 0 ? drills * gib : 0,
      price: 'ebs.initialization',
      assumes: ['gib'],
    },
    {
      id: 'snapshots',
      about: 'snapshots: all blocks, and what changed meanwhile',
      settings: ['snapshots.keepHours', 'recycleBin.snapshotDays'],
      quantity: volumes.length * (gib + changedPerHour * keptHours),
      price: 'ebs.snapshot',
      assumes: ['gib', 'changedPerHour'],
    },
    {
      id: 'snapshots.locked',
      about: 'blocks that only locked snapshots hold',
      settings: ['snapshotLock.days'],
      quantity: volumes.length * changedPerHour * Math.max(0, 24 * lockDays - keptHours),
      price: 'ebs.snapshot',
      assumes: ['changedPerHour'],
    },
  ];
}

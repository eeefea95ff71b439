import { type Declared, type DeclaredResources, isIntrinsic, listOf, sameValue, shown } from '../declared.ts';
import { type Rule, unjudged, wrong } from '../rule.ts';
import { VOLUME_TYPES, zoneOf } from './data-volumes.ts';

const GROUP_TYPE = 'AWS::AutoScaling::AutoScalingGroup';

/** Instances that a group keeps in a volume's zone at least. */
interface Share {
  readonly group: string;
  /** `undefined` when it cannot be known; `because` says why. */
  readonly instances: number | undefined;
  readonly because?: string;
}

/** A group spreads its instances evenly over its zones: of MinSize, each zone has at least its whole share. */
function shareOf(group: Declared, volume: Declared, app: DeclaredResources): Share {
  const name = group.construct.node.path;
  const unknown = (because: string): Share => ({ group: name, instances: undefined, because });
  const { MinSize, AvailabilityZones, AvailabilityZoneIds, VPCZoneIdentifier } = group.properties;
  if (group.condition !== undefined && group.condition !== volume.condition)
    return unknown(`${name} exists only under the condition ${group.condition}`);
  if (isIntrinsic(MinSize)) return unknown(`MinSize of ${name} is ${shown(MinSize)}`);
  const named = VPCZoneIdentifier ?? AvailabilityZones;
  if (isIntrinsic(named)) return unknown(`the zones of ${name} are ${shown(named)}`);
  // Which name an id has may differ from account to account: docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
  if (named === undefined && AvailabilityZoneIds !== undefined)
    return unknown(`the zones of ${name} are given by their ids, ${shown(AvailabilityZoneIds)}`);
  const subnets = listOf(VPCZoneIdentifier).map((subnet) => ({ subnet, of: app.named(subnet, group) }));
  const foreign = subnets.find(({ of }) => of?.properties.AvailabilityZone === undefined);
  if (foreign) return unknown(`${name} uses the subnet ${shown(foreign.subnet)}, whose zone is not known`);
  const zones = VPCZoneIdentifier
    ? subnets.flatMap(({ of }) => (of ? [{ zone: of.properties.AvailabilityZone, from: of }] : []))
    : listOf(AvailabilityZones).map((zone) => ({ zone, from: group }));
  const distinct = new Set(zones.map(({ zone }) => JSON.stringify(zone)));
  const here = zones.map(({ zone, from }) => sameValue(zone, from, zoneOf(volume), volume));
  if (here.includes(true)) return { group: name, instances: Math.floor(Number(MinSize) / distinct.size) };
  if (here.includes(undefined)) return unknown(`the zones of ${name} are known at deployment only`);
  return { group: name, instances: 0 };
}

export const STANDBY_RULE: Rule = {
  id: 'SB1',
  title: 'The zone of a data volume has instances enough for an owner and a standby.',
  why: 'A volume can be attached in its own zone only: with its last instance gone, the content waits for a new one.',
  types: VOLUME_TYPES,
  judge(volume, app, { instancesPerZone }) {
    if (zoneOf(volume) === undefined) return unjudged('which zone it is in: it has no AvailabilityZone');
    const shares = app.of(GROUP_TYPE, volume).map((group) => shareOf(group, volume, app));
    const sure = shares.reduce((sum, { instances = 0 }) => sum + instances, 0);
    if (sure >= instancesPerZone) return undefined;
    const unknown = shares.flatMap(({ because }) => because ?? []);
    const zone = shown(zoneOf(volume));
    if (unknown.length > 0) return unjudged(`how many instances there are in zone ${zone}: ${unknown.join('; ')}`);
    const counted = shares.map(({ group, instances }) => `${group}: ${instances}`).join(', ') || `no ${GROUP_TYPE}`;
    return wrong(
      `Zone ${zone} is sure of ${sure} instances (${counted}); allowed: at least ${instancesPerZone}. Raise MinSize of a group in that zone: each zone of a group counts for MinSize divided by its zones, rounded down`,
    );
  },
};

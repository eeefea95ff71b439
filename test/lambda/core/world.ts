import type { InstanceId } from '../../../contract/ids.ts';
import type {
  Instance,
  Observation,
  Probe,
  ProbeState,
  RecoveryPoint,
  Volume,
} from '../../../lambda/core/world/model.ts';

/** Small worlds for tests of the decisions: sound by default, each test breaks what it is about. */

export const NOW = Date.parse('2026-01-07T12:00:00Z');
export const ZONE = 'eu-west-1a';

export function volume(over: Partial<Volume> = {}): Volume {
  return {
    id: 'vol-11111111',
    state: 'in-use',
    zone: ZONE,
    sizeGiB: 100,
    type: 'gp3',
    iops: 3000,
    throughputMiBs: 125,
    keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/1',
    role: 'current',
    generation: 1,
    scheduled: true,
    held: false,
    blank: false,
    marked: false,
    madeFrom: undefined,
    attachments: [{ instanceId: 'i-owner', device: '/dev/sdf', state: 'attached' }],
    tags: {},
    createdAt: NOW - 86_400_000,
    ...over,
  };
}

export function instance(id: InstanceId, over: Partial<Instance> = {}): Instance {
  return {
    id,
    zone: ZONE,
    state: 'running',
    launchedAt: NOW - 86_400_000,
    impaired: false,
    ebsImpaired: false,
    agentOnline: true,
    devices: ['/dev/xvda'],
    ...over,
  };
}

export function point(minutesAgo: number, over: Partial<RecoveryPoint> = {}): RecoveryPoint {
  return {
    snapshotId: `snap-${minutesAgo}`,
    at: NOW - minutesAgo * 60_000,
    state: 'completed',
    generation: 1,
    role: 'current',
    verdict: undefined,
    ...over,
  };
}

export function probe(state: ProbeState, instanceId: InstanceId = 'i-owner'): Probe {
  return { instanceId, state, detail: '' };
}

export function world(over: Partial<Observation> = {}): Observation {
  return {
    volume: 'alpha',
    at: NOW,
    ledger: { generation: 1, currentVolume: 'vol-11111111', owner: 'i-owner', lease: undefined, paged: undefined },
    volumes: [volume()],
    instances: [instance('i-owner'), instance('i-standby')],
    recoveryPoints: [point(10), point(70)],
    reachableOn: ['i-owner'],
    probe: probe('serving'),
    ...over,
  };
}

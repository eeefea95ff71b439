import type { MessageKind } from '../../../../contract/messages.ts';
import type { Message, Standing } from '../../../../lambda/core/world/message.ts';
import type { Incident, Replacement } from '../../../../lambda/core/world/model.ts';
import { NOW } from '../world.ts';

const standing: Standing = {
  at: NOW,
  current: { volumeId: 'vol-1', instanceId: 'i-owner' },
  probe: { instanceId: 'i-owner', state: 'shutdown', detail: 'state=shutdown' },
  spare: { volumeId: 'vol-2', instanceId: 'i-standby', snapshotId: 'snap-2' },
  by: 'ledger',
  silent: ['DynamoDB'],
};

const replacement: Replacement = {
  oldVolume: 'vol-1',
  newVolume: 'vol-2',
  snapshotId: 'snap-2',
  owner: 'i-standby',
  recoveryPointAt: NOW - 60_000,
  files: 12,
  cold: true,
  choice: { taken: 'spare', spare: 'snap-2', newer: 'snap-3', minutes: 30 },
  servingAt: NOW,
};

const incident: Incident = {
  id: 'heal-1',
  volume: 'alpha',
  trigger: { kind: 'alarm', volume: 'alpha', reason: 'the probe says shutdown', at: NOW },
  outcome: 'healed',
  reasons: [
    { code: 'dead', volumeId: 'vol-1', state: 'shutdown' },
    { code: 'replaced', volumeId: 'vol-2' },
  ],
  summary: 'vol-1: its file system is shut down: vol-2 serves in its place',
  startedAt: NOW,
  endedAt: NOW + 1000,
  steps: [{ name: 'lease', startedAt: NOW, endedAt: NOW + 100, note: '' }],
  replacement,
  passedOver: ['snap-9'],
  lessRoom: { before: 120, now: 100 },
  owner: 'i-owner',
};

const rejected = [{ snapshotId: 'snap-8', volumeId: 'vol-8', why: 'mount: corrupt' }] as const;
const reasons = [
  { code: 'dead', volumeId: 'vol-1', state: 'timeout', detail: 'EBS: volume status ok' },
  { code: 'noPoint', volume: 'alpha' },
] as const;
const failed = { incident: { ...incident, outcome: 'paged', reasons, replacement: undefined }, rejected: [] } as const;
const unanswered = { code: 'unanswered', service: 'DynamoDB', error: 'TimeoutError', detail: 'no answer' } as const;
const volume = 'alpha';
const snapshotId = 'snap-2';

/** One of each kind. */
export const SAMPLES: { readonly [K in MessageKind]: Message & { readonly kind: K } } = {
  served: { kind: 'served', volume, incident, rejected },
  needsPerson: { kind: 'needsPerson', volume, ...failed },
  overtaken: { kind: 'overtaken', volume, ...failed },
  ledgerSilent: { kind: 'ledgerSilent', volume, reason: unanswered, standing, commands: ['aws ssm send-command'] },
  waits: { kind: 'waits', volume, reason: { ...unanswered, service: 'EC2' }, standing },
  slowMount: {
    kind: 'slowMount',
    volume,
    volumeId: 'vol-2',
    instanceId: 'i-standby',
    progress: '2048',
    seconds: 606,
  },
  damaged: { kind: 'damaged', volume, snapshotId, result: 'altered', findings: ['differs: courses/a'] },
  sound: { kind: 'sound', volume, snapshotId },
  reliedOn: { kind: 'reliedOn', volume, snapshotId, at: NOW, result: 'altered', findings: ['differs: courses/a'] },
  fallen: {
    kind: 'fallen',
    volume,
    before: { snapshotId: 'snap-1', at: NOW },
    after: snapshotId,
    fell: ['files: 120 -> 1'],
    keptUntil: NOW,
  },
  incomplete: { kind: 'incomplete', volume, snapshotId, checks: 24, read: '10', files: '12' },
  odd: { kind: 'odd', volume, snapshotId, entries: 3 },
  unreadable: { kind: 'unreadable', volume, snapshotId, files: 2, names: ['courses/a'] },
  held: { kind: 'held', volume, snapshotId, at: NOW, volumeId: 'vol-1' },
  leftAsItIs: {
    kind: 'leftAsItIs',
    volume,
    rolledBack: true,
    claim: { zone: 'eu-west-1a', sizeGiB: 100, type: 'gp3', iops: 3000, throughputMiBs: 125 },
    left: [
      { code: 'doesNotShrink', received: 100, allowed: 160 },
      { code: 'failed', error: 'IncorrectModificationState', detail: 'could not modify it: not yet' },
    ],
  },
  policy: {
    kind: 'policy',
    policyId: 'policy-1',
    detail: 'the snapshot policy policy-1 does not exist any more',
    lateMinutes: 75,
  },
  policySound: { kind: 'policySound', policyId: 'policy-1' },
  unheardAlarms: {
    kind: 'unheardAlarms',
    alarms: [
      { name: 'Remount/alpha/full', state: 'ALARM', since: NOW, why: 'not authorized to perform: SNS:Publish' },
      { name: 'Remount/guard-failed', state: 'INSUFFICIENT_DATA', since: NOW, why: 'the service does not answer' },
    ],
  },
  test: { kind: 'test', everyDays: 30, confirmed: 2, pending: 1 },
};

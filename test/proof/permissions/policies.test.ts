import { describe, expect, test } from '@jest/globals';
import { scheduleTagValue, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { rolesOf, STACK, template, whoMay } from './support.ts';

/**
 * What no role may do, and what one alone may, asked of the evaluator in concrete requests: every role, every call of EC2 that
 * changes something, on volumes and snapshots of every kind. A statement that is wider than it should be shows here, whatever it is
 * written like.
 */
/** The setting that allows more than the others do: with it the guard locks. */
const LOCK_DAYS = 7;
const source = template({ snapshotLock: { days: LOCK_DAYS } });
const roles = rolesOf(source);

const ROLES = Object.values(VOLUME_ROLE);
const ours = { [TAG.stack]: STACK, [TAG.volume]: 'alpha' };
const theirs = { ...ours, [TAG.stack]: 'Another' };
const marked = { [TAG.reap]: 'true' };
const verified = { [TAG.guard]: 'true', [TAG.verdict]: 'verified' };

/** Of each kind: nobody's, another stack's (as inviting as can be), and the stack's own in each role, marked or not. */
const WORLD: Record<string, Record<string, string>> = {
  'vol-nobodys': {},
  'snap-nobodys': {},
  'i-nobodys': {},
  'i-theirs': { [TAG.stack]: 'Another' },
  'i-ours': { [TAG.stack]: STACK },
};
for (const role of ROLES) {
  for (const kind of ['vol', 'snap']) {
    WORLD[`${kind}-${role}`] = { ...ours, [TAG.role]: role };
    WORLD[`${kind}-marked-${role}`] = { ...ours, ...marked, [TAG.role]: role };
    WORLD[`${kind}-theirs-${role}`] = { ...theirs, ...marked, ...verified, [TAG.role]: role };
  }
  WORLD[`snap-verified-${role}`] = { ...ours, ...verified, [TAG.role]: role };
}
const ids = (pattern: RegExp) => Object.keys(WORLD).filter((id) => pattern.test(id));
const VOLUMES = ids(/^vol-/);
const SNAPSHOTS = ids(/^snap-/);
const FOREIGN = /nobodys|theirs/;
const who = whoMay(roles, WORLD);

/** Everything that may be written as a tag: each role, each mark, and what a tag of ours could be changed to. */
const WRITES: readonly Record<string, string>[] = [
  ...ROLES.map((role) => ({ [TAG.role]: role })),
  ...ROLES.map((role) => ({ [TAG.role]: role, [TAG.heal]: 'h' })),
  ...ROLES.map((role) => ({ [TAG.role]: role, [TAG.generation]: '2', [TAG.schedule]: scheduleTagValue(STACK) })),
  ...Object.values(TAG).map((key) => ({ [key]: 'true' })),
  { [TAG.stack]: 'Another' },
  { [TAG.role]: 'current', [TAG.stack]: 'Another' },
  { [TAG.blank]: 'false' },
  { [TAG.verdict]: 'verified' },
  { [TAG.verdict]: 'rejected', [TAG.finding]: 'f' },
  { Name: 'x' },
];
const asTags = (tags: Record<string, string>) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

/** Every call of EC2 that changes something, each on one resource (and an instance of the stack). */
function changes(id: string): [string, object][] {
  const tagging: [string, object][] = [
    ...WRITES.map((tags): [string, object] => ['CreateTags', { Resources: [id], Tags: asTags(tags) }]),
    ...Object.values(TAG).map((Key): [string, object] => ['DeleteTags', { Resources: [id], Tags: [{ Key }] }]),
    ['DeleteTags', { Resources: [id] }],
  ];
  if (id.startsWith('i-'))
    return [...tagging, ['StopInstances', { InstanceIds: [id] }], ['TerminateInstances', { InstanceIds: [id] }]];
  if (id.startsWith('snap-'))
    return [
      ...tagging,
      ['DeleteSnapshot', { SnapshotId: id }],
      locking(id),
      ['UnlockSnapshot', { SnapshotId: id }],
      ...restores(id),
    ];
  const snapshot = (tags: Record<string, string>) => [{ ResourceType: 'snapshot', Tags: asTags(tags) }];
  return [
    ...tagging,
    ['AttachVolume', { VolumeId: id, InstanceId: 'i-ours', Device: '/dev/sdf' }],
    ['DetachVolume', { VolumeId: id, InstanceId: 'i-ours' }],
    ['ModifyVolume', { VolumeId: id, Size: 200 }],
    ['DeleteVolume', { VolumeId: id }],
    ...[{}, { ...ours, ...marked }, { ...ours, [TAG.guard]: 'true' }, { ...ours, [TAG.role]: 'quarantined' }].map(
      (tags): [string, object] => ['CreateSnapshot', { VolumeId: id, TagSpecifications: snapshot(tags) }],
    ),
  ];
}

function locking(SnapshotId: string, over: object = { LockDuration: LOCK_DAYS }): [string, object] {
  return ['LockSnapshot', { SnapshotId, LockMode: 'governance', ...over }];
}

function restores(SnapshotId: string | undefined, over: object = {}, more: Record<string, string> = {}) {
  return ROLES.map((role): [string, object] => [
    'CreateVolume',
    {
      AvailabilityZone: 'eu-west-1a',
      Encrypted: true,
      ...(SnapshotId && { SnapshotId }),
      TagSpecifications: [{ ResourceType: 'volume', Tags: asTags({ ...ours, [TAG.role]: role, ...more }) }],
      ...over,
    },
  ]);
}

describe('what is not the stack’s own', () => {
  test('nobody may change, but for DLM, which tags the snapshots that it makes', () => {
    const allowed = new Set<string>();
    for (const id of ids(FOREIGN))
      for (const [operation, input] of changes(id))
        for (const role of who('ec2', operation, input)) allowed.add(`${role} ${operation} ${id.split('-')[0]}`);
    expect([...allowed]).toEqual(['Snapshots CreateTags snap']);
  });

  test('is no host for anybody’s volume or command', () => {
    for (const InstanceId of ['i-theirs', 'i-nobodys']) {
      for (const VolumeId of VOLUMES)
        for (const operation of ['AttachVolume', 'DetachVolume'])
          expect(who('ec2', operation, { VolumeId, InstanceId })).toEqual([]);
      for (const DocumentName of ids(/document/).concat('HostProbe'))
        expect(who('ssm', 'SendCommand', { DocumentName, InstanceIds: [InstanceId] })).toEqual([]);
    }
  });
});

describe('quarantine', () => {
  const tagsAfter = (id: string, [operation, input]: [string, object]) => {
    const { Tags } = input as { Tags?: { Key: string; Value?: string }[] };
    const before = WORLD[id] ?? {};
    if (operation === 'CreateTags')
      return { ...before, ...Object.fromEntries((Tags ?? []).map((t) => [t.Key, t.Value])) };
    const gone = Tags?.map((t) => t.Key) ?? Object.keys(before);
    return Object.fromEntries(Object.entries(before).filter(([key]) => !gone.includes(key)));
  };

  test.each(ids(/-(marked-)?quarantined$/))('of %s: nobody takes it out, or makes it another’s', (id) => {
    for (const change of changes(id).filter(([operation]) => /Tags$/.test(operation))) {
      const after = tagsAfter(id, change);
      const ends = after[TAG.role] !== 'quarantined' || after[TAG.stack] !== STACK || after[TAG.volume] !== 'alpha';
      // DLM tags snapshots, and which of them is not documented; no function of ours can.
      const may = who('ec2', ...change).filter((role) => !(role === 'Snapshots' && id.startsWith('snap')));
      if (ends) expect([change, may]).toEqual([change, []]);
    }
  });

  test('what is in it is not deleted, attached, detached, changed or restored', () => {
    for (const id of ids(/-(marked-)?quarantined$/))
      for (const [operation, input] of changes(id).filter(([o]) => !/Tags$|CreateSnapshot/.test(o)))
        expect([operation, id, who('ec2', operation, input)]).toEqual([operation, id, []]);
  });

  test('a copy is made of it by the healer alone, and of nothing else', () => {
    const copied = VOLUMES.filter((VolumeId) => {
      const tags = asTags({ ...ours, [TAG.role]: 'quarantined' });
      return who('ec2', 'CreateSnapshot', {
        VolumeId,
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: tags }],
      }).includes('Healer');
    });
    expect(copied).toEqual(['vol-quarantined', 'vol-marked-quarantined']);
  });
});

describe('locking', () => {
  test('the guard alone, what it took itself and a drill has verified, never what is in quarantine', () => {
    const may = SNAPSHOTS.map((id) => [id, who('ec2', ...locking(id))] as const);
    expect(may.filter(([, by]) => by.length > 0)).toEqual([['snap-verified-current', ['Guard']]]);
    for (const missing of [TAG.guard, TAG.verdict, TAG.stack]) {
      const { [missing]: _, ...tags } = WORLD['snap-verified-current'] ?? {};
      expect(whoMay(roles, { 'snap-other': tags })('ec2', ...locking('snap-other'))).toEqual([]);
    }
    const rejected = { ...WORLD['snap-verified-current'], [TAG.verdict]: 'rejected' };
    expect(whoMay(roles, { 'snap-other': rejected })('ec2', ...locking('snap-other'))).toEqual([]);
  });

  test.each([
    ['a day more', { LockDuration: LOCK_DAYS + 1 }],
    ['a day less, which would let it go sooner', { LockDuration: LOCK_DAYS - 1 }],
    ['until a date', { ExpirationDate: '2026-01-08T00:00:00Z' }],
    ['for ever', { LockDuration: 36_500, LockMode: 'compliance' }],
  ])('for the days that were asked for, and not for %s', (_, over) => {
    expect(who('ec2', ...locking('snap-verified-current', over))).toEqual([]);
  });

  test('nobody unlocks, and without the setting nobody locks', () => {
    for (const SnapshotId of SNAPSHOTS) expect(who('ec2', 'UnlockSnapshot', { SnapshotId })).toEqual([]);
    const without = whoMay(rolesOf(template()), WORLD);
    for (const id of SNAPSHOTS) expect(without('ec2', ...locking(id))).toEqual([]);
  });
});

describe('deleting', () => {
  test('volumes: the guard alone, what is scratch or discarded and carries its mark', () => {
    const deleted = VOLUMES.map((VolumeId) => [VolumeId, who('ec2', 'DeleteVolume', { VolumeId })] as const);
    expect(deleted.filter(([, by]) => by.length > 0)).toEqual([
      ['vol-marked-scratch', ['Guard']],
      ['vol-marked-discarded', ['Guard']],
    ]);
  });

  test('snapshots: of the functions the guard alone, what carries its mark; and DLM, by its schedule', () => {
    const deleted = SNAPSHOTS.map((SnapshotId) => [SnapshotId, who('ec2', 'DeleteSnapshot', { SnapshotId })] as const);
    const by = (role: string) => deleted.filter(([, may]) => may.includes(role)).map(([id]) => id);
    expect(by('Guard')).toEqual(ids(/^snap-marked-(?!quarantined)/));
    expect(by('Snapshots')).toEqual(SNAPSHOTS.filter((id) => !FOREIGN.test(id) && !id.endsWith('quarantined')));
    expect(new Set(deleted.flatMap(([, may]) => may))).toEqual(new Set(['Guard', 'Snapshots']));
  });

  test('tags: the healer only the one of the schedule, and the guard that one and its own', () => {
    const keys = new Set<string>();
    for (const id of [...VOLUMES, ...SNAPSHOTS])
      for (const [operation, input] of changes(id).filter(([o]) => o === 'DeleteTags'))
        for (const role of who('ec2', operation, input))
          keys.add(`${role} ${JSON.stringify((input as { Tags?: unknown }).Tags)}`);
    const tag = (role: string, key: string) => `${role} [{"Key":"${key}"}]`;
    const guards = [tag('Guard', TAG.schedule), tag('Guard', TAG.held)];
    expect([...keys]).toEqual([tag('Healer', TAG.schedule), ...guards]);
  });

  test('instances: nobody; they are stopped by the healer', () => {
    expect(who('ec2', 'TerminateInstances', { InstanceIds: ['i-ours'] })).toEqual([]);
    expect(who('ec2', 'StopInstances', { InstanceIds: ['i-ours'] })).toEqual(['Healer']);
  });
});

test('a volume goes from role to role only so, and by these', () => {
  const steps = ROLES.flatMap((from) =>
    WRITES.filter((tags) => TAG.role in tags).flatMap((tags) =>
      who('ec2', 'CreateTags', { Resources: [`vol-${from}`], Tags: asTags(tags) }).map(
        (role) => `${from} -> ${tags[TAG.role]} by ${role}`,
      ),
    ),
  );
  expect([...new Set(steps)].sort()).toEqual(
    [
      ...ROLES.map((from) => `${from} -> quarantined by Healer`),
      ...['candidate', 'current', 'spare'].map((from) => `${from} -> current by Healer`),
      ...['scratch', 'spare'].map((from) => `${from} -> spare by Drill`),
      ...['scratch', 'spare', 'discarded'].map((from) => `${from} -> discarded by Drill`),
    ].sort(),
  );
});

describe('volumes are made', () => {
  const makers = (made: [string, object][]) =>
    Object.fromEntries(ROLES.map((role, i) => [role, who('ec2', ...(made[i] ?? ['', {}]))]));
  const nobody = Object.fromEntries(ROLES.map((role) => [role, []]));

  test('in one role by one function each, and blank by the keeper alone', () => {
    const restored = { ...nobody, candidate: ['Healer'], current: ['Keeper'], scratch: ['Drill'] };
    expect(makers(restores('snap-current'))).toEqual(restored);
    expect(makers(restores(undefined))).toEqual({ ...nobody, current: ['Keeper'] });
  });

  test('never without the stack’s tag', () => {
    expect(who('ec2', 'CreateVolume', { AvailabilityZone: 'eu-west-1a', Size: 1, Encrypted: true })).toEqual([]);
  });

  test.each([
    ['not encrypted', { Encrypted: false }],
    ['not said to be encrypted', { Encrypted: undefined }],
  ])('and never %s', (_, over) => {
    for (const SnapshotId of [undefined, 'snap-current']) expect(makers(restores(SnapshotId, over))).toEqual(nobody);
  });

  test('with the tags that a team has given its volumes, but by the keeper, which carries on none', () => {
    const named = { Name: 'web', team: 'shop' };
    expect(makers(restores('snap-current', {}, named))).toEqual({
      ...nobody,
      candidate: ['Healer'],
      scratch: ['Drill'],
    });
  });

  test.each([TAG.held, TAG.reap, TAG.verdict])('and with %s by nobody', (tag) => {
    expect(makers(restores('snap-current', {}, { [tag]: 'true' }))).toEqual(nobody);
  });
});

test('volumes are changed by the keeper alone, and only current ones', () => {
  const changed = VOLUMES.map((VolumeId) => [VolumeId, who('ec2', 'ModifyVolume', { VolumeId, Size: 200 })] as const);
  expect(changed.filter(([, by]) => by.length > 0)).toEqual([
    ['vol-current', ['Keeper']],
    ['vol-marked-current', ['Keeper']],
  ]);
});

describe('a verdict', () => {
  const given = (verdict: string) =>
    who('ec2', 'CreateTags', { Resources: ['snap-current'], Tags: asTags({ [TAG.verdict]: verdict }) });

  test('is one of the two, of functions the drill’s to give', () => {
    const functions = (by: string[]) => by.filter((role) => role !== 'Snapshots');
    expect(functions(given('verified'))).toEqual(['Drill']);
    expect(functions(given('rejected'))).toEqual(['Healer', 'Drill']);
    expect(functions(given('true'))).toEqual([]);
  });

  test('is no snapshot born with', () => {
    const taken = (more: Record<string, string>) =>
      who('ec2', 'CreateSnapshot', {
        VolumeId: 'vol-current',
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: asTags({ ...ours, [TAG.guard]: 'true', ...more }) }],
      });
    expect(taken({ team: 'shop' })).toContain('Guard');
    expect(taken({ [TAG.verdict]: 'verified' })).not.toContain('Guard');
    expect(taken({ [TAG.reap]: 'true' })).not.toContain('Guard');
  });
});

test('the guard writes its own notes, and no lease', () => {
  const put = (pk: string) =>
    who('dynamodb', 'PutItem', { TableName: tableName(), Item: { pk: { S: pk }, sk: { S: 'STATE' } } });
  expect(put('GUARD')).toContain('Guard');
  expect(put('VOLUME#alpha')).toEqual(['Healer', 'Drill']);
});

function tableName(): string {
  const [statement] = (roles.get('Guard') ?? []).filter((s) => s.actions.includes('dynamodb:PutItem'));
  return statement?.resources[0] ?? '';
}

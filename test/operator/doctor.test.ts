import { describe, expect, test } from '@jest/globals';
import { diagnose, isSound } from '../../operator/doctor/doctor.ts';
import { diagnosisText } from '../../operator/doctor/text.ts';
import type { Status } from '../../operator/status/status.ts';

const NOW = Date.parse('2026-01-07T12:00:00Z');
const MINUTE = 60_000;
const host = (id: string, over: object = {}) => ({ id, zone: 'a', state: 'running', agentOnline: true, ...over });
const VOLUME = {
  volume: 'alpha',
  served: true,
  current: { volumeId: 'vol-1', instanceId: 'i-1', generation: 1 },
  newest: { snapshotId: 'snap-2', at: NOW - 10 * MINUTE },
  verified: { snapshotId: 'snap-1', at: NOW - 30 * MINUTE },
  spare: { volumeId: 'vol-2', instanceId: 'i-2', at: NOW - 30 * MINUTE },
  journalLagMs: 1000,
  alarms: [] as string[],
  quarantined: [],
};
const SEEN = {
  versions: [
    { id: 'i-1', version: 'x' },
    { id: 'i-2', version: 'x' },
  ],
  drills: true,
  endpoints: [{ service: 'ssm', id: 'vpce-1', state: 'available' }],
  key: { arn: 'arn:k', state: 'Enabled' },
  unasked: [],
};

function status(volume: object = {}, over: object = {}): Status {
  return {
    schema: 1,
    stack: 'Shop',
    region: 'eu-west-1',
    at: NOW,
    volumes: [{ ...VOLUME, ...volume }],
    hosts: [host('i-1'), host('i-2')],
    alarms: [],
    subscribers: 1,
    unasked: [],
    ...over,
  } as unknown as Status;
}

test('where all is there, nothing is found, and what is never asked is named', () => {
  const diagnosis = diagnose(status(), SEEN);
  expect(diagnosis.findings).toEqual([]);
  expect(isSound(diagnosis)).toBe(true);
  expect(diagnosisText(diagnosis)).toContain('quotas of EBS');
});

describe('each is found, with what to do', () => {
  test.each<[string, object, object, RegExp]>([
    ['messages', {}, { subscribers: 0 }, /nobody hears/],
    [
      'agents',
      {},
      { hosts: [host('i-1'), host('i-2'), host('i-3', { agentOnline: false })] },
      /no command reaches i-3/,
    ],
    ['hosts', {}, { hosts: [host('i-1'), host('i-2', { zone: 'b' })] }, /nobody to take over/],
    ['hosts', {}, { hosts: [host('i-2')] }, /its owner i-1 does not run/],
    ['alarms', { deaf: ['serving'] }, {}, /serving starts no heal/],
    ['alarms', {}, { alarms: ['healer-failed'] }, /healer-failed/],
    ['alarms', { alarms: ['full-soon'] }, {}, /full-soon/],
    ['volumes', { served: false }, {}, /not served/],
    ['volumes', { heal: { healId: 'h', until: NOW } }, {}, /the heal h/],
    ['volumes', { paged: { about: 'x', at: NOW, final: true } }, {}, /people were called/],
    ['volumes', {}, { volumes: [] }, /no content volume/],
    ['points', { newest: undefined }, {}, /no completed snapshot/],
    ['points', { newest: { snapshotId: 's', at: NOW - 61 * MINUTE } }, {}, /older than 60 min/],
    ['points', { verified: undefined }, {}, /mounted and read/],
    ['points', { verified: { snapshotId: 's', at: NOW - 76 * MINUTE } }, {}, /older than 75 min/],
    ['spare', { spare: undefined }, {}, /no spare/],
    ['spare', { spare: { ...VOLUME.spare, instanceId: 'i-1' } }, {}, /its own owner/],
    ['journal', { journalLagMs: 61_000 }, {}, /waited for more than a minute/],
  ])('%s: %j %j', (about, volume, over, what) => {
    const { findings } = diagnose(status(volume, over), SEEN);
    expect(findings).toEqual([
      expect.objectContaining({ about, what: expect.stringMatching(what), do: expect.stringMatching(/./) }),
    ]);
  });

  test('an owner that does not run, and nobody to take over', () => {
    for (const hosts of [[host('i-1', { state: 'stopped' })], []])
      expect(diagnose(status({}, { hosts }), SEEN).findings).toMatchObject([
        { about: 'hosts', what: 'its owner i-1 does not run' },
        { about: 'hosts', what: expect.stringContaining('nobody to take over') },
      ]);
  });

  test.each([
    [{}, /for ssm is not there any more: no command/],
    [{ state: 'pendingacceptance' }, /is pendingacceptance, and not available/],
    [{ state: 'available', unnamed: true }, /no private DNS name/],
  ])('an endpoint that is %j', (over, what) => {
    const endpoints = [{ service: 'ssm', id: 'vpce-1', ...over }];
    expect(diagnose(status(), { ...SEEN, endpoints }).findings).toEqual([
      { about: 'endpoints', what: expect.stringMatching(what), do: expect.stringMatching(/./) },
    ]);
  });

  test.each<[string, object, RegExp, RegExp]>([
    [
      'is disabled',
      { state: 'Disabled' },
      /^the key arn:k is disabled: no copy/,
      /^aws kms enable-key --key-id arn:k$/,
    ],
    [
      'is to be deleted',
      { state: 'PendingDeletion', deletedAt: NOW + 86_400_000 },
      /is deleted on 2026-01-08T12:00:00.000Z, and cannot be used until then/,
      /cancel-key-deletion --key-id arn:k; then aws kms enable-key/,
    ],
    ['is to be deleted with its replicas', { state: 'PendingReplicaDeletion' }, /its replicas/, /cancel-key-deletion/],
    ['has lost its material', { state: 'PendingImport' }, /no key material/, /import-key-material/],
    ['is in a store that is disconnected', { state: 'Unavailable' }, /disconnected/, /connect-custom-key-store/],
    ['is in a state that nobody knows', { state: 'Creating' }, /is Creating, and not Enabled/, /describe-key/],
    ['is not there any more', {}, /not there any more/, /does not come back/],
  ])('a key that %s', (_, over, what, how) =>
    expect(diagnose(status(), { ...SEEN, key: { arn: 'arn:k', ...over } }).findings).toEqual([
      { about: 'key', what: expect.stringMatching(what), do: expect.stringMatching(how) },
    ]),
  );

  test('but a key whose primary Region is being changed can be used', () =>
    expect(diagnose(status(), { ...SEEN, key: { arn: 'arn:k', state: 'Updating' } }).findings).toEqual([]));

  test('versions', () => {
    const { findings } = diagnose(status(), {
      ...SEEN,
      versions: [
        { id: 'i-1', version: 'x' },
        { id: 'i-2', version: 'y' },
      ],
    });
    expect(findings).toMatchObject([{ about: 'versions' }]);
  });
});

test('endpoints of another’s network are named, and those that could not be asked for are not', () => {
  const { endpoints, ...another } = SEEN;
  expect(diagnosisText(diagnose(status(), another))).toContain('endpoints of a VPC that is not the stack’s own');
  const unasked = [{ what: 'EC2: VPC endpoints', why: 'AccessDenied' }];
  const denied = diagnose(status(), { ...another, unasked });
  expect(diagnosisText(denied)).toContain('EC2: VPC endpoints: AccessDenied');
  expect(diagnosisText(denied)).not.toContain('not the stack’s own');
  expect(isSound(denied)).toBe(false);
});

test('a key that the stack does not name is named, and one that could not be asked for is not', () => {
  const { key, ...another } = SEEN;
  expect(diagnosisText(diagnose(status(), another))).toContain('the key, which a stack of before does not name');
  const denied = diagnose(status(), { ...another, unasked: [{ what: 'KMS: the key', why: 'AccessDeniedException' }] });
  expect(diagnosisText(denied)).toContain('KMS: the key: AccessDeniedException');
  expect(diagnosisText(denied)).not.toContain('which a stack of before');
  expect(isSound(denied)).toBe(false);
});

test('without drills neither a verified copy nor a spare is missed', () =>
  expect(diagnose(status({ verified: undefined, spare: undefined }), { ...SEEN, drills: false }).findings).toEqual([]));

test('what nobody answered is no finding, and is not sound', () => {
  const unasked = ['the ledger: alpha', 'EC2: snapshots of alpha'].map((what) => ({ what, why: 'AccessDenied' }));
  const diagnosis = diagnose(status({ newest: undefined, verified: undefined, spare: undefined }, { unasked }), SEEN);
  expect(diagnosis.findings).toEqual([]);
  expect(isSound(diagnosis)).toBe(false);
  expect(diagnosisText(diagnosis)).toContain('EC2: snapshots of alpha: AccessDenied');
});

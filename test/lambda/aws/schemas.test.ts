import { describe, expect, test } from '@jest/globals';
import { ENV } from '../../../contract/contract.ts';
import { fromEnv, numberFromEnv, optionalFromEnv, parsed, REPLACED, SPARE } from '../../../lambda/aws/schemas.ts';

const POLICY = {
  id: 'policy-1',
  targetTag: { key: 'remount:schedule', value: 'hourly/Shop' },
  keepHours: 24,
  schedules: [{ name: 'at 00', time: '00:00' }],
};
const GOOD = {
  [ENV.documents]: { probe: 'Shop-probe' },
  [ENV.targetGroups]: { alpha: 'arn:x' },
  [ENV.volumes]: ['alpha'],
  [ENV.spare]: { prefer: 'fresher', maxAgeMinutes: 90 },
  [ENV.policy]: POLICY,
  [ENV.software]: { version: 'a', document: 'b' },
  [ENV.lock]: { mode: 'compliance', days: 3 },
  [ENV.place]: { account: '111122223333', region: 'eu-west-1', runbook: 'docs/runbook.md' },
} as const;
const BAD: readonly (readonly [keyof typeof GOOD, unknown, string])[] = [
  [ENV.documents, ['probe'], 'record'],
  [ENV.targetGroups, { alpha: 7 }, 'alpha: received {"alpha":7}; allowed: string'],
  [ENV.volumes, {}, 'array'],
  [ENV.volumes, [''], '0: received [""]; allowed: what is not empty'],
  [ENV.spare, { prefer: 'newest', maxAgeMinutes: 90 }, 'prefer: received {"prefer":"newest"'],
  [ENV.spare, { prefer: 'faster' }, 'maxAgeMinutes: '],
  [ENV.policy, { ...POLICY, keepHours: 1.5 }, 'keepHours: '],
  [ENV.policy, { ...POLICY, schedules: [{ name: 'a' }] }, 'schedules.0.time: '],
  [ENV.policy, { ...POLICY, targetTag: 'hourly/Shop' }, 'targetTag: '],
  [ENV.policy, { ...POLICY, leftOut: [{ key: 'a' }] }, 'leftOut.0.value: '],
  [ENV.software, { version: 'a' }, 'document: '],
  [ENV.lock, { mode: 'forever', days: 3 }, 'allowed: governance, compliance'],
  [ENV.lock, { mode: 'governance' }, 'days: '],
  [ENV.place, { account: '111122223333', region: 'eu-west-1' }, 'runbook: '],
];

describe('the environment', () => {
  test.each(Object.entries(GOOD))('%s is read', (key, value) => {
    expect(fromEnv({ [key]: JSON.stringify(value) }, key as keyof typeof GOOD)).toEqual(value);
  });

  test.each(BAD)('%s is refused: %j', (key, value, why) => {
    const read = () => fromEnv({ [key]: JSON.stringify(value) }, key);
    expect(read).toThrow(`environment key ${key}: `);
    expect(read).toThrow(why);
  });

  test('what is no JSON, and what is not set, is refused by name; what may be absent is nothing', () => {
    expect(() => fromEnv({ [ENV.volumes]: 'alpha' }, ENV.volumes)).toThrow(
      `environment key ${ENV.volumes}: received alpha; allowed: JSON`,
    );
    expect(() => fromEnv({}, ENV.volumes)).toThrow(`environment key ${ENV.volumes} is not set`);
    expect(optionalFromEnv({}, ENV.lock)).toBeUndefined();
    expect(() => optionalFromEnv({ [ENV.lock]: '{}' }, ENV.lock)).toThrow('mode: ');
  });

  test('a number is a number', () => {
    expect(numberFromEnv({ [ENV.fallPercent]: '20' }, ENV.fallPercent)).toBe(20);
    for (const text of ['x', '"20"', 'null'])
      expect(() => numberFromEnv({ [ENV.fallPercent]: text }, ENV.fallPercent)).toThrow(ENV.fallPercent);
  });
});

describe('documents in the ledger', () => {
  const spare = { volumeId: 'vol-1', snapshotId: 'snap-1', instanceId: 'i-1', at: 1 };
  const replaced = {
    oldVolume: 'vol-1',
    newVolume: 'vol-2',
    snapshotId: 'snap-1',
    owner: 'i-1',
    recoveryPointAt: 1,
    files: 7,
    cold: true,
    choice: { taken: 'newer', spare: 'snap-0', newer: 'snap-1', minutes: 9, longerSeconds: 3 },
  } as const;

  test('are read whole', () => {
    expect(parsed('spare', JSON.stringify(spare), SPARE)).toEqual(spare);
    expect(parsed('replaced', JSON.stringify(replaced), REPLACED)).toEqual(replaced);
  });

  test.each(Object.keys(spare))('a spare without %s is refused by name', (key) => {
    const text = JSON.stringify({ ...spare, [key]: undefined });
    expect(() => parsed('`spare` in the ledger', text, SPARE)).toThrow(`\`spare\` in the ledger: ${key}: `);
  });

  test.each([
    ['volumeId', 'vol-...'],
    ['snapshotId', 'snap-...'],
    ['instanceId', 'i-...'],
  ])('an id of another thing, or none, is refused: %s, with how it begins', (key, allowed) => {
    for (const id of ['x', '', undefined, 7]) {
      const text = JSON.stringify({ ...spare, [key]: id });
      expect(() => parsed('spare', text, SPARE)).toThrow(`spare: ${key}: received ${text}; allowed: ${allowed}`);
    }
  });

  test.each([
    ['oldVolume', 'x', 'vol-...'],
    ['newVolume', 'snap-1', 'vol-...'],
    ['snapshotId', 'vol-1', 'snap-...'],
    ['owner', 'vol-1', 'i-...'],
    ['choice.spare', 'vol-1', 'snap-...'],
    ['choice.newer', 'vol-1', 'snap-...'],
  ])('a replacement with a wrong %s is refused', (at, id, allowed) => {
    const [key = '', inner] = at.split('.');
    const value = inner ? { ...replaced.choice, [inner]: id } : id;
    const text = JSON.stringify({ ...replaced, [key]: value });
    expect(() => parsed('replaced', text, REPLACED)).toThrow(`replaced: ${at}: received ${text}; allowed: ${allowed}`);
  });

  test.each(['oldVolume', 'newVolume', 'snapshotId', 'owner', 'recoveryPointAt', 'files'])(
    'a replacement without %s is refused by name',
    (key) => {
      const text = JSON.stringify({ ...replaced, [key]: undefined });
      expect(() => parsed('replaced', text, REPLACED)).toThrow(`replaced: ${key}: `);
    },
  );
});

import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../lib/stack/settings.ts';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import { cannotGrow, grown } from '../../rehearsal/scenarios/story/sizes.ts';
import { cannotPlay, cdkContext, neighbourOf, rawSettings, settingsOver } from '../../rehearsal/world/settings.ts';
import { UNUSUAL } from '../../rehearsal/world/unusual.ts';
import { atLeast, HOME_ZONE, inHome, type Scenario } from '../../rehearsal/world/world.ts';

const US = { region: 'us-east-1', zones: ['us-east-1d', 'us-east-1a'] };
const over = (base: object, own: object) => readSettings(settingsOver(base as never, own as never));
const volumes = (base: object, own: object) => over(base, own).volumes.map(({ name, zone }) => `${name} ${zone}`);

describe('settings of the context', () => {
  test('those of cdk.json, and a key that -c gives in the place of all of its own', () => {
    expect(rawSettings(cdkContext())).toMatchObject({ region: 'eu-west-1', instancesPerZone: 2 });
    expect(rawSettings(cdkContext({ remount: '{"region":"us-east-1"}' }))).toEqual({ region: 'us-east-1' });
    expect(cdkContext({ remount: '{}' })['@aws-cdk/core:checkSecretUsage']).toBe(true);
  });

  test('are refused where they are not sound', () => {
    expect(() => rawSettings({ remount: '{"instancesPerZone":1}' })).toThrow('instancesPerZone: received 1; allowed: ');
    expect(() => rawSettings({ remount: '[]' })).toThrow('remount: received []; allowed: an object of stackName');
  });
});

describe('what a story needs, over the settings of the stack', () => {
  test('a group is taken one by one, anything else as a whole', () => {
    const base = { ...US, snapshots: { perHour: 1, keepHours: 9 }, moreEndpoints: ['ec2', 'kms'] };
    const { snapshots, moreEndpoints, zones } = over(base, { snapshots: { perHour: 2 }, moreEndpoints: ['logs'] });
    expect({ snapshots, moreEndpoints, zones }).toEqual({
      snapshots: { perHour: 2, keepHours: 9, consistency: 'crash' },
      moreEndpoints: ['logs'],
      zones: US.zones,
    });
  });

  test('so many volumes in the first zone, those of the stack first', () => {
    expect(volumes(US, { volumes: inHome(3) })).toEqual(['alpha', 'beta', 'more-1'].map((n) => `${n} us-east-1d`));
    expect(
      volumes({ ...US, volumes: [{ name: 'more-1' }, { name: 'x1' }, { name: 'x2' }] }, { volumes: inHome(2) }),
    ).toEqual(['more-1 us-east-1d', 'x1 us-east-1d']);
  });

  test('at least so many, and what is added is like the first of the stack', () => {
    const one = { ...US, volumes: [{ name: 'more-1', sizeGiB: 7, zone: 'us-east-1a' }] };
    expect(over(one, { volumes: atLeast(2) }).volumes).toMatchObject([
      { name: 'more-1', sizeGiB: 7, zone: 'us-east-1a' },
      { name: 'more-2', sizeGiB: 7, zone: 'us-east-1a' },
    ]);
    expect(volumes(US, { volumes: atLeast(1) })).toEqual(['alpha us-east-1d', 'beta us-east-1a']);
  });

  test('volumes of its own are in the first zone of whatever Region', () => {
    expect(volumes(US, { volumes: [{ name: 'own', zone: HOME_ZONE }] })).toEqual(['own us-east-1d']);
  });

  test('without drills nothing is locked; with them, what the stack locks', () => {
    const base = { snapshotLock: { days: 5, mode: 'compliance' } };
    expect(over(base, { drills: { enabled: false } }).snapshotLock.days).toBe(0);
    expect(over(base, { drills: { enabled: true } }).snapshotLock).toEqual(base.snapshotLock);
    expect(over(base, { drills: { enabled: true }, snapshotLock: { days: 1 } }).snapshotLock).toEqual({
      days: 1,
      mode: 'compliance',
    });
  });

  test('without a journal there is no intake, whoever asks for one', () => {
    const uploads = { intake: { enabled: true } };
    expect(over({}, uploads).intake.enabled).toBe(true);
    expect(over({ journal: { enabled: false } }, uploads).intake.enabled).toBe(false);
    expect(over(uploads, { journal: { enabled: false } }).intake.enabled).toBe(false);
  });

  test('why it cannot be played, in words', () => {
    const base = { ...US, volumes: [{ name: 'x1', sizeGiB: 65_536 }] };
    const story = (own: Partial<Scenario>) => cannotPlay({ about: '', play: async () => ({}) as never, ...own }, base);
    expect(story({})).toBeUndefined();
    expect(story({ needs: ({ volumes: [first] }) => `not with ${first?.name}` })).toBe('not with x1');
    // Judged also where it says nothing else of its needs.
    expect(story({ settings: { volumes: inHome(12) } })).toMatch(
      /^with what its story needs, volumes: received "12 in /,
    );
  });
});

describe('eleven unusual settings', () => {
  test.each(UNUSUAL.map((unusual) => [unusual.name, unusual] as const))('%s is sound', (_, { settings }) => {
    expect(readSettings(settings).volumes.length).toBeGreaterThan(0);
  });

  test('each has a name of its own, and leaves nearly all scenarios to play', () => {
    expect(new Set(UNUSUAL.map(({ name }) => name)).size).toBe(11);
    for (const { settings } of UNUSUAL) {
      const skipped = Object.entries(SCENARIOS).filter(([, scenario]) => cannotPlay(scenario, settings));
      expect(skipped.map(([name]) => name).length).toBeLessThanOrEqual(6);
    }
  });
});

describe('sizes that a deployment asks for', () => {
  test('go up from those of the settings', () => {
    expect(grown({ SizeGiB: 10, Iops: 3000 }, 0)).toEqual({ SizeGiB: 10, Iops: 3000 });
    expect(grown({ SizeGiB: 10, Iops: 3000 }, 1)).toEqual({ SizeGiB: 70, Iops: 4000 });
    expect(grown({ SizeGiB: 10, Iops: 3000 }, 2)).toEqual({ SizeGiB: 110, Iops: 5000 });
  });

  test.each([
    [{ sizeGiB: 65_476 }, undefined],
    [{ sizeGiB: 65_477 }, 'it grows x1 to 65537 GiB, and gp3 has 65536 at most'],
    [{ sizeGiB: 1000, iops: 79_000 }, undefined],
    [{ sizeGiB: 1000, iops: 79_001 }, 'it raises x1 to 80001 IOPS, and gp3 has 80000 at most for 1060 GiB'],
  ])('%j: %s', (volume, reason) => {
    expect(cannotGrow(1)(readSettings({ volumes: [{ name: 'x1', ...volume }] }))).toBe(reason);
  });
});

test('the neighbour of a stack begins as it does, also where there is no room for more', () => {
  expect(neighbourOf('Shop')).toBe('Shop2');
  const longest = 'S'.repeat(51);
  expect(neighbourOf(longest)).toBe('S'.repeat(50));
  for (const stackName of ['Shop', longest]) readSettings({ stackName: neighbourOf(stackName) });
});

import { describe, expect, test } from '@jest/globals';
import { SettingsError } from '../../lib/props/refusal.ts';
import { readSettings } from '../../lib/stack/settings.ts';

/** What is thrown, whatever it is; `undefined` where nothing is. */
function thrownBy(context: unknown): unknown {
  try {
    readSettings(context);
    return undefined;
  } catch (error) {
    return error;
  }
}

const volume = (settings: object) => ({ volumes: [{ name: 'alpha', ...settings }] });
const named = (name: unknown) => ({ volumes: [{ name }] });
const inOneZone = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ name: `volume-${n}`, zone: 'eu-west-1a' }));
const NAME =
  '2 to 32 of a-z, 0-9 and -, from a letter to a letter or digit (it is a tag, a path and a metric dimension)';
const ALL =
  'stackName, region, zones, instancesPerZone, instanceType, volumes, snapshots, drills, recycleBin, snapshotLock, journal, incidentPages, dashboard, intake, witness, web, moreEndpoints, moreBuckets, objectives, fullWithinHours, alertEmail, runbookUrl, certificateArn';
const OF_VOLUME = 'name, sizeGiB, zone, iops, throughputMiBs';
const ZONE = 'an Availability Zone such as eu-west-1a';
const SEVEN_ZONES = [...'abcdefg'].map((letter) => `eu-west-1${letter}`);
const GIB = 'a whole number from 1 to 65536 GiB (gp3)';
const INSTANCES = 'a whole number from 2 to 20 instances (owner and standby are two)';

describe('a wrong setting is refused in one line: which, what was received, what is allowed', () => {
  test.each<[what: string, context: unknown, line: unknown]>([
    [
      'more volumes in a zone than an instance has names for, with a drill',
      { volumes: inOneZone(11) },
      'volumes: received "11 in eu-west-1a"; allowed: at most 10 in a zone (one instance may have to take them all, and has 11 device names, one for a drill)',
    ],
    [
      'more volumes in a zone than an instance has names for, without drills',
      { volumes: inOneZone(12), drills: { enabled: false } },
      'volumes: received "12 in eu-west-1a"; allowed: at most 11 in a zone (one instance may have to take them all, and has 11 device names)',
    ],
    ['malformed JSON', '{', 'remount: received "{"; allowed: a JSON object'],
    ['malformed JSON of two lines', '{\n', 'remount: received "{\\n"; allowed: a JSON object'],
    ['no object', '[]', `remount: received []; allowed: an object of ${ALL}`],
    ['nothing', null, `remount: received null; allowed: an object of ${ALL}`],
    ['an unknown setting', { volume: [] }, `volume: received []; no such setting; known are ${ALL}`],
    ['an unknown setting in two lines', { 'a\nb': 1 }, `["a\\nb"]: received 1; no such setting; known are ${ALL}`],
    [
      'an unknown setting of a volume',
      volume({ size: 5 }),
      `volumes[0].size: received 5; no such setting; known are ${OF_VOLUME}`,
    ],
    [
      'an unknown setting of the snapshots',
      { snapshots: { hourly: true } },
      'snapshots.hourly: received true; no such setting; known are perHour, keepHours, consistency',
    ],

    [
      'a stack name with a slash',
      { stackName: 'a/b' },
      'stackName: received "a/b"; allowed: 1 to 51 letters, digits and hyphens, starting with a letter',
    ],
    ['no Region', { region: 'Ireland' }, 'region: received "Ireland"; allowed: a Region name such as eu-west-1'],
    [
      'a type that is not Graviton',
      { instanceType: 't3.small' },
      'instanceType: received "t3.small"; allowed: a Graviton instance type such as t4g.small',
    ],
    ['no address', { alertEmail: 'me' }, 'alertEmail: received "me"; allowed: an email address'],
    [
      'no certificate',
      { certificateArn: 'arn:aws:iam::1:x' },
      'certificateArn: received "arn:aws:iam::1:x"; allowed: the ARN of an ACM certificate',
    ],

    ['one instance a zone', { instancesPerZone: 1 }, `instancesPerZone: received 1; allowed: ${INSTANCES}`],
    ['two and a half instances', { instancesPerZone: 2.5 }, `instancesPerZone: received 2.5; allowed: ${INSTANCES}`],
    ['instances as text', { instancesPerZone: '2' }, `instancesPerZone: received "2"; allowed: ${INSTANCES}`],

    ['one zone', { zones: ['eu-west-1a'] }, 'zones: received ["eu-west-1a"]; allowed: two to six Availability Zones'],
    [
      'seven zones',
      { zones: SEVEN_ZONES },
      `zones: received ${JSON.stringify(SEVEN_ZONES)}; allowed: two to six Availability Zones`,
    ],
    ['no zone', { zones: ['eu-west-1a', 'b'] }, `zones[1]: received "b"; allowed: ${ZONE}`],
    [
      'a zone twice',
      { zones: ['eu-west-1a', 'eu-west-1a'] },
      'zones[1]: received "eu-west-1a"; allowed: each Availability Zone once',
    ],
    [
      'a zone of another Region',
      { region: 'us-east-1', zones: ['us-east-1a', 'eu-west-1a'] },
      'zones[1]: received "eu-west-1a"; allowed: an Availability Zone of us-east-1 (setting region)',
    ],

    ['no volumes', { volumes: [] }, 'volumes: received []; allowed: 1 to 14 content volumes'],
    [
      'too many volumes',
      { volumes: Array.from({ length: 15 }, (_, i) => ({ name: `v${i}` })) },
      expect.stringMatching(/^volumes: received \[.*\.\.\.; allowed: 1 to 14 content volumes$/),
    ],
    ['no list of volumes', { volumes: 'alpha' }, 'volumes: received "alpha"; allowed: a list of content volumes'],
    [
      'a volume by its name',
      { volumes: ['alpha'] },
      `volumes[0]: received "alpha"; allowed: an object of ${OF_VOLUME}`,
    ],
    ['a volume without a name', { volumes: [{}] }, `volumes[0].name: received nothing; allowed: ${NAME}`],
    ['a name with a blank', named('A b'), `volumes[0].name: received "A b"; allowed: ${NAME}`],
    ['a name that leads elsewhere', named('../x'), `volumes[0].name: received "../x"; allowed: ${NAME}`],
    ['an empty name', named(''), `volumes[0].name: received ""; allowed: ${NAME}`],
    ['a name of one letter', named('a'), `volumes[0].name: received "a"; allowed: ${NAME}`],
    ['a name of 40', named('a'.repeat(40)), `volumes[0].name: received "${'a'.repeat(40)}"; allowed: ${NAME}`],
    ['a name that ends in a hyphen', named('a-'), `volumes[0].name: received "a-"; allowed: ${NAME}`],
    [
      'the name of the health checks',
      named('healthz'),
      'volumes[0].name: received "healthz"; allowed: any other name (below /healthz/ are the health checks)',
    ],
    [
      'a volume twice',
      { volumes: [{ name: 'alpha' }, { name: 'alpha' }] },
      'volumes[1].name: received "alpha"; allowed: each name once',
    ],
    [
      'a volume in a zone without instances',
      volume({ zone: 'eu-west-1c' }),
      'volumes[0].zone: received "eu-west-1c"; allowed: one of eu-west-1a, eu-west-1b (setting zones)',
    ],
    ['0 GiB', volume({ sizeGiB: 0 }), `volumes[0].sizeGiB: received 0; allowed: ${GIB}`],
    ['more than gp3 allows', volume({ sizeGiB: 65_537 }), `volumes[0].sizeGiB: received 65537; allowed: ${GIB}`],
    ['a GiB and a half', volume({ sizeGiB: 1.5 }), `volumes[0].sizeGiB: received 1.5; allowed: ${GIB}`],
    [
      'too few IOPS',
      volume({ iops: 100 }),
      'volumes[0].iops: received 100; allowed: a whole number from 3000 to 80000 IOPS (gp3)',
    ],
    [
      'more IOPS than the size allows',
      volume({ sizeGiB: 10, iops: 5001 }),
      'volumes[0].iops: received 5001; allowed: at most 5000 for 10 GiB (gp3: 500 a GiB)',
    ],
    [
      'more throughput than gp3 allows',
      volume({ throughputMiBs: 2001 }),
      'volumes[0].throughputMiBs: received 2001; allowed: a whole number from 125 to 2000 MiB/s (gp3)',
    ],
    [
      'more throughput than the IOPS allow',
      volume({ throughputMiBs: 751 }),
      'volumes[0].throughputMiBs: received 751; allowed: at most 750 for 3000 IOPS (gp3: 0.25 MiB/s an IOPS)',
    ],

    [
      'five schedules',
      { snapshots: { perHour: 5 } },
      'snapshots.perHour: received 5; allowed: a whole number from 1 to 4 schedules an hour',
    ],
    [
      'one hour kept',
      { snapshots: { keepHours: 1 } },
      'snapshots.keepHours: received 1; allowed: a whole number from 2 to 250 hours',
    ],
    [
      'a consistency of no kind',
      { snapshots: { consistency: 'frozen' } },
      'snapshots.consistency: received "frozen"; allowed: crash or application',
    ],
    [
      'a journal for no time',
      { journal: { enabled: true, days: 0 } },
      'journal.days: received 0; allowed: a whole number from 1 to 365 days',
    ],
    [
      'a journal that ends before the copies',
      { journal: { enabled: true, days: 2 }, snapshots: { keepHours: 25 } },
      'journal.days: received 2; allowed: at least 3 (copies are kept for 25 hours, and a day more is read from where one ends)',
    ],
    [
      'an intake without a journal',
      { intake: { enabled: true }, journal: { enabled: false } },
      'intake.enabled: received true; allowed: false without a journal (what is taken in is answered once it is journaled)',
    ],
    [
      'uploads that are kept for less than copies are',
      { intake: { enabled: true, days: 2 }, snapshots: { keepHours: 25 } },
      'intake.days: received 2; allowed: at least 3 (copies are kept for 25 hours, and what serves from one takes in again what was uploaded since)',
    ],
    [
      'more names than the journal has room for',
      { intake: { maxNames: 30_001 } },
      'intake.maxNames: received 30001; allowed: a whole number from 1 to 30000 names',
    ],
    [
      'a setting that an intake has not',
      { intake: { bucket: 'mine' } },
      'intake.bucket: received "mine"; no such setting; known are enabled, days, maxNames, maxGiB, maxRatio, reservePercent, ignoreCase, origins',
    ],
    [
      'more than DLM keeps',
      { snapshots: { keepHours: 251 } },
      'snapshots.keepHours: received 251; allowed: a whole number from 2 to 250 hours',
    ],
    ...[1, 99, 301, 150.5].map((rate): [string, unknown, string] => [
      `an initialization rate that EBS does not take: ${rate}`,
      { drills: { initializationMiBs: rate } },
      `drills.initializationMiBs: received ${rate}; allowed: a whole number from 100 to 300 MiB/s, or 0 to pay for none`,
    ]),
    [
      'more than the Recycle Bin keeps a volume',
      { recycleBin: { volumeDays: 8 } },
      'recycleBin.volumeDays: received 8; allowed: a whole number from 0 to 7 days',
    ],
    [
      'more than the Recycle Bin keeps a snapshot',
      { recycleBin: { snapshotDays: 366 } },
      'recycleBin.snapshotDays: received 366; allowed: a whole number from 0 to 365 days',
    ],
    [
      'a lock of more than a year',
      { snapshotLock: { days: 366 } },
      'snapshotLock.days: received 366; allowed: a whole number from 0 to 365 days',
    ],
    [
      'a lock of a mode that there is not',
      { snapshotLock: { days: 7, mode: 'forever' } },
      'snapshotLock.mode: received "forever"; allowed: governance or compliance',
    ],
    [
      'a lock where nothing is verified',
      { snapshotLock: { days: 7 }, drills: { enabled: false } },
      'snapshotLock.days: received 7; allowed: 0 without drills (only what a drill has verified is locked)',
    ],
    [
      'an endpoint that there is no use for',
      { moreEndpoints: ['sqs'] },
      'moreEndpoints[0]: received "sqs"; allowed: a list of ec2, kms and logs',
    ],
    ['every bucket', { moreBuckets: ['*'] }, 'moreBuckets[0]: received "*"; allowed: a list of bucket names'],
    [
      'a gap that no schedule of DLM can keep to',
      { objectives: { recoveryPointGapMinutes: 60 } },
      'objectives.recoveryPointGapMinutes: received 60; allowed: a whole number from 61 to 10080 minutes (DLM starts up to 60 late)',
    ],
  ])('%s', (_, context, line) => {
    const error = thrownBy(context);
    expect(error).toBeInstanceOf(SettingsError);
    expect((error as Error).message).toEqual(line);
  });

  test('a value that is too long is cut', () => {
    expect((thrownBy({ region: 'x'.repeat(1000) }) as Error).message.length).toBeLessThan(300);
  });
});

const DEFAULTS = {
  stackName: 'Remount',
  region: 'eu-west-1',
  zones: ['eu-west-1a', 'eu-west-1b'],
  instancesPerZone: 2,
  instanceType: 't4g.small',
  volumes: [
    { name: 'alpha', sizeGiB: 100, zone: 'eu-west-1a', iops: 3000, throughputMiBs: 125 },
    { name: 'beta', sizeGiB: 100, zone: 'eu-west-1b', iops: 3000, throughputMiBs: 125 },
  ],
  snapshots: { perHour: 4, keepHours: 24, consistency: 'crash' },
  drills: {
    enabled: true,
    prefer: 'faster',
    maxSpareAgeMinutes: 120,
    initializationMiBs: 0,
    fallPercent: 20,
    readAllEvery: 24,
  },
  recycleBin: { snapshotDays: 3, volumeDays: 7 },
  snapshotLock: { days: 0, mode: 'governance' },
  journal: { enabled: true, days: 14 },
  intake: {
    ...{ enabled: false, days: 14, maxNames: 20_000, maxGiB: 8, maxRatio: 100 },
    ...{ reservePercent: 5, ignoreCase: false, origins: [] },
  },
  witness: { enabled: false },
  web: { gzip: true, cacheControl: 'no-cache', etag: true, corsOrigins: [], mimeTypes: {}, accessLogDays: 30 },
  moreEndpoints: [],
  moreBuckets: [],
  objectives: { recoveryPointGapMinutes: 120, recoveryPoints: 5, recoveryPointReachHours: 24 },
  fullWithinHours: 24,
  incidentPages: { days: 365 },
  dashboard: true,
};

describe('fine settings', () => {
  test.each([0, 100, 300])('an initialization rate of %s', (initializationMiBs) => {
    expect(readSettings({ drills: { initializationMiBs } }).drills).toEqual({ ...DEFAULTS.drills, initializationMiBs });
  });

  test.each([
    ['a lock of a week', { days: 7 }, { days: 7, mode: 'governance' }],
    ['one of a year that nobody can end', { days: 365, mode: 'compliance' }, { days: 365, mode: 'compliance' }],
    ['a mode for later', { mode: 'compliance' }, { days: 0, mode: 'compliance' }],
  ])('%s', (_, snapshotLock, read) => {
    expect(readSettings({ snapshotLock }).snapshotLock).toEqual(read);
  });

  test.each<[what: string, context: unknown]>([
    ['none', undefined],
    ['an empty object', {}],
    ['an empty object as JSON', '{}'],
  ])('%s: the defaults', (_, context) => {
    expect(readSettings(context)).toEqual(DEFAULTS);
  });

  test('as JSON, as the option -c gives them', () => {
    const given = { stackName: 'Shop', snapshots: { perHour: 2 } };
    expect(readSettings(JSON.stringify(given))).toEqual(readSettings(given));
    const snapshots = { perHour: 2, keepHours: 24, consistency: 'crash' };
    expect(readSettings(given)).toEqual({ ...DEFAULTS, stackName: 'Shop', snapshots });
  });

  test('zones are those of the Region, and volumes take turns in them', () => {
    const volumes = ['v1', 'v2', 'v3'].map((name) => ({ name }));
    const settings = readSettings({ region: 'us-east-1', volumes });
    expect(settings.zones).toEqual(['us-east-1a', 'us-east-1b']);
    expect(settings.volumes.map((v) => v.zone)).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1a']);
  });

  test.each([
    ['the largest volume', { sizeGiB: 65_536, iops: 80_000, throughputMiBs: 2000 }],
    ['the smallest volume', { sizeGiB: 1, iops: 3000, throughputMiBs: 750 }],
    ['the longest name', { name: `a${'b'.repeat(31)}` }],
  ])('%s', (_, settings) => {
    expect(readSettings(volume(settings)).volumes[0]).toMatchObject(settings);
  });
});

/** Eleven sound settings that are unusual: each group of settings is at an edge of what it may be in one of them. */

export interface Unusual {
  /** What `--with` takes. */
  readonly name: string;
  readonly about: string;
  /** As in the context: what is left out is as in no settings at all. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** As long as a name may be. */
const longest = (n: number) => `content-of-the-longest-name-no${String(n).padStart(2, '0')}`;
const named = (...names: readonly string[]) => names.map((name) => ({ name }));

export const UNUSUAL: readonly Unusual[] = [
  {
    name: 'three-zones',
    about: 'another Region, three zones, three volumes',
    settings: {
      region: 'us-east-1',
      zones: ['us-east-1b', 'us-east-1d', 'us-east-1f'],
      volumes: named('alpha', 'beta', 'gamma'),
    },
  },
  {
    name: 'one-volume',
    about: 'one volume of 1 GiB, in the second of two zones that are no neighbours',
    settings: {
      region: 'ap-northeast-1',
      zones: ['ap-northeast-1c', 'ap-northeast-1a'],
      volumes: [{ name: 'x1', sizeGiB: 1, zone: 'ap-northeast-1a' }],
    },
  },
  {
    name: 'most-volumes',
    about: 'as many volumes as a stack may have, all names as long as they may be',
    settings: {
      stackName: 'A-stack-name-that-is-as-long-as-a-stack-name-may-be',
      volumes: Array.from({ length: 14 }, (_, n) => ({ name: longest(n + 1) })),
    },
  },
  {
    name: 'largest',
    about: 'the largest and fastest of volumes, three instances in each zone, changes kept for a year',
    settings: {
      instancesPerZone: 3,
      instanceType: 'c7g.4xlarge',
      journal: { days: 365 },
      volumes: [
        { name: 'huge', sizeGiB: 65_536, iops: 80_000, throughputMiBs: 2000 },
        { name: 'small', sizeGiB: 8 },
      ],
    },
  },
  {
    name: 'hourly',
    about:
      'one schedule an hour, kept for as long as may be, and changes no longer than that needs; frozen for each snapshot',
    settings: { snapshots: { perHour: 1, keepHours: 250, consistency: 'application' }, journal: { days: 12 } },
  },
  {
    name: 'no-drills',
    about: 'no drills, two schedules an hour that are kept for a day and no longer; no bin',
    settings: {
      drills: { enabled: false },
      snapshots: { perHour: 2, keepHours: 25 },
      recycleBin: { snapshotDays: 0, volumeDays: 0 },
    },
  },
  {
    name: 'no-journal',
    about: 'no journal of files, no dashboard',
    settings: { journal: { enabled: false }, dashboard: false },
  },
  {
    name: 'fresher',
    about: 'drills that prefer what is fresher, spares that are soon too old, loading that is paid for',
    settings: { drills: { prefer: 'fresher', maxSpareAgeMinutes: 15, initializationMiBs: 300, fallPercent: 99 } },
  },
  {
    name: 'compliance',
    about: 'locks in compliance mode for a year; all volumes in the third of three zones',
    settings: {
      region: 'eu-central-1',
      zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
      volumes: ['alpha', 'beta', 'gamma', 'delta'].map((name) => ({ name, zone: 'eu-central-1c' })),
      snapshotLock: { days: 365, mode: 'compliance' },
    },
  },
  {
    name: 'web',
    about: 'a web server of its own kind, behind HTTPS; people by email',
    settings: {
      web: {
        gzip: false,
        etag: false,
        cacheControl: 'no-store',
        corsOrigins: ['https://learn.example.com'],
        mimeTypes: { webp: 'image/webp' },
        accessLogDays: 1,
      },
      certificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0f0f0f0f',
      alertEmail: 'people@example.com',
      runbookUrl: 'https://wiki.example.com/remount',
    },
  },
  {
    name: 'five-volumes',
    about: 'endpoints for more services, more buckets, more volumes than zones, and objectives of its own',
    settings: {
      region: 'ca-central-1',
      volumes: named('a1', 'a2', 'a3', 'a4', 'a5'),
      moreEndpoints: ['ec2', 'kms', 'logs'],
      moreBuckets: ['content-in'],
      objectives: { recoveryPointGapMinutes: 90, recoveryPoints: 20, recoveryPointReachHours: 23 },
    },
  },
];

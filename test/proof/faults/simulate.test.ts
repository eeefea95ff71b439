import { beforeAll, describe, expect, test } from '@jest/globals';
import { node } from '../../rehearsal/child.ts';
import type { Tamper } from './tampers.ts';

interface Request {
  readonly story: string;
  readonly seed: number;
  readonly schedule: string;
  readonly tamper?: Tamper;
  readonly durable?: boolean;
}
interface Result {
  readonly heals: number;
  readonly broken: readonly { readonly promise: string; readonly seen: string }[];
  readonly digest: string;
  readonly fired: number;
  readonly served: boolean;
  readonly points: Readonly<Record<string, number>>;
}

function play(requests: readonly Request[]): Result[] {
  const ended = node('test/proof/faults/play.script.ts', [JSON.stringify(requests)]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  const results = JSON.parse(ended.stdout) as Result[];
  expect(results.length).toBe(requests.length);
  return results;
}

const FILE_SYSTEM = { story: 'file-system', seed: 1 } as const;

test('a fixed set of seeds keeps every promise, faults and all', () => {
  const ended = node('proof/faults/main.ts', ['--runs', '20', '--seed', '2010', '--json']);
  expect(ended.stderr).not.toContain('could not run');
  const { runs, faults, at, heals, failures } = JSON.parse(ended.stdout) as Record<string, number> & { failures: [] };
  expect(failures).toEqual([]);
  expect([ended.code, runs]).toEqual([0, 20]);
  expect(heals).toBeGreaterThanOrEqual(20);
  expect(faults).toBeGreaterThan(30);
  expect(at).toBeGreaterThan(25);
});

test('however many runs are played side by side, the result is the same', () => {
  const tally = (threads: string) => {
    const args = ['--runs', '8', '--seed', '3', '--scenario', 'unmounted', '--threads', threads, '--json'];
    const { seconds, ...rest } = JSON.parse(node('proof/faults/main.ts', args).stdout) as Record<string, unknown>;
    expect(seconds).toBeGreaterThan(0);
    return rest;
  };
  const alone = tally('1');
  expect(alone).toMatchObject({ runs: 8, failures: [] });
  expect(tally('3')).toEqual(alone);
});

const SCHEDULES = [
  'none',
  'dieAfter@ec2:CreateVolume#1,errorAfter@dynamodb:UpdateItem#3x7',
  'twice@trigger#1,hang@ssm:SendCommand#2',
] as const;

/** Broken healers, and the promise by which each is caught. */
const CAUGHT: readonly (Omit<Request, 'seed'> & { readonly tamper: Tamper; readonly promise: string })[] = [
  { tamper: 'fenceAlwaysCertain', story: 'instance-hang', schedule: 'none', promise: 'never two writers' },
  {
    tamper: 'quarantineStaysScheduled',
    story: 'file-system',
    schedule: 'none',
    promise: 'no call is denied',
  },
  {
    tamper: 'randomClientToken',
    story: 'file-system',
    schedule: 'dieAfter@ec2:CreateVolume#1',
    promise: 'no heal makes two volumes where it ordered one',
  },
  {
    tamper: 'neverCommitted',
    story: 'file-system',
    schedule: 'none',
    promise: 'the ledger agrees with the world at rest',
  },
  {
    tamper: 'neverClosed',
    story: 'file-system',
    schedule: 'none',
    promise: 'every incident is on record, with true times',
  },
  {
    tamper: 'silent',
    story: 'file-system',
    schedule: 'none',
    promise: 'served, or a person knows where it cannot be, within 60 min of the last fault',
  },
  {
    tamper: 'blind',
    story: 'file-system',
    schedule: 'none',
    promise: 'content is served wherever there is a way back',
  },
  { tamper: 'rejecting', story: 'file-system', schedule: 'none', promise: 'no sound copy is rejected' },
  {
    tamper: 'trusting',
    story: 'rotten-snapshots',
    schedule: 'dieLong@step:renew-lease#4',
    promise: 'no heal tries a copy that is rejected',
  },
  ...['none', 'stale@ec2:DescribeSnapshots#1'].map((schedule) => ({
    tamper: 'forgetful' as const,
    story: 'file-system',
    schedule,
    promise: 'nothing older than the newest sound copy is served without saying so',
  })),
  { tamper: 'curt', story: 'file-system', schedule: 'none', promise: 'whoever goes back to a copy says so to people' },
  // Where there is a journal, what serves does reach that far.
  {
    tamper: 'boasting',
    story: 'unsynced-crash',
    schedule: 'none',
    promise: 'what is on record is what the world shows',
  },
  {
    tamper: 'rosy',
    story: 'no-recovery-point',
    schedule: 'none',
    promise: 'what is on record is what the world shows',
  },
  { tamper: 'blind', story: 'file-system', schedule: 'none', promise: 'a person is paged with a true reason' },
  { tamper: 'insistent', story: 'file-system', schedule: 'none', promise: 'the same is not said twice within 15 min' },
];

describe('one process, many runs', () => {
  const once = SCHEDULES.map((schedule) => ({ ...FILE_SYSTEM, schedule }));
  const tampered = CAUGHT.map(({ tamper, story, schedule }) => ({ tamper, story, schedule, seed: 1 }));
  const sound = CAUGHT.map(({ story, schedule }) => ({ story, schedule, seed: 1 }));
  let results: Result[] = [];
  beforeAll(() => {
    results = play([...once, ...once, ...tampered, ...sound]);
  });

  test('the same seed gives the same log', () => {
    const digests = results.slice(0, 6).map((r) => r.digest);
    expect(digests.slice(0, 3)).toEqual(digests.slice(3));
    expect(new Set(digests).size).toBe(3);
    expect(results.slice(1, 3).every((r) => r.fired > 0)).toBe(true);
  });

  test.each(CAUGHT.map((c, index) => ({ ...c, index })))('$tamper is caught: $promise', ({ promise, index }) => {
    expect(results[6 + index]?.broken.map((c) => c.promise)).toContain(promise);
  });

  test('the sound healer is not', () => {
    expect(results.slice(6 + CAUGHT.length).flatMap((r) => r.broken)).toEqual([]);
  });
});

/** Steps of the healing of a file system, each of which is reached once at least. */
const STEPS = [
  'begin',
  'lease',
  'open-incident',
  'renew-lease',
  'observe',
  'quarantine',
  'create-replacement',
  'attach',
  'mount',
  'verify',
  'fence',
  'commit',
  'serve',
  'promote',
  'snapshot-suspect',
  'end',
  'note-end',
  'notify',
  'release-lease',
];

test('on the real durable SDK: it dies before and after each step of a heal, and every promise is kept', () => {
  const schedules = ['none', ...STEPS.flatMap((step) => [`dieBefore@step:${step}#1`, `dieAfter@step:${step}#1`])];
  const results = play(schedules.map((schedule) => ({ ...FILE_SYSTEM, schedule, durable: true })));
  const wrong = results.flatMap(({ broken, fired, served, heals }, index) =>
    broken.length === 0 && fired === (index === 0 ? 0 : 1) && served && heals > 0
      ? []
      : [{ schedule: schedules[index], broken, fired, served, heals }],
  );
  expect(wrong).toEqual([]);
});

/** Each was a bug of the healer when the simulation found it. */
const FOUND: readonly (Omit<Request, 'tamper'> & { readonly bug: string; readonly ends?: 'unserved' })[] = [
  {
    story: 'file-system',
    seed: 1,
    schedule: 'errorAfter@ec2:AttachVolume#1',
    bug: 'an attach whose answer was lost paged a person',
  },
  {
    story: 'again',
    seed: 1,
    schedule: 'dieLong@step:promote#1',
    bug: 'a heal came back after its lease and promoted a quarantined volume',
  },
  { story: 'again', seed: 1, schedule: 'dieLong@ec2:CreateTags#2', bug: 'the same, at the call' },
  {
    story: 'file-system',
    seed: 1,
    schedule: 'stale@ec2:DescribeVolumes#9',
    bug: 'one stale answer of EC2 paged a person',
  },
  {
    story: 'instance-loss',
    seed: 1,
    schedule: 'stale@ec2:DescribeVolumes#14',
    bug: 'so did another, which hid an attachment',
  },
  {
    story: 'spare',
    seed: 1,
    schedule: 'dieLong@ssm:SendCommand#5',
    bug: 'a spare that had taken over and did not serve yet could never be served',
  },
  {
    story: 'spare',
    seed: 1,
    schedule: 'denied@ssm:SendCommand#1',
    bug: 'a command went on after its heal had ended',
  },
  {
    story: 'spare-rotten',
    seed: 1,
    schedule: 'denied@dynamodb:GetItem#17',
    bug: 'nobody was notified of newer copies that were passed over',
  },
  {
    story: 'file-system',
    seed: 1,
    schedule: 'failBefore@host:mount#1x30',
    bug: 'a host that failed had every sound recovery point rejected',
  },
  {
    story: 'stuck-attach',
    seed: 1271547289,
    schedule: 'lost@ec2:DeleteTags#2x30',
    bug: 'a candidate was set aside in one step, which outlasted the lease',
  },
  {
    story: 'capacity-for-a-while',
    seed: 2366338799,
    schedule: 'dieLong@step:notify#1',
    bug: 'a heal that overslept was on record as having called somebody',
  },
  {
    story: 'capacity-for-a-while',
    seed: 1263582850,
    schedule: 'denied@dynamodb:PutItem#3',
    bug: 'that a heal could not be recorded kept it from looking, and called people to a volume that served',
  },
  {
    story: 'capacity-for-a-while',
    seed: 2208232795,
    schedule: 'missing@ec2:DescribeVolumes#14,throttle@ec2:DeleteTags#2',
    bug: 'the copy for salvage was ordered without the tags that allow it, where EC2 did not show its volume',
  },
  {
    story: 'unsynced-crash',
    seed: 2707408714,
    schedule: 'dieLong@step:renew-lease#3,dieLong@step:end#1',
    bug: 'good news was sent by the heal that took over, and by the one that overslept',
  },
  {
    story: 'drill-during-heal',
    seed: 283482044,
    schedule: 'slow@ec2:DescribeInstances#8',
    bug: "the load balancer's answer counted for the minute that another answer took longer",
  },
  {
    story: 'no-recovery-point',
    seed: 1676377729,
    schedule: 'hangLong@ssm:SendCommand#5',
    ends: 'unserved',
    bug: 'of the checker: an owner that is gone is in the ledger until another one serves',
  },
  {
    story: 'stuck-detach',
    seed: 2981754049,
    schedule: 'missing@ec2:DescribeVolumes#29',
    ends: 'unserved',
    bug: 'one list that lacked the volume, late in a heal, called people with a false reason',
  },
  {
    story: 'capacity',
    seed: 3147179353,
    schedule: 'dieLong@step:note-notified#2,dieBefore@ec2:DescribeSnapshots#5',
    ends: 'unserved',
    bug: 'a heal that overslept put its own note of a page in the place of a newer one',
  },
];

/** Points that are not of a durable function, or answers that are not so: each fault happens, and none of these does harm. */
const ELSEWHERE: readonly (readonly [string, string, number])[] = [
  ['late-copies', 'dieAfter@guard/ec2:CreateSnapshot#1,lost@guard/sns:Publish#1', 1],
  ['late-copies', 'denied@guard/ec2:DescribeSnapshots#9,dieBefore@guard/dynamodb:GetItem#30', 2],
  ['deploy-during-heal', 'throttle@keeper/ec2:DescribeVolumes#1x7,denied@keeper/dynamodb:GetItem#3', 8],
  ['file-system', 'missing@ec2:DescribeVolumes#2', 1],
  ['file-system', 'failBefore@host:probe#1', 1],
  ['instance-hang', 'stale@elasticloadbalancing:DescribeTargetHealth#1', 1],
];

test('faults reach the guard, the keeper and the probe, and answers leave things out', () => {
  const results = play(ELSEWHERE.map(([story, schedule]) => ({ story, schedule, seed: 1 })));
  expect(results.map(({ broken, fired }) => ({ broken, fired }))).toEqual(
    ELSEWHERE.map(([, , fired]) => ({ broken: [], fired })),
  );
});

describe('what the simulation found once, it does not find again', () => {
  let results: Result[];
  beforeAll(() => {
    results = play(FOUND.map(({ bug: _, ends: __, ...request }) => request));
  });

  test.each(FOUND.map((found, i) => ({ ...found, i })))('$schedule: $bug', ({ i, ends }) => {
    expect(results[i]).toMatchObject({ broken: [], served: ends !== 'unserved' });
    expect(results[i]?.fired).toBeGreaterThan(0);
  });
});

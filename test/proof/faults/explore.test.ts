import { describe, expect, test } from '@jest/globals';
import { explore } from '../../../proof/faults/explore.ts';
import { checkFired, readOptions } from '../../../proof/faults/options.ts';
import { type Outcome, type Plan, type Player, plans, randomSchedule, singles } from '../../../proof/faults/plans.ts';
import { readSchedule, scheduleText } from '../../../proof/faults/schedule.ts';
import { failureLines } from '../../../proof/faults/summary.ts';
import { UsageError } from '../../../rehearsal/command/command.ts';
import { Random } from '../../../simulator/time/random.ts';

const POINTS = new Map([
  ['ec2:CreateVolume', 2],
  ['ec2:DescribeVolumes', 3],
  ['step:commit', 1],
  ['host:mount', 1],
  ['host:release', 1],
  ['guard/ec2:CreateSnapshot', 1],
  ['keeper/ec2:DescribeVolumes', 1],
  ['s3:PutObject', 1],
  ['s3:ListObjectsV2', 1],
  ['agent/s3:PutObject', 1],
  ['agent/s3:GetObject', 1],
]);

function played(broken: boolean): Outcome {
  return {
    broken: broken ? [{ promise: 'a promise', kept: false, seen: 'broken' }] : [],
    digest: '',
    points: POINTS,
    fired: [],
    heals: 1,
    pages: 0,
    calls: 0,
    pagesInVain: 0,
    served: true,
    excuses: [],
    recoveryMs: undefined,
  };
}

describe('schedules', () => {
  test('every single fault can be written and read again', () => {
    const all = [...POINTS].flatMap(([point, nth]) => [...singles(point, [{ nth }])]);
    expect(all.length).toBeGreaterThan(40);
    for (const schedule of all) expect(readSchedule(scheduleText(schedule))).toEqual(schedule);
    expect(new Set(all.map(scheduleText)).size).toBe(all.length);
  });

  test('of every story begin with what no story before has shown', () => {
    const visits = (likes: string) => new Map([['step:fence', [...likes].map((like, n) => ({ nth: n + 1, like }))]]);
    const passed = new Map([
      ['spare', { points: new Map(), visits: visits('ab') }],
      ['unmounted', { points: new Map(), visits: visits('bca') }],
    ]);
    const all = [...plans({ seed: 1, scenarios: ['spare', 'unmounted'], runs: 0, exhaustive: true }, passed)];
    const deaths = all.filter(({ schedule: [fault] }) => fault?.kind === 'dieBefore');
    expect(deaths.map(({ story, schedule: [fault] }) => `${story} ${fault?.nth}`)).toEqual([
      'spare 1',
      'spare 2',
      'unmounted 2',
      'unmounted 1',
      'unmounted 3',
    ]);
    const early = all.filter(({ schedule: [fault] }) => fault?.point === 'trigger');
    expect(early.map(({ story, schedule }) => `${story} ${scheduleText(schedule)}`)).toContain(
      'unmounted twice@trigger#2',
    );
  });

  test('go on after those that were played before', () => {
    const passed = new Map([['spare', { points: POINTS, visits: new Map() }]]);
    const some = { seed: 1, scenarios: ['spare'], runs: 3, exhaustive: true };
    const all = [...plans(some, passed)];
    expect(all.length).toBeGreaterThan(10);
    expect([...plans({ ...some, from: 8 }, passed)]).toEqual(all.slice(8));
    expect([...plans({ ...some, from: all.length }, passed)]).toEqual([]);
  });

  test('random ones are the same for the same seed', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => scheduleText(randomSchedule(POINTS, random)));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test.each([
    'dieBefore',
    'stale@ec2:CreateVolume#1',
    'lost@ec2:DescribeVolumes#1',
    'throttle@ec2:CreateVolume#0',
    'x@y#1',
    'dieLong@guard/ec2:CreateSnapshot#1',
    'dieBefore@keeper/ec2:DescribeVolumes#1',
    'throttle@drill/ec2:DescribeVolumes#1',
    'missing@ec2:CreateVolume#1',
    'busy@host:mount#1',
    'stale@s3:GetObject#1',
    'overdue@s3:HeadObject#1',
    'dieLong@agent/s3:PutObject#1',
    'overdue@agent/s3:GetObject#1',
    'overdue@ec2:CreateVolume#1',
  ])('%s is refused', (text) => expect(() => readSchedule(text)).toThrow(RangeError));
});

describe('what fails is shrunk', () => {
  test('to the faults that matter, each lasting no longer than it must', async () => {
    const guilty = 'errorAfter@ec2:CreateVolume#2x7';
    const player: Player = async ({ schedule }) =>
      played(schedule.some((f) => f.kind === 'errorAfter' && f.nth === 2 && f.times >= 7));
    const schedule = readSchedule('slow@ec2:CreateVolume#1,errorAfter@ec2:CreateVolume#2x30,dieAfter@step:commit#1');
    const plan: Plan = { story: 'file-system', seed: 5, schedule };
    const tally = await explore([plan, { ...plan, schedule: [] }], player, Number.POSITIVE_INFINITY);
    expect(tally.failures.map((f) => scheduleText(f.shortest.schedule))).toEqual([guilty]);
    const lines = failureLines(tally);
    expect(lines).toContain('file-system, seed 5');
    expect(lines).toContain(`npm run simulate -- --scenario file-system --seed 5 --replay '${guilty}'`);
    expect([...tally.byPromise]).toEqual([['a promise', 1]]);
  });

  test('runs that end out of order are counted in the order of their plans', async () => {
    const player: Player = async ({ seed }) => {
      await new Promise((resolve) => setTimeout(resolve, 10 - seed));
      return { ...played(false), digest: String(seed) };
    };
    const many = Array.from({ length: 8 }, (_, seed): Plan => ({ story: 'file-system', seed, schedule: [] }));
    const digest = async (width: number) =>
      (await explore(many, player, Number.POSITIVE_INFINITY, undefined, width)).digest;
    expect(await digest(5)).toBe(await digest(1));
  });

  test('a run that cannot be played ends the exploration', async () => {
    const plan: Plan = { story: 'file-system', seed: 5, schedule: [] };
    const player: Player = () => Promise.reject(new Error('no such operation'));
    await expect(explore([plan, plan], player, Number.POSITIVE_INFINITY, undefined, 2)).rejects.toThrow('no such');
  });

  test('no run is begun when the time is over', async () => {
    const plan: Plan = { story: 'file-system', seed: 5, schedule: [] };
    const tally = await explore([plan], async () => played(false), performance.now() - 1);
    expect([tally.runs, tally.cut]).toEqual([0, true]);
  });
});

describe('options', () => {
  test.each([
    [['--runs', 'many'], /--runs: received "many"; allowed: a whole number/],
    [['--seed', '-1'], /seed/],
    [['--scenario', 'spare,nothing'], /--scenario: received "nothing"; allowed: file-system, /],
    [
      ['--scenario', 'spare,unmounted', '--replay', 'twice@trigger#1'],
      /--replay: received with 2 scenarios; allowed: /,
    ],
    [['--from=-1'], /--from: received "-1"; allowed: a whole number/],
    [['--threads', '0'], /--threads: received "0"; allowed: a whole number from 1 to 64/],
    [['--minutes', '0'], /--minutes: received "0"; allowed: a number above 0/],
    [['--scenario', 'sunshine'], /--scenario: received "sunshine"; allowed: file-system/],
    [['--replay', 'none'], /--replay: received with no scenarios; allowed: /],
    [['--scenario', 'unmounted', '--replay', 'x'], /--replay: received "x"; allowed: KIND@POINT#NTH/],
    [['--fast'], /--fast/],
  ])('%j is refused in one line', (args, message) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(message);
    try {
      readOptions(args);
    } catch (error) {
      expect((error as Error).message).not.toContain('\n');
    }
  });

  test('a replay whose fault did not happen is refused, with where it could have', () => {
    const replayed = (text: string, fired = '') =>
      checkFired(readSchedule(text), { fired: readSchedule(fired), points: POINTS });
    const twice = 'errorAfter@ec2:CreateVolume#1,dieAfter@step:commit#1';
    expect(() => replayed(twice, twice)).not.toThrow();
    expect(() => replayed('none')).not.toThrow();
    expect(() => replayed(`${twice},denied@ec2:CreateVolume#9`, twice)).toThrow(
      '--replay: received "denied@ec2:CreateVolume#9", which did not happen; allowed: ec2:CreateVolume#1 to ec2:CreateVolume#2, while faults still happen',
    );
    expect(() => replayed('denied@ec2:CreateVolumes#1')).toThrow(
      /received "denied@ec2:CreateVolumes#1", which did not happen; allowed: a point of this run: agent\/s3:GetObject, agent\/s3:PutObject, ec2:CreateVolume, ec2:Desc/,
    );
  });
});

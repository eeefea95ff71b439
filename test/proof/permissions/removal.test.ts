import { describe, expect, test } from '@jest/globals';
import { EXPLAINED, stale } from '../../../proof/permissions/explained.ts';
import { readOptions } from '../../../proof/permissions/options.ts';
import { isSound, reportOf } from '../../../proof/permissions/report.ts';
import { personStatements, roleStatements, without } from '../../../proof/permissions/statements.ts';
import type { Grant, Survey } from '../../../proof/permissions/survey.ts';
import { UsageError } from '../../../rehearsal/command/command.ts';
import { node } from '../../rehearsal/child.ts';
import { rolesOf, template } from './support.ts';

const source = template();
const all = roleStatements(source);
/** Those of the other kind of snapshot policy. */
const frozen = roleStatements(template({ snapshots: { consistency: 'application' } })).filter((s) =>
  s.role.startsWith('Snapshots'),
);
/** Those of what is off by default. */
const witness = roleStatements(template({ witness: { enabled: true } })).filter((s) => s.role.startsWith('Witness'));
const find = (role: string, name: string) => {
  const found = all.find((s) => s.role.startsWith(role) && s.name === name);
  if (!found) throw new Error(`no statement ${name} of ${role}`);
  return found;
};

describe('the statements of a template', () => {
  test('are those that the evaluator reads, at the same places', () => {
    for (const [role, statements] of rolesOf(source)) {
      const own = all.filter((s) => s.role.startsWith(role));
      expect(own.map((s) => s.source)).toEqual(expect.arrayContaining(statements.map((s) => s.source)));
    }
    expect(all.length).toBeGreaterThan(60);
  });

  test('can be taken out one by one: nothing else changes', () => {
    for (const statement of all) {
      const left = roleStatements(without(source, statement)).map((s) => s.id);
      expect(left).toEqual(all.filter((s) => s.id !== statement.id).map((s) => s.id));
    }
  });

  test('and so can one action: the others stay, and the last one takes the statement with it', () => {
    const moves = find('Healer', 'MovesVolumes');
    const left = roleStatements(without(source, moves, 'ec2:AttachVolume'));
    expect(left.find((s) => s.role === moves.role && s.name === 'MovesVolumes')?.actions).toEqual(['ec2:DetachVolume']);
    const stops = find('Healer', 'StopsInstances');
    expect(roleStatements(without(source, stops, 'ec2:StopInstances')).some((s) => s.id === stops.id)).toBe(false);
  });
});

/** A survey in which the guard's statement was used, and the explained ones were not. */
function surveyed(over: (grant: Grant) => Partial<Grant> = () => ({})): Survey {
  const grants = [...all, ...frozen, ...witness, ...personStatements(source)].flatMap((statement) =>
    statement.actions.map((action): Grant => ({ statement, action, uses: 0, needs: [] })),
  );
  const explained = (grant: Grant) => reportOf({ grants: [grant], broken: [] } as never, [], false).unused[0]?.why;
  return {
    broken: [],
    grants: grants.map((grant) => ({ ...grant, uses: explained(grant) === undefined ? 1 : 0, ...over(grant) })),
  } as unknown as Survey;
}

describe('the report', () => {
  const guards = find('Guard', 'DeletesVolumes');

  test('is sound where all that is unused is explained', () => {
    expect(isSound(reportOf(surveyed(), [], true), true)).toBe(true);
  });

  test('lists what is allowed and never used', () => {
    const report = reportOf(
      surveyed((g) => (g.statement.id === guards.id ? { uses: 0 } : {})),
      [],
      true,
    );
    expect(report.unused.filter((u) => u.why === undefined)).toEqual([
      { statement: 'Guard: DeletesVolumes (ec2:DeleteVolume)', action: 'ec2:DeleteVolume', why: undefined },
    ]);
    expect(isSound(report, true)).toBe(false);
  });

  test('lists what is not missed when it is taken out', () => {
    const survivor = { statement: guards, action: undefined, noticed: undefined, survives: 'nothing uses it' };
    const report = reportOf(surveyed(), [survivor], true);
    expect(report.survivors).toMatchObject([{ statement: 'Guard: DeletesVolumes (ec2:DeleteVolume)', why: undefined }]);
    expect(isSound(report, true)).toBe(false);
  });

  test('an explanation of what is used, or of nothing, is an error', () => {
    const { grants } = surveyed();
    expect(stale(grants)).toEqual([]);
    const row = { role: 'Guard', why: 'x' };
    expect(stale(grants, [{ ...row, actions: ['ec2:DeleteVolume'] }])).toEqual([
      'Guard: ec2:DeleteVolume explains ec2:DeleteVolume, which is used',
    ]);
    expect(stale(grants, [{ ...row, actions: ['ec2:RunInstances'] }])).toEqual([
      'Guard: ec2:RunInstances explains nothing that a role may do',
    ]);
    for (const { why } of EXPLAINED) expect(why.length).toBeGreaterThan(30);
  });

  test('a scenario that fails by itself proves nothing', () => {
    expect(isSound(reportOf({ ...surveyed(), broken: ['growth'] } as Survey, [], true), true)).toBe(false);
  });
});

/** Statements that two short scenarios need; all of them are taken out by `npm run permissions -- --remove statements`. */
test('without a statement a scenario fails, and names it', () => {
  const { code, stdout, stderr } = node('proof/permissions/main.ts', [
    '--scenario',
    'growth-cut-off',
    '--runs',
    '0',
    '--remove',
    'statements',
    '--json',
  ]);
  if (stdout === '') throw new Error(stderr);
  const { removals, survivors, broken } = JSON.parse(stdout) as ReturnType<typeof reportOf>;
  expect(broken).toEqual([]);
  const missed = new Map(removals.map((r) => [r.statement, r]));
  for (const [statement, denied] of [
    ['Keeper: MakesVolumes (ec2:CreateVolume)', /^ec2:CreateVolume on arn:aws:ec2:.*:volume\/\*$/],
    ['Keeper: TagsNewVolumes (ec2:CreateTags)', /^ec2:CreateTags on /],
    ['Guard: ec2:DescribeInstances, ec2:DescribeLockedSnapshots, ec2:DescribeSnapshots, and 2 more', /^ec2:Describe/],
    ['Fleet: cloudwatch:PutMetricData', /^cloudwatch:PutMetricData on \*$/],
  ] as const)
    expect(missed.get(statement)).toMatchObject({ scenario: 'growth-cut-off', denied: expect.stringMatching(denied) });
  // What this scenario does not use is not missed by it, and is said so.
  expect(survivors).toContainEqual(
    expect.objectContaining({ statement: 'Healer: StopsInstances (ec2:StopInstances)', survives: 'nothing uses it' }),
  );
  expect(code).toBe(0);
});

describe('options', () => {
  test.each([
    [['--remove', 'roles'], /--remove: received "roles"; allowed: statements, actions/],
    [['--scenario', 'none'], /--scenario: received "none"/],
    [['--runs', '-1'], /--runs/],
    [['--runs', 'x'], /--runs: received "x"; allowed: a whole number from 0/],
    [['--to-the-end'], /--to-the-end: received without --remove/],
    [['--what'], /--help lists the options/],
  ])('%j is refused', (args, message) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(message);
  });

  test('all scenarios are played where none is named', () => {
    const command = readOptions(['--remove', 'actions']);
    expect('run' in command && [command.run.remove, command.run.scenarios.length > 30]).toEqual(['actions', true]);
    expect('run' in command && command.run.scenarios).toContain('operator');
    expect('print' in readOptions(['--help'])).toBe(true);
  });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of policy variables
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { resolveTemplate } from '../../../simulator/aws/cloudformation/template.ts';
import {
  type Context,
  collectStatements,
  evaluate,
  readStatements,
  type Statement,
} from '../../../simulator/aws/iam/iam.ts';

const VOLUME = 'arn:aws:ec2:eu-west-1:111122223333:volume/vol-1';

/** The verdict of one policy on one call, in one word. */
function verdict(
  statements: object | object[],
  context: Context = {},
  action = 'ec2:AttachVolume',
  resources = [VOLUME],
) {
  const read = readStatements({ Version: '2012-10-17', Statement: statements }, 'Policy');
  const result = evaluate({ action, resources, context }, read);
  return result.allowed ? 'allowed' : result.reason;
}

const allow = (more: object) => ({ Effect: 'Allow', Action: 'ec2:AttachVolume', Resource: '*', ...more });
const only = (Condition: object) => allow({ Condition });

describe('actions and resources', () => {
  test.each<[string, object | object[], string]>([
    ['no statement for it', allow({ Action: 'ec2:DetachVolume' }), 'implicitDeny'],
    ['action in another case', allow({ Action: 'EC2:attachvolume' }), 'allowed'],
    ['action with wildcards', allow({ Action: 'ec2:?ttach*' }), 'allowed'],
    ['wildcard that is too short', allow({ Action: 'ec2:Attach?' }), 'implicitDeny'],
    ['a dot is no wildcard', allow({ Resource: VOLUME.replace(':', '.') }), 'implicitDeny'],
    ['resource with wildcards', allow({ Resource: 'arn:aws:ec2:*:*:volume/vol-*' }), 'allowed'],
    ['resource in another case', allow({ Resource: VOLUME.toUpperCase() }), 'implicitDeny'],
    ['NotAction that speaks of it', [{ Effect: 'Allow', NotAction: 'ec2:*', Resource: '*' }], 'implicitDeny'],
    ['NotAction that does not', [{ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }], 'allowed'],
    ['NotResource', [{ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:ec2:*:*:volume/*' }], 'implicitDeny'],
    ['deny wins whatever the order', [allow({}), allow({ Effect: 'Deny' })], 'explicitDeny'],
    ['a deny elsewhere', [allow({ Effect: 'Deny', Resource: 'arn:aws:ec2:*:*:instance/*' }), allow({})], 'allowed'],
  ])('%s', (_name, statements, expected) => {
    expect(verdict(statements)).toBe(expected);
  });

  test('every resource of a call must be allowed', () => {
    const instance = 'arn:aws:ec2:eu-west-1:111122223333:instance/i-1';
    const volumes = allow({ Resource: 'arn:aws:ec2:*:*:volume/*' });
    const instances = allow({ Resource: 'arn:aws:ec2:*:*:instance/*' });
    expect(verdict(volumes, {}, 'ec2:AttachVolume', [VOLUME, instance])).toBe('implicitDeny');
    expect(verdict([volumes, instances], {}, 'ec2:AttachVolume', [VOLUME, instance])).toBe('allowed');
  });

  test('an action without resource-level permissions needs the resource *', () => {
    const ofVolumes = { Effect: 'Allow', Action: 'ec2:DescribeVolumes', Resource: 'arn:aws:ec2:*:*:volume/*' };
    expect(verdict(ofVolumes, {}, 'ec2:DescribeVolumes', ['*'])).toBe('implicitDeny');
    expect(verdict({ ...ofVolumes, Resource: '*' }, {}, 'ec2:DescribeVolumes', ['*'])).toBe('allowed');
  });

  test('more statements that allow never take anything away, and denies never add', () => {
    const pattern = fc.constantFrom('*', VOLUME, 'arn:aws:ec2:*:*:instance/*', `${VOLUME.slice(0, -1)}?`);
    const action = fc.constantFrom('*', 'ec2:*', 'ec2:AttachVolume', 'ec2:Detach*');
    const statement = fc.record({ Effect: fc.constantFrom('Allow', 'Deny'), Action: action, Resource: pattern });
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1 }), statement, (policy, extra) => {
        const [before, after] = [verdict(policy), verdict([...policy, extra])];
        if (extra.Effect === 'Allow') expect(before === 'allowed' && after !== 'allowed').toBe(false);
        else expect(before !== 'allowed' && after === 'allowed').toBe(false);
      }),
    );
  });
});

describe('conditions', () => {
  const context = {
    'aws:ResourceTag/stack': 'Remount',
    'ec2:Encrypted': 'true',
    'ec2:VolumeSize': '20',
    'ec2:ParentVolume': VOLUME,
    'aws:TagKeys': ['stack', 'role'],
  };
  test.each<[string, object, boolean]>([
    ['equal', { StringEquals: { 'aws:ResourceTag/stack': ['Other', 'Remount'] } }, true],
    ['key in another case', { StringEquals: { 'AWS:resourcetag/STACK': 'Remount' } }, true],
    ['value in another case', { StringEquals: { 'aws:ResourceTag/stack': 'remount' } }, false],
    ['ignoring case', { StringEqualsIgnoreCase: { 'aws:ResourceTag/stack': 'remount' } }, true],
    ['StringEquals takes * for itself', { StringEquals: { 'aws:ResourceTag/stack': 'Re*' } }, false],
    ['StringLike', { StringLike: { 'aws:ResourceTag/stack': 'Re*' } }, true],
    ['StringNotEquals to one of two', { StringNotEquals: { 'aws:ResourceTag/stack': ['a', 'Remount'] } }, false],
    ['StringNotLike', { StringNotLike: { 'aws:ResourceTag/stack': 'x*' } }, true],
    ['missing key, positive', { StringEquals: { 'aws:ResourceTag/none': 'x' } }, false],
    ['missing key, negated', { StringNotEquals: { 'aws:ResourceTag/none': 'x' } }, true],
    ['missing key, IfExists', { StringEqualsIfExists: { 'aws:ResourceTag/none': 'x' } }, true],
    ['present key, IfExists', { StringEqualsIfExists: { 'aws:ResourceTag/stack': 'x' } }, false],
    ['Bool', { Bool: { 'ec2:Encrypted': true } }, true],
    ['Null, present', { Null: { 'ec2:Encrypted': 'false' } }, true],
    ['Null, absent', { Null: { 'ec2:CreateAction': 'true' } }, true],
    ['Null, wrongly', { Null: { 'ec2:Encrypted': 'true' } }, false],
    ['numbers as numbers', { NumericLessThan: { 'ec2:VolumeSize': '100' } }, true],
    ['ArnLike', { ArnLike: { 'ec2:ParentVolume': 'arn:aws:ec2:*:*:volume/*' } }, true],
    ['ArnLike does not span parts', { ArnLike: { 'ec2:ParentVolume': 'arn:*' } }, false],
    ['all of several keys', { StringEquals: { 'aws:ResourceTag/stack': 'Remount', 'ec2:Encrypted': 'no' } }, false],
    ['ForAllValues, all in', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['stack', 'role', 'x'] } }, true],
    ['ForAllValues, one not', { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['stack'] } }, false],
    ['ForAllValues, no key', { 'ForAllValues:StringEquals': { 'aws:None': ['stack'] } }, true],
    ['ForAnyValue', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['role'] } }, true],
    ['ForAnyValue, no key', { 'ForAnyValue:StringEquals': { 'aws:None': ['role'] } }, false],
  ])('%s', (_name, condition, expected) => {
    expect(verdict(only(condition), context)).toBe(expected ? 'allowed' : 'implicitDeny');
  });

  test('a key with several values needs a set operator', () => {
    expect(() => verdict(only({ StringEquals: { 'aws:TagKeys': 'stack' } }), context)).toThrow(/aws:TagKeys/);
  });
});

test.each<[object, RegExp]>([
  [only({ DateGreaterThan: { 'aws:CurrentTime': '2026' } }), /Statement\[0\].*operator DateGreaterThan is not known/],
  [only({ 'ForSomeValues:StringEquals': { a: 'b' } }), /ForSomeValues:StringEquals is not known/],
  [allow({ Resource: 'arn:aws:s3:::b/${aws:username}' }), /Resource: policy variable/],
  [allow({ Principal: '*' }), /Policy\.Statement\[0\]\.Principal: unknown/],
  [allow({ NotAction: 'x' }), /must have one of Action and NotAction/],
  [allow({ Effect: 'allow' }), /must be Allow or Deny, got "allow"/],
])('%j is refused', (statement, message) => {
  expect(() => verdict(statement)).toThrow(message);
});

test('a denial says what to add, and what nearly allowed it', () => {
  const statement = { Sid: 'Own', ...only({ StringEquals: { 'aws:ResourceTag/stack': 'Remount' } }) };
  const read = readStatements({ Version: '2012-10-17', Statement: [statement] }, 'P');
  const result = evaluate({ action: 'ec2:AttachVolume', resources: [VOLUME], context: {} }, read);
  expect(result).toMatchObject({ allowed: false, missing: expect.stringContaining('"Action":"ec2:AttachVolume"') });
  expect(result).toMatchObject({ missing: expect.stringContaining(VOLUME) });
  expect(result).toMatchObject({
    missing: expect.stringContaining(
      '(Own) would allow it but for StringEquals aws:ResourceTag/stack wants Remount, got nothing',
    ),
  });
});

describe('collecting the statements of a role', () => {
  const document = (Action: string) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
  });
  const inline = (Action: string) => ({ PolicyName: 'p', PolicyDocument: document(Action) });
  const resources = (role: object) => ({
    Role: { Type: 'AWS::IAM::Role', Properties: role },
    Stranger: { Type: 'AWS::IAM::Role', Properties: { Policies: [inline('x:Stranger')] } },
    Attached: {
      Type: 'AWS::IAM::Policy',
      Properties: { ...inline('x:Attached'), Roles: [{ Ref: 'Role' }] },
    },
    Other: { Type: 'AWS::IAM::Policy', Properties: { ...inline('x:Other'), Roles: [{ Ref: 'Stranger' }] } },
    Managed: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: document('x:Managed') } },
    Listing: {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { PolicyDocument: document('x:Listing'), Roles: [{ Ref: 'Role' }] },
    },
  });
  const statementsOf = (role: object) => {
    const resolved = resolveTemplate(
      { Resources: resources(role) },
      { region: 'eu-west-1', account: '1', references: (id) => ({ ref: `ref-${id}`, attributes: {} }) },
    );
    return collectStatements(resolved, 'Role');
  };
  const collect = (role: object) => statementsOf(role).flatMap((statement) => statement.actions);

  test('takes what is inline, attached, and managed', () => {
    const durable = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicDurableExecutionRolePolicy';
    const actions = collect({
      Policies: [inline('x:Inline')],
      ManagedPolicyArns: [{ Ref: 'Managed' }, durable],
    });
    expect(actions).toEqual(expect.arrayContaining(['x:Inline', 'x:Attached', 'x:Managed', 'x:Listing']));
    expect(actions).toContain('lambda:CheckpointDurableExecution');
    expect(actions).not.toContain('x:Stranger');
    expect(actions).not.toContain('x:Other');
  });

  test('refuses what it does not know', () => {
    expect(() => collect({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] })).toThrow(
      /Role\.Properties\.ManagedPolicyArns: managed policy .*AdministratorAccess is not known/,
    );
    expect(() => collect({ PermissionsBoundary: 'arn:x' })).toThrow(
      /Role\.Properties\.PermissionsBoundary: managed policy arn:x is not known/,
    );
  });

  test('the boundary is of the template or of AWS, and is distinguished from what it limits', () => {
    const of = (PermissionsBoundary: unknown) =>
      statementsOf({ Policies: [inline('x:Inline')], PermissionsBoundary }).filter((s) => s.boundary);
    expect(of({ Ref: 'Managed' }).flatMap((s) => s.actions)).toEqual(['x:Managed']);
    const ssm = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';
    expect(of(ssm).flatMap((s) => s.actions)).toContain('ssm:GetDocument');
  });
});

describe('a permissions boundary', () => {
  const read = (...statements: object[]) => readStatements({ Version: '2012-10-17', Statement: statements }, 'P');
  const limit = (...statements: object[]): Statement[] => read(...statements).map((s) => ({ ...s, boundary: true }));
  const judged = (...statements: Statement[]) =>
    evaluate({ action: 'ec2:AttachVolume', resources: [VOLUME], context: {} }, statements);

  test('allows nothing by itself', () => {
    expect(judged(...limit(allow({})))).toMatchObject({ allowed: false, reason: 'implicitDeny' });
  });

  test('limits what the other policies allow, and says that it does', () => {
    const elsewhere = limit(allow({ Resource: 'arn:aws:ec2:*:*:instance/*' }));
    expect(judged(...read(allow({})), ...limit(allow({ Action: 'ec2:*' }))).allowed).toBe(true);
    expect(judged(...read(allow({})), ...elsewhere)).toMatchObject({
      allowed: false,
      reason: 'implicitDeny',
      missing: expect.stringMatching(/^the permissions boundary needs .*"ec2:AttachVolume".*instance/),
    });
  });

  test('what it denies is denied', () => {
    const denies = limit(allow({}), allow({ Effect: 'Deny' }));
    expect(judged(...read(allow({})), ...denies)).toMatchObject({ allowed: false, reason: 'explicitDeny' });
  });

  test('the statements that allow a call are never those of the boundary', () => {
    const verdict = judged(...read(allow({ Sid: 'Own' })), ...limit(allow({ Sid: 'Limit' })));
    expect(verdict.allowed && [...verdict.by.values()].flat().map((s) => s.source)).toEqual(['P.Statement[0] (Own)']);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LEDGER, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { Asked } from '../../../proof/permissions/asking.ts';
import type { Report } from '../../../proof/permissions/report.ts';
import { READING } from '../../../simulator/aws/iam/foreign-actions.ts';
import { type Context, evaluate } from '../../../simulator/aws/iam/iam.ts';
import { REGION, ROOT } from '../../lib/support.ts';
import { node } from '../../rehearsal/child.ts';
import { ACCOUNT, holdersOf, STACK, template, whoMay } from './support.ts';

/** What people may do by the command line, and must not. With an intake there is most of it. */
const holders = holdersOf(template({ intake: { enabled: true } }));
const BOTH = ['Operator', 'Viewer'];
const statementsOf = (name: string) => holders.get(name) ?? [];

/** Who may do this there. */
function may(action: string, resource: string, context: Context = {}): string[] {
  const request = { action, resources: [resource], context: { 'aws:RequestedRegion': REGION, ...context } };
  return BOTH.filter((name) => evaluate(request, statementsOf(name)).allowed);
}

describe('resources', () => {
  /**
   * docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html, list_awssystemsmanager.html, list_amazoncloudwatch.html: for
   * these AWS knows no resources, or none that a metric is in.
   */
  const UNSCOPED = [
    'cloudwatch:GetMetricData',
    'ec2:DescribeInstanceStatus',
    'ec2:DescribeInstances',
    'ec2:DescribeSnapshots',
    'ec2:DescribeVolumes',
    'ec2:DescribeVpcEndpoints',
    'ssm:DescribeInstanceInformation',
  ];
  /** Of a command by its id. */
  const HEARING = 'ssm:GetCommandInvocation';

  test.each([
    ['Operator', [...UNSCOPED, HEARING]],
    ['Viewer', UNSCOPED],
  ])('of what %s has are named, but for actions that AWS knows none for', (name, unscoped) => {
    const wide = statementsOf(name).filter(({ resources }) => resources.includes('*'));
    expect(wide.flatMap(({ actions }) => actions)).toEqual(unscoped);
  });

  test('and these are asked in the Region of the stack alone', () => {
    for (const action of UNSCOPED) {
      expect(may(action, '*')).toEqual(BOTH);
      expect(may(action, '*', { 'aws:RequestedRegion': 'us-east-1' })).toEqual([]);
    }
    expect(may(HEARING, '*')).toEqual(['Operator']);
    expect(may(HEARING, '*', { 'aws:RequestedRegion': 'us-east-1' })).toEqual([]);
  });

  test('are a pattern only where nobody knows the name before', () => {
    const patterns = statementsOf('Operator').flatMap(({ resources }) =>
      resources.filter((each) => /.[*?]/.test(each)),
    );
    expect(patterns.sort()).toEqual([
      'arn:aws:any:::BundlesBucketB9647150/bundles/*',
      'arn:aws:any:::DrillFunctionFA872318:*',
      'arn:aws:any:::HealerFunction7F1CB672:*',
      'arn:aws:any:::IntakeBucketDF3620F2/answers/*',
      'arn:aws:any:::IntakeBucketDF3620F2/intake/*.zip',
      'arn:aws:any:::JournalBucket5A21B06D/journal/*',
      'arn:aws:any:::PagesBucket1F9960AC/incidents/*',
      `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${STACK}/*`,
      `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:*`,
      ...['instance', 'instance', 'volume', 'volume'].map((kind) => `arn:aws:ec2:${REGION}:${ACCOUNT}:${kind}/*`),
    ]);
  });

  test('no action is a pattern, and nobody is denied anything', () => {
    for (const name of BOTH)
      for (const { allow, actions, exceptActions, exceptResources } of statementsOf(name))
        expect([allow, exceptActions, exceptResources, actions.filter((action) => /[*?]/.test(action))]).toEqual([
          ...[true, false, false],
          [],
        ]);
  });
});

test('a viewer has what looks of the operator’s policy, to the letter, and nothing that changes something', () => {
  const [operator, viewer] = BOTH.map((name) =>
    statementsOf(name).map(({ source, conditions, ...rest }) => ({
      ...rest,
      conditions: conditions.map(({ operator, key, values }) => ({ operator, key, values })),
    })),
  );
  // What opens pages for a viewer opens uploads for an operator, too.
  expect(viewer?.at(-1)?.actions).toEqual(['kms:Decrypt']);
  expect(operator?.slice(0, (viewer?.length ?? 0) - 1)).toEqual(viewer?.slice(0, -1));
  const actions = (viewer ?? []).flatMap((statement) => statement.actions);
  expect(actions.filter((action) => !READING.test(action))).toEqual(['dynamodb:Query', 'kms:Decrypt', 'kms:Decrypt']);
  expect(actions).toHaveLength(16);
});

describe('another stack’s', () => {
  test.each([
    ['cloudformation:DescribeStacks', `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${STACK}2/*`],
    ['sns:GetTopicAttributes', `arn:aws:sns:${REGION}:${ACCOUNT}:Another`],
    ['dynamodb:GetItem', `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/Another`],
    ['lambda:InvokeFunction', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:Another:live`],
    ['lambda:ListDurableExecutionsByFunction', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:Another`],
    ['lambda:GetDurableExecution', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:Another:1/durable-execution/x/y`],
    ['s3:PutObject', 'arn:aws:s3:::another/intake/alpha/x.zip'],
  ])('%s is asked of nobody', (action, resource) => expect(may(action, resource)).toEqual([]));
});

test('functions are started by their alias, and only those two', () => {
  const alias = (id: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${id}:live`;
  for (const id of ['HealerLive5022AE03', 'DrillLive9DE6272F'])
    expect(may('lambda:InvokeFunction', alias(id))).toEqual(['Operator']);
  for (const id of ['HealerFunction7F1CB672', 'KeeperFunction7330A899', 'GuardFunction9CCE20FB'])
    expect(may('lambda:InvokeFunction', `arn:aws:any:::${id}`)).toEqual([]);
});

describe('of the ledger', () => {
  const table = 'arn:aws:any:::LedgerTable9343E4AA';
  const key = (of: string) => ({ 'dynamodb:LeadingKeys': [of] });

  test('entries of volumes are read, and nothing else', () => {
    for (const action of ['dynamodb:GetItem', 'dynamodb:Query']) {
      expect(may(action, table, key(`${LEDGER.volume}alpha`))).toEqual(BOTH);
      expect(may(action, table, key(LEDGER.guard))).toEqual([]);
    }
    for (const action of ['PutItem', 'UpdateItem', 'DeleteItem', 'Scan'])
      expect(may(`dynamodb:${action}`, table, key(`${LEDGER.volume}alpha`))).toEqual([]);
  });

  test('the key is used through DynamoDB and S3 alone, and by uploads to seal', () => {
    const used = (service: string) => ({ 'kms:ViaService': `${service}.${REGION}.amazonaws.com` });
    const stack = 'arn:aws:any:::Key961B73FD';
    expect(may('kms:Decrypt', stack, used('dynamodb'))).toEqual(BOTH);
    expect(may('kms:Decrypt', stack, used('s3'))).toEqual(BOTH);
    expect(may('kms:GenerateDataKey', stack, used('s3'))).toEqual(['Operator']);
    expect(may('kms:GenerateDataKey', stack, used('dynamodb'))).toEqual([]);
    for (const context of [{}, used('ec2'), used('lambda')]) expect(may('kms:Decrypt', stack, context)).toEqual([]);
  });
});

describe('volumes', () => {
  const ROLES = Object.values(VOLUME_ROLE);
  const ours = { [TAG.stack]: STACK, [TAG.volume]: 'alpha' };
  const WORLD: Record<string, Record<string, string>> = {
    'vol-nobodys': {},
    'snap-quarantined': ours,
    'i-ours': ours,
    'i-theirs': { ...ours, [TAG.stack]: 'Another' },
    'i-nobodys': {},
  };
  for (const role of ROLES) {
    WORLD[`vol-${role}`] = { ...ours, [TAG.role]: role };
    WORLD[`vol-theirs-${role}`] = { ...ours, [TAG.stack]: 'Another', [TAG.role]: role };
    WORLD[`snap-${role}`] = { ...ours, [TAG.role]: role };
  }
  const who = whoMay(holders, WORLD);
  const tagging = (id: string, tags: Record<string, string>) =>
    who('ec2', 'CreateTags', { Resources: [id], Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) });

  test('go from quarantine to discarded, and by no other step', () => {
    const steps = Object.keys(WORLD).flatMap((id) =>
      ROLES.flatMap((role) => tagging(id, { [TAG.role]: role }).map((by) => `${by}: ${id} -> ${role}`)),
    );
    expect(steps).toEqual(['Operator: vol-quarantined -> discarded']);
  });

  test('get no other tag, and no other beside it', () => {
    for (const tag of Object.values(TAG)) {
      if (tag !== TAG.role) expect([tag, tagging('vol-quarantined', { [tag]: 'true' })]).toEqual([tag, []]);
      const beside = tagging('vol-quarantined', { [TAG.role]: VOLUME_ROLE.discarded, [tag]: 'true' });
      if (tag !== TAG.role) expect([tag, beside]).toEqual([tag, []]);
    }
  });

  test('are detached by an operator where they are in quarantine, from a host of the stack, and nowhere else', () => {
    const hosts = Object.keys(WORLD).filter((id) => id.startsWith('i-'));
    const volumes = Object.keys(WORLD).filter((id) => id.startsWith('vol-'));
    const detached = volumes.flatMap((VolumeId) =>
      hosts.flatMap((InstanceId) =>
        who('ec2', 'DetachVolume', { VolumeId, InstanceId }).map((by) => `${by}: ${VolumeId} from ${InstanceId}`),
      ),
    );
    expect(detached).toEqual(['Operator: vol-quarantined from i-ours']);
  });

  test('are asked about by the one document, and at hosts of the stack alone', () => {
    const documents = statementsOf('Operator').flatMap(({ resources }) =>
      resources.filter((each) => /:document\//.test(each)),
    );
    expect(documents).toHaveLength(1);
    expect(documents[0]).toContain('HostUnused');
    const host = `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-1`;
    const of = (stack: string) => ({ [`ssm:resourceTag/${TAG.stack}`]: stack });
    expect(may('ssm:SendCommand', documents[0] ?? '')).toEqual(['Operator']);
    expect(may('ssm:SendCommand', (documents[0] ?? '').replace('HostUnused', 'HostRelease'))).toEqual([]);
    expect(may('ssm:SendCommand', host, of(STACK))).toEqual(['Operator']);
    for (const context of [of('Another'), {}]) expect(may('ssm:SendCommand', host, context)).toEqual([]);
  });

  test('are neither deleted, attached, copied nor taken off a tag', () => {
    for (const VolumeId of Object.keys(WORLD).filter((id) => id.startsWith('vol-'))) {
      expect(who('ec2', 'DeleteVolume', { VolumeId })).toEqual([]);
      expect(who('ec2', 'AttachVolume', { VolumeId, InstanceId: 'i-ours', Device: '/dev/sdf' })).toEqual([]);
      expect(who('ec2', 'CreateSnapshot', { VolumeId })).toEqual([]);
      expect(who('ec2', 'DeleteTags', { Resources: [VolumeId], Tags: [{ Key: TAG.role }] })).toEqual([]);
    }
  });
});

test('of the intake zips are written, and answers read', () => {
  const at = (key: string) => `arn:aws:any:::IntakeBucketDF3620F2/${key}`;
  expect(may('s3:PutObject', at('intake/alpha/x.zip'))).toEqual(['Operator']);
  expect(may('s3:GetObject', at('answers/alpha/x/1.json'))).toEqual(['Operator']);
  for (const key of ['answers/alpha/x/1.json', 'files/alpha/x/a', 'intake/alpha/x.sha256'])
    expect([key, may('s3:PutObject', at(key))]).toEqual([key, []]);
  expect(may('s3:GetObject', at('intake/alpha/x.zip'))).toEqual([]);
  expect(may('s3:DeleteObject', at('intake/alpha/x.zip'))).toEqual([]);
  const listing = (prefix: string) => may('s3:ListBucket', at('').slice(0, -1), { 's3:prefix': prefix });
  expect(listing('answers/alpha/')).toEqual(['Operator']);
  expect(listing('intake/')).toEqual([]);
  const versions = (prefix: string) => may('s3:ListBucketVersions', at('').slice(0, -1), { 's3:prefix': prefix });
  expect(['intake/alpha/x', 'answers/', ''].map((prefix) => versions(prefix))).toEqual([['Operator'], [], []]);
  expect(may('s3:ListBucketMultipartUploads', at('').slice(0, -1))).toEqual(['Operator']);
  expect(may('s3:ListMultipartUploadParts', at('intake/alpha/x.zip'))).toEqual(['Operator']);
  for (const key of ['answers/alpha/x/1.json', 'intake/alpha/x.sha256'])
    expect([key, may('s3:ListMultipartUploadParts', at(key))]).toEqual([key, []]);
  expect(may('s3:AbortMultipartUpload', at('intake/alpha/x.zip'))).toEqual([]);
});

test('of the pages of incidents each is read, none is written, and nobody lists them', () => {
  const bucket = 'arn:aws:any:::PagesBucket1F9960AC';
  const page = `${bucket}/incidents/alpha/3f0c.html`;
  expect(may('s3:GetObject', page)).toEqual(BOTH);
  for (const action of ['PutObject', 'DeleteObject', 'GetObjectVersion']) expect(may(`s3:${action}`, page)).toEqual([]);
  expect(may('s3:GetObject', `${bucket}/another`)).toEqual([]);
  expect(may('s3:ListBucket', bucket)).toEqual([]);
});

test('without an intake or a journal nothing is said of one, and without drills none is started', () => {
  const settings = { drills: { enabled: false }, journal: { enabled: false } };
  const bare = holdersOf(template(settings)).get('Operator') ?? [];
  expect(bare.flatMap(({ actions }) => actions.filter((action) => action.startsWith('s3:')))).toEqual(['s3:GetObject']);
  const started = bare.filter(({ actions }) => actions.includes('lambda:InvokeFunction'));
  expect(started.flatMap(({ resources }) => resources)).toHaveLength(1);
});

describe('every command of remount, at a day that is held', () => {
  const { code, stdout, stderr } = node('proof/permissions/main.ts', [
    ...['--scenario', 'operator', '--remove', 'actions', '--json'],
  ]);
  if (stdout === '') throw new Error(stderr);
  const { removals, survivors, unused, broken, commands } = JSON.parse(stdout) as Report & Pick<Asked, 'commands'>;

  test('does its work with the policy; a viewer is refused what changes something, by name', () => {
    expect(broken).toEqual([]);
    expect(Object.keys(commands)).toHaveLength(12);
  });

  test('says what it could not ask, whichever action is taken out', () => {
    expect(survivors.filter(({ why }) => why === undefined)).toEqual([]);
    expect(unused.map(({ action }) => action)).toEqual([]);
    const all = BOTH.flatMap((name) => statementsOf(name).flatMap(({ actions }) => actions));
    expect(removals).toHaveLength(all.length - unused.length);
    expect(code).toBe(0);
  });

  test('is in the documentation with what it needs', () => {
    const rows = readFileSync(join(ROOT, 'docs/operate.md'), 'utf8').matchAll(/^\| `(\w+)` \| (.*?) \| (.*?) \|$/gm);
    const sids = new Map<string, string>();
    for (const [, sid = '', , needed = ''] of rows) sids.set(sid, needed);
    const named = (text: string) => [...text.matchAll(/`([\w -]+)`/g)].map(([, name = '']) => name);
    for (const sid of new Set(Object.values(commands).flat())) {
      // What opens the ledger stands beside what reads it.
      if (sid === 'OpensLedger') continue;
      const users = Object.keys(commands).filter((command) => commands[command]?.includes(sid));
      const told = sids.get(sid) === 'every command' ? Object.keys(commands) : named(sids.get(sid) ?? '');
      expect([sid, told.sort()]).toEqual([sid, users.sort()]);
    }
  });
});

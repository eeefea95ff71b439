import { describe, expect, test } from '@jest/globals';
import { Fn, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type DeployedPolicy, ENV, scheduleTagValue, TAG } from '../../contract/contract.ts';
import { HostSoftware } from '../../lib/host-software.ts';
import { type ILedger, Ledger } from '../../lib/ledger.ts';
import { SettingsError } from '../../lib/props/refusal.ts';
import { type ISnapshotSchedule, SnapshotSchedule } from '../../lib/snapshot-schedule.ts';
import { VolumeGuard } from '../../lib/volume-guard.ts';
import { allowing, contentVolumes, onlyOne, REGION, type Statement, someStack, statementsOf, text } from './support.ts';

const GRANTS = ['grantActing', 'grantNoting', 'grantReading', 'grantAsking', 'grantViewing'] as const;

/** What each grant of a ledger allows, in a stack of its own. */
function granted(ledgerOf: (stack: Stack, key: Key) => ILedger): Record<string, Statement[]> {
  const stack = someStack();
  const ledger = ledgerOf(stack, new Key(stack, 'Key'));
  for (const grant of GRANTS)
    ledger[grant](new Role(stack, grant, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }));
  const template = Template.fromStack(stack);
  return Object.fromEntries(GRANTS.map((grant) => [grant, statementsOf(template, new RegExp(`^${grant}`))]));
}

describe('a ledger that is imported', () => {
  const TABLE = 'Shop-LedgerTable9343E4AA-1ABCDEFGHIJKL';
  const old = (stack: Stack, key: Key) => Ledger.fromLedgerAttributes(stack, 'Ledger', { tableName: TABLE, key });

  test.each(GRANTS)('%s gives leave as that of this stack does, to its table and its key', (grant) => {
    const [its, own] = [old, (stack: Stack, key: Key) => new Ledger(stack, 'Ledger', { key })].map(
      (made) => granted(made)[grant] ?? [],
    );
    const arn = `arn:aws:dynamodb:${REGION}:\${AWS::AccountId}:table/${TABLE}`;
    const [reading] = its ?? [];
    expect(reading?.resources).toEqual([arn]);
    const asOwn = (own ?? []).map((statement) => ({
      ...statement,
      resources: statement.resources.map((resource) => (resource.includes('Ledger') ? arn : resource)),
    }));
    expect(its).toEqual(asOwn);
  });

  test('makes no table, and is what instances ask after a boot', () => {
    const stack = someStack();
    const software = new HostSoftware(stack, 'Software', { ledger: old(stack, new Key(stack, 'Key')) });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    expect(JSON.stringify(stack.resolve(software.document.content))).toContain(TABLE);
  });

  test.each([
    ['', 'received ""'],
    ['ab', 'received "ab"'],
    [`arn:aws:dynamodb:${REGION}:111122223333:table/Shop`, 'received "arn:aws:dynamodb'],
  ])('is refused with the name "%s"', (tableName, said) => {
    const stack = someStack();
    const key = new Key(stack, 'Key');
    let n = 0;
    const made = () => Ledger.fromLedgerAttributes(stack, `Ledger${n++}`, { tableName, key });
    expect(made).toThrow(SettingsError);
    expect(made).toThrow(`tableName: ${said}`);
    expect(made).toThrow('allowed: 3 to 255 letters, digits, _, - and . (the name of a table, and not its ARN)');
  });

  test('may have a name that is known at deployment only', () => {
    const stack = someStack();
    const tableName = Fn.importValue('ShopLedger');
    const ledger = Ledger.fromLedgerAttributes(stack, 'Ledger', { tableName, key: new Key(stack, 'Key') });
    expect(stack.resolve(ledger.table.tableName)).toEqual({ 'Fn::ImportValue': 'ShopLedger' });
  });
});

describe('a schedule that is imported', () => {
  const deployed: DeployedPolicy = {
    id: 'policy-0123456789abcdef0',
    targetTag: { key: TAG.schedule, value: scheduleTagValue('Shop') },
    keepHours: 24,
    schedules: [{ name: 'hourly-at-00', time: '00:00' }],
  };
  const policyArn = `arn:aws:dlm:${REGION}:111122223333:policy/${deployed.id}`;
  const imported = (stack: Stack, some: Partial<{ policyArn: string; deployed: DeployedPolicy }> = {}) =>
    SnapshotSchedule.fromSnapshotScheduleAttributes(stack, 'Snapshots', { policyArn, deployed, ...some });

  function guarded(scheduleOf: (stack: Stack) => ISnapshotSchedule): Template {
    const stack = someStack();
    const key = new Key(stack, 'Key');
    const [volumes, people] = [contentVolumes(stack, ['alpha']), new Topic(stack, 'People', { masterKey: key })];
    const ledger = new Ledger(stack, 'Ledger', { key });
    const schedule = scheduleOf(stack);
    new VolumeGuard(stack, 'Guard', { stackName: 'Shop', volumes, key, people, ledger, schedule });
    return Template.fromStack(stack);
  }

  test('makes no policy: a guard asks for the one that there is, and compares it with what was deployed', () => {
    const template = guarded(imported);
    template.resourceCountIs('AWS::DLM::LifecyclePolicy', 0);
    const asking = allowing(statementsOf(template, /^Guard/), 'dlm:GetLifecyclePolicy');
    expect(asking.flatMap(({ resources }) => resources)).toEqual([policyArn]);
    const { Variables } = onlyOne(template, 'AWS::Lambda::Function').Properties.Environment as {
      Variables: Record<string, unknown>;
    };
    expect(JSON.parse(text(Variables[ENV.policy]))).toEqual(deployed);
  });

  test('may be one of another stack of the app', () => {
    const stack = someStack();
    const other = new Stack(Stack.of(stack).node.root as Stack, 'Copies', { env: { region: REGION } });
    const schedule = new SnapshotSchedule(other, 'Snapshots', { stackName: 'Shop', key: new Key(other, 'Key') });
    const { policyArn: arn } = imported(stack, { policyArn: schedule.policyArn, deployed: schedule.deployed });
    expect(stack.resolve(arn)).toEqual(stack.resolve(schedule.policyArn));
  });

  test.each<[what: string, some: Partial<{ policyArn: string; deployed: DeployedPolicy }>, line: string]>([
    [
      'an id for an ARN',
      { policyArn: deployed.id },
      `policyArn: received "${deployed.id}"; allowed: the ARN of a policy of Data Lifecycle Manager`,
    ],
    [
      'the ARN of something else',
      { policyArn: `arn:aws:iam::111122223333:policy/${deployed.id}` },
      `policyArn: received "arn:aws:iam::111122223333:policy/${deployed.id}"; allowed: the ARN of a policy of Data Lifecycle Manager`,
    ],
    [
      'what was deployed of another policy',
      { deployed: { ...deployed, id: 'policy-0fedcba9876543210' } },
      `deployed: received "policy-0fedcba9876543210"; allowed: what SnapshotSchedule.deployed has of ${policyArn}`,
    ],
  ])('is refused with %s', (_, some, line) => {
    expect(() => imported(someStack(), some)).toThrow(new SettingsError(line));
  });
});

import { describe, expect, test } from '@jest/globals';
import { Size } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ENV, TAG } from '../../contract/contract.ts';
import { readClaim } from '../../lambda/keep/claim.ts';
import { ContentVolume } from '../../lib/content-volume.ts';
import { HostDocuments } from '../../lib/internal/host-documents.ts';
import { Ledger } from '../../lib/ledger.ts';
import { VolumeKeeper } from '../../lib/volume-keeper.ts';
import { allowing, mutating, onlyOne, REGION, statementsOf, templateOf } from './support.ts';

const template = templateOf((stack) => {
  const key = new Key(stack, 'Key');
  const keeper = new VolumeKeeper(stack, 'Keeper', {
    stackName: 'Shop',
    ledger: new Ledger(stack, 'Ledger', { key }),
    documents: new HostDocuments(stack, 'Host'),
    people: new Topic(stack, 'People'),
    key,
  });
  const size = { size: Size.gibibytes(200), iops: 4000, throughputMiBs: 500 };
  new ContentVolume(stack, 'Alpha', { keeper, volumeName: 'alpha', availabilityZone: 'eu-west-1b', ...size });
});
const keeper = onlyOne(template, 'AWS::Lambda::Function');

describe('a content volume', () => {
  const claim = onlyOne(template, 'Custom::RemountContentVolume');

  test('asks the keeper for what the settings say, in words that the keeper reads', () => {
    const { ServiceToken, ServiceTimeout, ...properties } = claim.Properties;
    expect(ServiceToken).toEqual({ 'Fn::GetAtt': [keeper.id, 'Arn'] });
    expect(Number(ServiceTimeout)).toBeGreaterThanOrEqual(Number(keeper.Properties.Timeout));
    expect(properties).toEqual({
      Volume: 'alpha',
      Zone: 'eu-west-1b',
      SizeGiB: '200',
      VolumeType: 'gp3',
      Iops: '4000',
      ThroughputMiBs: '500',
    });
    expect(readClaim({ ServiceToken: '', ...properties })).toMatchObject({
      volume: 'alpha',
      zone: 'eu-west-1b',
      sizeGiB: 200,
      type: 'gp3',
      iops: 4000,
      throughputMiBs: 500,
    });
  });

  test('is no volume of CloudFormation, which would go on with the quarantined one after a replacement', () => {
    template.resourceCountIs('AWS::EC2::Volume', 0);
  });
});

describe('the keeper', () => {
  const requested = { [`aws:RequestTag/${TAG.stack}`]: 'Shop', [`aws:RequestTag/${TAG.role}`]: 'current' };
  const sound = {
    StringEquals: { [`aws:ResourceTag/${TAG.stack}`]: 'Shop' },
    StringNotEquals: { [`aws:ResourceTag/${TAG.role}`]: 'quarantined' },
  };
  const statements = statementsOf(template, /^Keeper/);
  const volumes = `arn:aws:ec2:${REGION}:\${AWS::AccountId}:volume/*`;
  const snapshots = `arn:aws:ec2:${REGION}::snapshot/*`;

  test('runs Node 24 on Graviton, with a log group of its own and no name', () => {
    expect(keeper.Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      LoggingConfig: { LogGroup: { Ref: onlyOne(template, 'AWS::Logs::LogGroup').id } },
    });
    expect(keeper.Properties).not.toHaveProperty('FunctionName');
  });

  test('changes only the stack’s current volumes', () => {
    expect(
      allowing(statements, 'ec2:ModifyVolume').map(({ resources, conditions }) => ({ resources, conditions })),
    ).toEqual([
      {
        resources: [volumes],
        conditions: {
          StringEquals: { [`aws:ResourceTag/${TAG.stack}`]: 'Shop', [`aws:ResourceTag/${TAG.role}`]: 'current' },
        },
      },
    ]);
  });

  test('knows the stack, the ledger, the key, the topic and the verbs that it runs', () => {
    expect(keeper.Properties.Environment).toEqual({
      Variables: {
        [ENV.stack]: 'Shop',
        // `runbook.test.ts` holds what it says.
        [ENV.place]: expect.anything(),
        [ENV.ledger]: { Ref: onlyOne(template, 'AWS::DynamoDB::GlobalTable').id },
        [ENV.key]: { 'Fn::GetAtt': [onlyOne(template, 'AWS::KMS::Key').id, 'Arn'] },
        [ENV.documents]: expect.anything(),
        [ENV.topic]: { Ref: onlyOne(template, 'AWS::SNS::Topic').id },
      },
    });
  });

  test('creates volumes encrypted only, with the stack’s tag, and restores only the stack’s snapshots', () => {
    const found = allowing(statements, 'ec2:CreateVolume').map(({ resources, conditions }) => ({
      resources,
      conditions,
    }));
    expect(found).toHaveLength(2);
    expect(found).toContainEqual({
      resources: [volumes],
      // Blank ones too: it alone makes those.
      conditions: { StringEquals: requested, Bool: { 'ec2:Encrypted': 'true' } },
    });
    // The snapshot is authorized as well, and carries no request tags.
    expect(found).toContainEqual({
      resources: [snapshots],
      conditions: sound,
    });
  });

  test('tags volumes while it creates them, and at no other time', () => {
    expect(
      allowing(statements, 'ec2:CreateTags').map(({ resources, conditions }) => ({ resources, conditions })),
    ).toEqual([
      {
        resources: [volumes],
        conditions: {
          StringEquals: { 'ec2:CreateAction': 'CreateVolume', ...requested },
          'ForAllValues:StringEquals': {
            'aws:TagKeys': ['Name', TAG.stack, TAG.volume, TAG.generation, TAG.role, TAG.schedule, TAG.blank],
          },
          Null: { 'aws:TagKeys': 'false' },
        },
      },
    ]);
  });

  test('lets EC2, and nothing but an AWS service, be granted the key', () => {
    expect(allowing(statements, 'kms:CreateGrant')).toEqual([
      expect.objectContaining({
        resources: [expect.stringMatching(/^\$\{Key\w+\.Arn\}$/)],
        conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    ]);
  });

  test('publishes to the namespace of the stack alone', () => {
    expect(allowing(statements, 'cloudwatch:PutMetricData')).toEqual([
      expect.objectContaining({ conditions: { StringEquals: { 'cloudwatch:namespace': 'Remount/Shop' } } }),
    ]);
  });

  test('deletes, attaches and detaches nothing, and changes nothing that is not named', () => {
    const actions = statements.flatMap((s) => s.actions);
    expect(actions.filter((a) => /delete|detach|attach|terminate|stop|\*$/i.test(a))).toEqual([]);
    // A metric has no resources: its namespace is named.
    const named = mutating(statements).filter((s) => !s.actions.includes('cloudwatch:PutMetricData'));
    for (const statement of named) expect(statement.resources).not.toContain('*');
  });
});

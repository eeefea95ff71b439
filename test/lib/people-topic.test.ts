import { describe, expect, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { NOBODY_NOTIFIED, PeopleTopic } from '../../lib/people-topic.ts';
import { onlyOne, someStack, templateOf } from './support.ts';

const template = templateOf((stack) => {
  new PeopleTopic(stack, 'People', { key: new Key(stack, 'Key'), email: 'nobody@example.com' });
});
const policyOf = (type: string, property: string) =>
  (onlyOne(template, type).Properties[property] as { Statement: Record<string, unknown>[] }).Statement;
const ALARMS = { Service: 'cloudwatch.amazonaws.com' };

describe('the topic for people', () => {
  test('is encrypted, and takes messages over TLS only', () => {
    expect(onlyOne(template, 'AWS::SNS::Topic').Properties.KmsMasterKeyId).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'],
    });
    expect(policyOf('AWS::SNS::TopicPolicy', 'PolicyDocument')).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: 'sns:Publish',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });

  test('takes messages from alarms, of its own account only', () => {
    expect(policyOf('AWS::SNS::TopicPolicy', 'PolicyDocument')).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: ALARMS,
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    );
  });

  test('lets alarms of its account use the key: a message to an encrypted topic would be lost without a word otherwise', () => {
    expect(policyOf('AWS::KMS::Key', 'KeyPolicy')).toContainEqual({
      Effect: 'Allow',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Principal: ALARMS,
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });

  test('notifies the address', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'nobody@example.com' });
  });

  test('notifies nobody by email where no address is given', () => {
    const without = templateOf((stack) => {
      new PeopleTopic(stack, 'People', { key: new Key(stack, 'Key') });
    });
    without.resourceCountIs('AWS::SNS::Subscription', 0);
  });

  test('warns where no address is given, until somebody says that it is known', () => {
    const warnings = (email?: string) => {
      const stack = someStack();
      const people = new PeopleTopic(stack, 'People', { key: new Key(stack, 'Key'), ...(email && { email }) });
      const found = () =>
        Annotations.fromStack(stack)
          .findWarning('*', Match.anyValue())
          .map(({ entry }) => entry.data);
      return { people, found };
    };
    expect(warnings('nobody@example.com').found()).toEqual([]);
    expect(warnings().found()).toEqual([
      expect.stringMatching(/alertEmail.*\[ack: Annotation::remount:nobody-notified\]/),
    ]);
    const { people, found } = warnings();
    Validations.of(people).acknowledge({ id: `Annotation::${NOBODY_NOTIFIED}`, reason: 'The team subscribes a pager' });
    expect(found()).toEqual([]);
  });
});

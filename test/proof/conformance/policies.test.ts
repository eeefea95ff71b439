import { expect, test } from '@jest/globals';
import { judge, statementsOf } from '../../../proof/conformance/parts/policies.ts';
import { without } from '../../../proof/conformance/template/taken-out.ts';

const judged = async (Action: unknown, Condition?: object) => {
  const [statement] = statementsOf({
    Resources: { Role: { PolicyDocument: { Statement: [{ Effect: 'Allow', Action, Condition }] } } },
  });
  return statement ? judge(statement) : ['no statement'];
};

test('actions and keys that AWS has are passed', async () => {
  expect(await judged(['ec2:AttachVolume', 'ec2:Describe*'])).toEqual([]);
  const keys = {
    StringEquals: { 'aws:ResourceTag/remount:stack': 'x', 'ec2:ResourceTag/any': 'x', 'aws:SourceArn': 'x' },
  };
  expect(await judged('ec2:AttachVolume', keys)).toEqual([]);
  expect(await judged('dynamodb:PutItem', { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['x'] } })).toEqual(
    [],
  );
});

test.each([
  ['ec2:AttachVolumes', undefined, "Role: the action ec2:AttachVolumes is none of AWS's"],
  ['ec2:Attach?Volume*', undefined, "Role: the action ec2:Attach?Volume* is none of AWS's"],
  ['ec3:AttachVolume', undefined, "Role: the action ec3:AttachVolume is none of AWS's"],
  [
    'ec2:AttachVolume',
    { StringEquals: { 'ssm:resourceTag/x': 'y' } },
    'Role: none of ec2:AttachVolume knows the condition key ssm:resourceTag/x',
  ],
  [
    'ec2:AttachVolume',
    { StringEquals: { 'aws:SourceAnr': 'y' } },
    'Role: none of ec2:AttachVolume knows the condition key aws:SourceAnr',
  ],
  [
    'sns:Publish',
    { StringEquals: { 'ec2:ResourceTag/x': 'y' } },
    'Role: none of sns:Publish knows the condition key ec2:ResourceTag/x',
  ],
])('%s %j is noticed', async (action, condition, what) => expect(await judged(action, condition)).toEqual([what]));

test('what is taken out of a template leaves the rest as it was', () => {
  const template = {
    Resources: {
      Rule: { Type: 'AWS::Rbin::Rule' },
      Kept: {
        Type: 'AWS::SNS::Topic',
        DependsOn: ['Rule', 'Other'],
        Properties: { A: { Ref: 'Rule' }, B: { Ref: 'Other' } },
      },
      Other: { Type: 'AWS::SQS::Queue', DependsOn: 'Rule', Properties: { C: { 'Fn::GetAtt': ['Rule', 'Arn'] } } },
    },
  };
  expect(without(template, ['AWS::Rbin::Rule'])).toEqual({
    Resources: {
      Kept: { Type: 'AWS::SNS::Topic', DependsOn: ['Other'], Properties: { A: 'Rule', B: { Ref: 'Other' } } },
      Other: { Type: 'AWS::SQS::Queue', DependsOn: [], Properties: { C: 'Rule' } },
    },
  });
});

import { describe, expect, test } from '@jest/globals';
import { App, Aws, CfnParameter, Fn, Stack } from 'aws-cdk-lib';
import { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import {
  Effect,
  PolicyStatement,
  type PolicyStatementProps,
  ServicePrincipal,
  StarPrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  CfnAlias,
  CfnPermission,
  type CfnPermissionProps,
  Code,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { CfnTopic, CfnTopicPolicy, Topic, type TopicProps } from 'aws-cdk-lib/aws-sns';
import { ResilienceChecks } from '../../../lib/checks/resilience-checks.ts';
import { CONTEXT, REGION } from '../support.ts';
import { type Build, alarmRule as rule } from './alarm-support.ts';
import { alarm } from './support.ts';

describe('AL4: it leads to something that recovers, or to people', () => {
  const healer = (stack: Stack) =>
    new LambdaFunction(stack, 'Healer', {
      runtime: Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: Code.fromInline('exports.handler = () => 0'),
    });
  const actions =
    (...alarmActions: string[]): Build =>
    (stack) =>
      alarm(stack, { alarmActions });
  rule(
    'AL4',
    [
      ['a topic', (stack) => alarm(stack)],
      [
        'an OpsItem',
        (stack) => alarm(stack, { alarmActions: [`arn:aws:ssm:${stack.region}:${stack.account}:opsitem:1`] }),
      ],
      [
        'recovery of the instance, beside a scaling policy',
        actions('arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:x', 'arn:aws:automate:eu-west-1:ec2:recover'),
      ],
      [
        'a function that permits it',
        (stack) => {
          const made = healer(stack);
          const metric = new Metric({ namespace: 'Shop', metricName: 'Serving' });
          new Alarm(stack, 'Alarm', {
            metric,
            threshold: 1,
            evaluationPeriods: 1,
            treatMissingData: 'breaching' as never,
          }).addAlarmAction(new LambdaAction(made));
        },
      ],
      [
        'a function that permits every alarm, by its alias',
        (stack) => {
          const made = new CfnAlias(stack, 'Live', { functionName: 'healer', functionVersion: '1', name: 'live' });
          new CfnPermission(stack, 'May', {
            action: 'lambda:InvokeFunction',
            principal: 'lambda.alarms.cloudwatch.amazonaws.com',
            functionName: made.ref,
          });
          alarm(stack, { alarmActions: [made.ref] });
        },
      ],
    ],
    [
      [
        'a function that permits nothing',
        (stack) => alarm(stack, { alarmActions: [healer(stack).functionArn] }),
        /An action of the alarm fails: Other\/Healer\/Resource does not permit lambda\.alarms\.cloudwatch\.amazonaws\.com/,
      ],
      [
        'a function that permits another alarm',
        (stack) => {
          const made = healer(stack);
          const other = alarm(stack, {}, 'Second');
          new CfnPermission(stack, 'May', {
            action: 'lambda:InvokeFunction',
            principal: 'lambda.alarms.cloudwatch.amazonaws.com',
            functionName: made.functionArn,
            sourceArn: other.attrArn,
          });
          alarm(stack, { alarmActions: [made.functionArn] });
        },
        /does not permit/,
      ],
      [
        'a topic that alarms cannot write to',
        (stack) => alarm(stack, { alarmActions: [new CfnTopic(stack, 'T', { kmsMasterKeyId: 'alias/aws/sns' }).ref] }),
        /encrypted with alias\/aws\/sns, which alarms cannot use/,
      ],
      [
        'a scaling policy alone',
        actions('arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:x'),
        /No action of the alarm recovers or notifies anybody/,
      ],
    ],
    [
      ['an import', actions(Fn.importValue('people')), /{"Fn::ImportValue":"people"} is known at deployment only/],
      [
        'a topic elsewhere',
        actions('arn:aws:sns:us-east-1:111122223333:people'),
        /the policy of "arn:aws:sns:us-east-1:111122223333:people" is not in this app/,
      ],
      [
        'a function elsewhere',
        actions('arn:aws:lambda:eu-west-1:111122223333:function:healer'),
        /the policy of "arn:aws:lambda:.*" is not in this app/,
      ],
    ],
  );

  const invokedBy =
    (props: Partial<CfnPermissionProps>): Build =>
    (stack) => {
      const made = healer(stack);
      alarm(stack, { alarmName: 'Shop/serving', alarmActions: [made.functionArn] });
      new CfnPermission(stack, 'May', {
        action: 'lambda:InvokeFunction',
        principal: 'lambda.alarms.cloudwatch.amazonaws.com',
        functionName: made.functionArn,
        ...props,
      });
    };
  const named = (name: string, region = REGION) => `arn:aws:cloudwatch:${region}:111122223333:alarm:${name}`;
  describe('what a function permits', () =>
    rule(
      'AL4',
      [
        ['everything', invokedBy({ action: 'lambda:*' })],
        ['this account', invokedBy({ sourceAccount: Aws.ACCOUNT_ID })],
        ['all alarms', invokedBy({ sourceArn: `arn:aws:cloudwatch:${REGION}:*:alarm:*` })],
        ['alarms of this name', invokedBy({ sourceArn: `arn:aws:cloudwatch:${REGION}:*:alarm:Shop/*` })],
        ['this alarm, by reference', (stack) => invokedBy({ sourceArn: Fn.getAtt('Alarm', 'Arn').toString() })(stack)],
      ],
      [
        ['another action', invokedBy({ action: 'lambda:GetFunction' }), /does not permit/],
        ['another alarm, by name', invokedBy({ sourceArn: named('Shop/reachable') }), /does not permit/],
        ['an alarm of another Region', invokedBy({ sourceArn: named('Shop/serving', 'us-east-1') }), /does not permit/],
        ['a rule of another service', invokedBy({ sourceArn: 'arn:aws:events:*:*:rule:x:y' }), /does not permit/],
      ],
      [
        ['another account, or this one', invokedBy({ sourceAccount: '111122223333' }), /known at deployment only/],
        ['an alarm of that account', invokedBy({ sourceArn: named('Shop/serving') }), /known at deployment only/],
        [
          'an action from a parameter',
          (stack) => invokedBy({ action: new CfnParameter(stack, 'P').valueAsString })(stack),
          /whom Other\/Healer\/Resource permits is known at deployment only/,
        ],
      ],
    ));

  const publishing = { principals: [new ServicePrincipal('cloudwatch.amazonaws.com')], actions: ['sns:Publish'] };
  /** An alarm on a topic that is said of in `props`, with a policy of these statements. */
  const topic =
    (props: (stack: Stack) => TopicProps, ...statements: PolicyStatementProps[]): Build =>
    (stack) => {
      const made = new Topic(stack, 'T', props(stack));
      for (const statement of statements)
        made.addToResourcePolicy(new PolicyStatement({ resources: [made.topicArn], ...statement }));
      alarm(stack, { alarmActions: [made.topicArn] });
    };
  const tls = () => ({ enforceSSL: true });
  const from = (key: string, value: string) => ({ ...publishing, conditions: { ArnLike: { [key]: value } } });
  describe('what a topic lets in', () =>
    rule(
      'AL4',
      [
        ['the policy that it is born with', topic(() => ({}))],
        ['alarms, by TLS only', topic(tls, publishing)],
        ['alarms of this account', topic(tls, from('aws:SourceAccount', Aws.ACCOUNT_ID))],
        [
          'alarms of the stack',
          topic(tls, from('AWS:SourceArn', `arn:aws:cloudwatch:${REGION}:*:alarm:Other-Alarm-*`)),
        ],
        ['everybody of the account', topic(tls, { principals: [new StarPrincipal()], actions: ['sns:*'] })],
      ],
      [
        ['TLS only, and nobody', topic(tls), /the policy of Other\/T\/Resource lets no alarm in/],
        [
          'another service',
          topic(tls, { ...publishing, principals: [new ServicePrincipal('events.amazonaws.com')] }),
          /lets no alarm in/,
        ],
        ['another action', topic(tls, { ...publishing, actions: ['sns:Subscribe'] }), /lets no alarm in/],
        ['other alarms', topic(tls, from('aws:SourceArn', 'arn:aws:cloudwatch:*:*:alarm:Shop-*')), /lets no alarm in/],
        ['denied to all', topic(() => ({}), publishing, { ...publishing, effect: Effect.DENY }), /lets no alarm in/],
      ],
      [
        [
          'an account that may be another',
          topic(tls, from('aws:SourceAccount', '111122223333')),
          /known at deployment only/,
        ],
        [
          'a policy from elsewhere',
          (stack) => {
            const made = new Topic(stack, 'T');
            alarm(stack, { alarmActions: [made.topicArn] });
            new CfnTopicPolicy(stack, 'P', { topics: [made.topicArn], policyDocument: { 'Fn::If': ['A', {}, {}] } });
          },
          /the policy of Other\/T\/Resource is known at deployment only/,
        ],
        [
          'all but one action',
          topic(tls, { principals: publishing.principals, notActions: ['sns:Subscribe'] }),
          /known at deployment only/,
        ],
      ],
    ));

  const leave = (...actions: string[]) => ({ principals: publishing.principals, actions, resources: ['*'] });
  const encrypted =
    (...statements: PolicyStatementProps[]) =>
    (stack: Stack) => {
      const masterKey = new Key(stack, 'Key');
      for (const statement of statements) masterKey.addToResourcePolicy(new PolicyStatement(statement));
      return { masterKey };
    };
  describe('what the key of a topic lets in', () =>
    rule(
      'AL4',
      [
        ['alarms', topic(encrypted(leave('kms:Decrypt', 'kms:GenerateDataKey*')))],
        [
          'alarms, by an alias of the app',
          topic((stack) => ({ masterKey: encrypted(leave('kms:*'))(stack).masterKey.addAlias('alias/people') })),
        ],
      ],
      [
        ['the account alone', topic(encrypted()), /the policy of Other\/Key\/Resource, .*, does not let alarms use it/],
        [
          'half of what it takes',
          topic(encrypted(leave('kms:Decrypt'))),
          /allow kms:Decrypt and kms:GenerateDataKey\*/,
        ],
        [
          'the key of AWS, by its ARN',
          (stack) => {
            const kmsMasterKeyId = `arn:aws:kms:${REGION}:${Aws.ACCOUNT_ID}:alias/aws/sns`;
            alarm(stack, { alarmActions: [new CfnTopic(stack, 'T', { kmsMasterKeyId }).ref] });
          },
          /encrypted with alias\/aws\/sns/,
        ],
      ],
      [
        [
          'a key from elsewhere',
          topic((stack) => ({ masterKey: Key.fromKeyArn(stack, 'K', 'arn:aws:kms:eu-west-1:111122223333:key/1-2') })),
          /the key of Other\/T\/Resource, .*, has its policy outside of this app/,
        ],
        [
          'a policy with a service from a parameter',
          topic((stack) =>
            encrypted({
              ...leave('kms:*'),
              principals: [new ServicePrincipal(new CfnParameter(stack, 'P').valueAsString)],
            })(stack),
          ),
          /known at deployment only/,
        ],
      ],
    ));

  describe.each(['strong', 'weak'])('with %s references between stacks', (references) => {
    test.each([
      ['good', 'lambda.alarms.cloudwatch.amazonaws.com', []],
      ['bad', 'events.amazonaws.com', ['Resilience-AL4']],
    ])('%s: a topic and a function of another stack of the app', (_, principal, rules) => {
      const context = { ...CONTEXT, '@aws-cdk/core:defaultCrossStackReferences': references };
      const app = new App({ context, analyticsReporting: false, builtinCloudFormationValidation: false });
      const [there, here] = ['There', 'Here'].map((id) => new Stack(app, id, { env: { region: REGION } }));
      if (!there || !here) throw new Error('no stacks');
      const [topic, made] = [new Topic(there, 'T'), healer(there)];
      const may = { action: 'lambda:InvokeFunction', principal, functionName: made.functionArn };
      new CfnPermission(there, 'May', may);
      alarm(here, { alarmActions: [topic.topicArn, made.functionArn] });
      app.synth();
      expect(new ResilienceChecks(app).validateScope(app).violations.map(({ ruleName }) => ruleName)).toEqual(rules);
    });
  });
});

import {
  type Asker,
  alarmAsker,
  allOf,
  allows,
  anyOf,
  isAccountOf,
  isArnOf,
  type Verdict,
} from '../copies/resource-policy.ts';
import { type Declared, type DeclaredResources, isIntrinsic, listOf, shown, textOf } from '../declared.ts';

/** What becomes of an alarm's action: it reaches somebody, it cannot, it is no recovery, or that cannot be known. */
export type Reach =
  | { readonly kind: 'reaches' | 'elsewhere' }
  | { readonly kind: 'broken' | 'unknown'; readonly because: string };

/** Whom CloudWatch publishes to topics as: docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html */
const PUBLISHER = 'cloudwatch.amazonaws.com';
const ALARMS_PRINCIPAL = 'lambda.alarms.cloudwatch.amazonaws.com';
const FUNCTION_TYPES = ['AWS::Lambda::Function', 'AWS::Lambda::Alias', 'AWS::Lambda::Version'];
/**
 * ARNs of what recovers or notifies people. Source:
 * docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, AlarmActions
 */
const RECOVERING = [
  /^arn:[^:]*:ssm:[^:]*:[^:]*:opsitem:/,
  /^arn:[^:]*:ssm-incidents:/,
  /^arn:[^:]*:automate:[^:]*:ec2:(recover|reboot)$/,
];

/** ARNs of what has a policy that must let alarms in. */
const ASKING = /^arn:[^:]*:(lambda|sns):/;

/** Where an action of an alarm leads. */
export function reachOf(action: unknown, alarm: Declared, app: DeclaredResources): Reach {
  const target = app.named(action, alarm);
  if (target?.type === 'AWS::SNS::Topic') return reachOfTopic(target, alarm, app);
  if (target && FUNCTION_TYPES.includes(target.type)) return reachOfFunction(target, alarm, app);
  if (target?.type === 'AWS::SSMIncidents::ResponsePlan') return { kind: 'reaches' };
  if (target) return { kind: 'elsewhere' };
  const arn = textOf(action);
  if (arn === undefined) return { kind: 'unknown', because: `${shown(action)} is known at deployment only` };
  if (ASKING.test(arn)) return { kind: 'unknown', because: `the policy of ${shown(action)} is not in this app` };
  return { kind: RECOVERING.some((form) => form.test(arn)) ? 'reaches' : 'elsewhere' };
}

/**
 * A topic takes what its policy lets in. The one that it is born with lets in the alarms of its account; one that is declared
 * takes its place: repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger
 */
function reachOfTopic(topic: Declared, alarm: Declared, app: DeclaredResources): Reach {
  const asker = alarmAsker(PUBLISHER, alarm, app);
  const path = topic.construct.node.path;
  const policies = [
    ...app
      .of('AWS::SNS::TopicPolicy', topic)
      .filter((policy) => listOf(policy.properties.Topics).some((of) => app.named(of, policy) === topic)),
    ...app
      .of('AWS::SNS::TopicInlinePolicy', topic)
      .filter((policy) => app.named(policy.properties.TopicArn, policy) === topic),
  ];
  const published = allOf(
    policies.map((policy) => allows(policy.properties.PolicyDocument, policy, 'sns:Publish', asker)),
  );
  if (published === false) {
    const because = `the policy of ${path} lets no alarm in, and takes the place of the one that would: allow sns:Publish to ${PUBLISHER}`;
    return { kind: 'broken', because };
  }
  if (published === undefined) return { kind: 'unknown', because: `the policy of ${path} is known at deployment only` };
  return reachThroughKey(topic, asker);
}

/**
 * A message to an encrypted topic needs the leave of the key too. The key that AWS manages for SNS gives none to alarms:
 * docs.aws.amazon.com/sns/latest/dg/sns-key-management.html, "Enable compatibility between event sources from AWS services and encrypted topics"
 */
function reachThroughKey(topic: Declared, asker: Asker): Reach {
  const { KmsMasterKeyId } = topic.properties;
  const path = topic.construct.node.path;
  if (KmsMasterKeyId === undefined) return { kind: 'reaches' };
  if (/(^|[:/])alias\/aws\/sns$/.test(textOf(KmsMasterKeyId) ?? '')) {
    const because = `${path} is encrypted with alias/aws/sns, which alarms cannot use: take a key of your own that lets ${PUBLISHER} use it`;
    return { kind: 'broken', because };
  }
  const key = keyOf(KmsMasterKeyId, topic, asker.app);
  if (!key)
    return {
      kind: 'unknown',
      because: `the key of ${path}, ${shown(KmsMasterKeyId)}, has its policy outside of this app`,
    };
  const used = allOf(
    ['kms:Decrypt', 'kms:GenerateDataKey'].map((action) => allows(key.properties.KeyPolicy, key, action, asker)),
  );
  if (used) return { kind: 'reaches' };
  const policy = `the policy of ${key.construct.node.path}, the key of ${path},`;
  if (used === undefined) return { kind: 'unknown', because: `${policy} is known at deployment only` };
  const because = `${policy} does not let alarms use it: allow kms:Decrypt and kms:GenerateDataKey* to ${PUBLISHER}`;
  return { kind: 'broken', because };
}

/** The key itself, or the one behind its alias; the CDK writes an alias as an ARN around its name. */
function keyOf(id: unknown, from: Declared, app: DeclaredResources): Declared | undefined {
  const named = [...app.mentioned(id, from)].find((of) => of?.type.startsWith('AWS::KMS::'));
  if (named?.type === 'AWS::KMS::Alias') return keyOf(named.properties.TargetKeyId, named, app);
  return named?.type === 'AWS::KMS::Key' ? named : undefined;
}

/** docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html: the function must permit the alarm */
function reachOfFunction(target: Declared, alarm: Declared, app: DeclaredResources): Reach {
  const path = target.construct.node.path;
  const permitted = anyOf(
    app
      .of('AWS::Lambda::Permission', target)
      .filter((permission) => app.named(permission.properties.FunctionName, permission) === target)
      .map((permission) => permitsAlarm(permission, alarmAsker(ALARMS_PRINCIPAL, alarm, app))),
  );
  if (permitted) return { kind: 'reaches' };
  if (permitted === undefined) return { kind: 'unknown', because: `whom ${path} permits is known at deployment only` };
  const because = `${path} does not permit ${ALARMS_PRINCIPAL} to invoke it for this alarm: use LambdaAction, or add an AWS::Lambda::Permission`;
  return { kind: 'broken', because };
}

const INVOKES = ['lambda:InvokeFunction', 'lambda:*', '*'];

function permitsAlarm(permission: Declared, asker: Asker): Verdict {
  const { Action, Principal, SourceAccount, SourceArn } = permission.properties;
  return allOf([
    isIntrinsic(Principal) ? undefined : Principal === asker.service,
    isIntrinsic(Action) ? undefined : INVOKES.includes(String(Action)),
    SourceAccount === undefined || isAccountOf(SourceAccount, permission, asker),
    SourceArn === undefined || isArnOf(SourceArn, permission, asker),
  ]);
}

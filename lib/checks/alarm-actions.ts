import { type Declared, type DeclaredResources, shown, textOf } from './declared.ts';

/** What becomes of an alarm's action: it reaches somebody, it cannot, it is no recovery, or that cannot be told. */
export type Reach =
  | { readonly kind: 'reaches' | 'elsewhere' }
  | { readonly kind: 'broken' | 'unknown'; readonly because: string };

const ALARMS_PRINCIPAL = 'lambda.alarms.cloudwatch.amazonaws.com';
const FUNCTION_TYPES = ['AWS::Lambda::Function', 'AWS::Lambda::Alias', 'AWS::Lambda::Version'];
/**
 * ARNs of what recovers or tells people. Source:
 * docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html, AlarmActions
 */
const RECOVERING = [
  /^arn:[^:]*:lambda:/,
  /^arn:[^:]*:sns:/,
  /^arn:[^:]*:ssm:[^:]*:[^:]*:opsitem:/,
  /^arn:[^:]*:ssm-incidents:/,
  /^arn:[^:]*:automate:[^:]*:ec2:(recover|reboot)$/,
];

/** Where an action of an alarm leads. */
export function reachOf(action: unknown, alarm: Declared, app: DeclaredResources): Reach {
  const target = app.named(action, alarm);
  if (target?.type === 'AWS::SNS::Topic') return reachOfTopic(target);
  if (target && FUNCTION_TYPES.includes(target.type)) return reachOfFunction(target, alarm, app);
  if (target?.type === 'AWS::SSMIncidents::ResponsePlan') return { kind: 'reaches' };
  if (target) return { kind: 'elsewhere' };
  const arn = textOf(action);
  if (arn === undefined) return { kind: 'unknown', because: `${shown(action)} is known at deployment only` };
  return { kind: RECOVERING.some((form) => form.test(arn)) ? 'reaches' : 'elsewhere' };
}

/**
 * The key that AWS manages for SNS lets no alarm in:
 * docs.aws.amazon.com/sns/latest/dg/sns-key-management.html, "Enable compatibility between event sources from AWS services and encrypted topics"
 */
function reachOfTopic(topic: Declared): Reach {
  if (topic.properties.KmsMasterKeyId !== 'alias/aws/sns') return { kind: 'reaches' };
  const because = `${topic.construct.node.path} is encrypted with alias/aws/sns, which alarms cannot use: take a key of your own that lets cloudwatch.amazonaws.com use it`;
  return { kind: 'broken', because };
}

/** docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html: the function must permit the alarm */
function reachOfFunction(target: Declared, alarm: Declared, app: DeclaredResources): Reach {
  const permitted = app.of('AWS::Lambda::Permission', alarm).some((permission) => {
    const { Principal, FunctionName, SourceArn } = permission.properties;
    if (Principal !== ALARMS_PRINCIPAL || app.named(FunctionName, permission) !== target) return false;
    const source = app.named(SourceArn, permission);
    return source === undefined || source === alarm;
  });
  if (permitted) return { kind: 'reaches' };
  const because = `${target.construct.node.path} does not permit ${ALARMS_PRINCIPAL} to invoke it for this alarm: use LambdaAction, or add an AWS::Lambda::Permission`;
  return { kind: 'broken', because };
}

/** What an alarm is for, beside waking somebody: each purpose asks for another form. */

import { anyOf, type Verdict } from '../copies/resource-policy.ts';
import { type Declared, type DeclaredResources, isIntrinsic, listOf, objectOf, textOf } from '../declared.ts';
import { alarmNames } from './alarm-rule-text.ts';
import { fits, takes } from './event-pattern.ts';

/**
 * Actions of EC2 itself, on the instance that the alarm is keyed by, as it must be:
 * docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html
 */
const ON_INSTANCE = /^arn:[^:]*:(automate:[^:]*:ec2:|swf:[^:]*:[^:]*:action\/actions\/AWS_EC2\.InstanceId\.)/;
const ENDING = /^arn:[^:]*:(automate:[^:]*:ec2:|swf:.*AWS_EC2\.InstanceId\.)(stop|terminate)/i;
const SCALING_TYPES = ['AWS::AutoScaling::ScalingPolicy', 'AWS::ApplicationAutoScaling::ScalingPolicy'];
const SCALING = /^arn:[^:]*:autoscaling:[^:]*:[^:]*:scalingPolicy:/;
/** Metrics of health, whatever the alarm does: of them no scaling policy mends anything. */
const HEALTH = /^(StatusCheck|VolumeStalledIO|VolumeQueue|HealthyHost|UnHealthyHost)/;
/** Services that do something with an alarm that they are given. Others name one to show it, or in a policy. */
const ACTING = /^AWS::(CodeDeploy|ECS|Route53|AppConfig|FIS|SSM|SageMaker|ARCRegionSwitch|AutoScaling)::(?!Parameter$)/;

/** Whether EC2 stops or terminates an instance that nobody needs: no failure, and nobody to be notified. */
export function endsIdle(alarm: Declared): boolean {
  const { AlarmActions, MetricName } = alarm.properties;
  return !HEALTH.test(String(MetricName)) && listOf(AlarmActions).every((action) => ENDING.test(textOf(action) ?? ''));
}

/** Whether EC2 recovers, reboots, stops or terminates the instance that the alarm is keyed by. */
export function actsOnInstance({ properties: { AlarmActions } }: Declared): boolean {
  return listOf(AlarmActions).some((action) => ON_INSTANCE.test(textOf(action) ?? ''));
}

/** Whether the alarm follows a load and scales with it, and says nothing of health. */
export function scales(alarm: Declared, app: DeclaredResources): boolean {
  const { AlarmActions, TreatMissingData, MetricName } = alarm.properties;
  const actions = listOf(AlarmActions);
  // Silence is a failure to it: so it watches whether something works.
  if (actions.length === 0 || TreatMissingData === 'breaching' || HEALTH.test(String(MetricName))) return false;
  return actions.every(
    (action) => SCALING_TYPES.includes(app.named(action, alarm)?.type ?? '') || SCALING.test(textOf(action) ?? ''),
  );
}

/**
 * Whether something else of the app acts on the alarm's state, so that it needs no action of its own: by reference or by name.
 *
 * @returns `undefined` where that is known at deployment only
 */
export function isUsed(alarm: Declared, app: DeclaredResources): Verdict {
  if (app.naming(alarm, ACTING).some((user) => !isOff(user))) return true;
  const users: Verdict[] = [];
  for (const [type, namesIn] of Object.entries(BY_NAME))
    for (const user of app.of(type, alarm).filter((of) => !isOff(of)))
      for (const name of namesIn(user)) users.push(isNameOf(name, user, alarm, app));
  for (const rule of app.of('AWS::Events::Rule', alarm)) users.push(isMatched(rule, alarm, app));
  return anyOf(users);
}

/** Whether a deployment group or a service has alarms, and is set not to look at them. */
function isOff({ type, properties }: Declared): boolean {
  if (type === 'AWS::CodeDeploy::DeploymentGroup')
    return String(objectOf(properties.AlarmConfiguration)?.Enabled) === 'false';
  return (
    type === 'AWS::ECS::Service' &&
    String(objectOf(objectOf(properties.DeploymentConfiguration)?.Alarms)?.Enable) === 'false'
  );
}

/**
 * Whether it keeps composite alarms quiet while it stands, as those of maintenance do, and does nothing else: its silence is no failure, and
 * taken for one it would keep them quiet. docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_cloudwatch.CompositeAlarmProps.html
 */
export function suppresses(alarm: Declared, app: DeclaredResources): Verdict {
  if (listOf(alarm.properties.AlarmActions).length > 0) return false;
  return anyOf(
    app.of(COMPOSITE, alarm).flatMap((of) => suppressorsOf(of).map((name) => isNameOf(name, of, alarm, app))),
  );
}

const COMPOSITE = 'AWS::CloudWatch::CompositeAlarm';

function suppressorsOf({ properties: { ActionsSuppressor, ActionsEnabled } }: Declared): readonly unknown[] {
  return ActionsSuppressor === undefined || String(ActionsEnabled) === 'false' ? [] : [ActionsSuppressor];
}

/** docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html */
function alarmsOfStage(stage: unknown): readonly unknown[] {
  const { BeforeEntry, OnSuccess, OnFailure } = objectOf(stage) ?? {};
  return [BeforeEntry, OnSuccess, OnFailure]
    .flatMap((moment) => listOf(objectOf(moment)?.Conditions))
    .flatMap((condition) => listOf(objectOf(condition)?.Rules))
    .filter((rule) => objectOf(objectOf(rule)?.RuleTypeId)?.Provider === 'CloudWatchAlarm')
    .flatMap((rule) => objectOf(objectOf(rule)?.Configuration)?.AlarmName ?? []);
}

/** What takes alarms by their names or ARNs, and where it has them. */
const BY_NAME: Readonly<Record<string, (user: Declared) => readonly unknown[]>> = {
  [COMPOSITE]: suppressorsOf,
  'AWS::CodePipeline::Pipeline': ({ properties }) => listOf(properties.Stages).flatMap(alarmsOfStage),
  // docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codedeploy-deploymentgroup.html
  'AWS::CodeDeploy::DeploymentGroup': ({ properties }) =>
    listOf(objectOf(properties.AlarmConfiguration)?.Alarms).map((of) => objectOf(of)?.Name ?? of),
  // .../aws-properties-ecs-service-deploymentalarms.html
  'AWS::ECS::Service': ({ properties }) =>
    listOf(objectOf(objectOf(properties.DeploymentConfiguration)?.Alarms)?.AlarmNames),
  // .../aws-properties-route53-healthcheck-alarmidentifier.html
  'AWS::Route53::HealthCheck': ({ properties }) =>
    [objectOf(objectOf(properties.HealthCheckConfig)?.AlarmIdentifier)?.Name].filter((name) => name !== undefined),
  // .../aws-properties-appconfig-environment-monitor.html
  'AWS::AppConfig::Environment': ({ properties }) =>
    listOf(properties.Monitors).map((of) => objectOf(of)?.AlarmArn ?? of),
  // .../aws-properties-fis-experimenttemplate-experimenttemplatestopcondition.html
  'AWS::FIS::ExperimentTemplate': ({ properties }) =>
    listOf(properties.StopConditions).flatMap((of) => objectOf(of)?.Value ?? []),
  // .../aws-properties-ssm-maintenancewindowtask.html, AlarmConfiguration
  'AWS::SSM::MaintenanceWindowTask': ({ properties }) =>
    listOf(objectOf(properties.AlarmConfiguration)?.Alarms).map((of) => objectOf(of)?.Name ?? of),
  // .../aws-properties-sagemaker-endpoint-autorollbackconfig.html
  'AWS::SageMaker::Endpoint': ({ properties }) =>
    listOf(objectOf(objectOf(properties.DeploymentConfig)?.AutoRollbackConfiguration)?.Alarms).map(
      (of) => objectOf(of)?.AlarmName ?? of,
    ),
  // .../aws-properties-arcregionswitch-plan-associatedalarm.html
  'AWS::ARCRegionSwitch::Plan': ({ properties }) =>
    Object.values(objectOf(properties.AssociatedAlarms) ?? {}).flatMap((of) => objectOf(of)?.ResourceIdentifier ?? []),
};

function isNameOf(name: unknown, user: Declared, alarm: Declared, app: DeclaredResources): Verdict {
  const named = app.mentioned(name, user);
  if (named.size > 0) return named.has(alarm) || (named.has(undefined) ? undefined : false);
  const text = textOf(name) ?? '';
  return alarmNames(alarm).some((known) => text === known || text.endsWith(`:alarm:${known}`));
}

/** docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html: state changes, by alarm name or ARN. */
function isMatched(rule: Declared, alarm: Declared, app: DeclaredResources): Verdict {
  const { EventPattern, State = 'ENABLED', Targets } = rule.properties;
  if (State !== 'ENABLED' || listOf(Targets).length === 0) return false;
  const pattern = objectOf(EventPattern);
  if (!pattern) return false;
  if (isIntrinsic(EventPattern)) return undefined;
  // Which takes everything of everybody is not about alarms.
  if (pattern.source === undefined && pattern['detail-type'] === undefined) return false;
  const detail = objectOf(pattern.detail);
  const kind = [
    takes(pattern.source, ['aws.cloudwatch']),
    takes(pattern['detail-type'], ['CloudWatch Alarm State Change']),
    takes(objectOf(detail?.state)?.value, ['ALARM']),
  ];
  if (kind.includes(false)) return false;
  const whose = isMeant(detail?.alarmName ?? pattern.resources, rule, alarm, app);
  return whose && kind.includes(undefined) ? undefined : whose;
}

/** By its name, or its ARN. */
function isMeant(named: unknown, rule: Declared, alarm: Declared, app: DeclaredResources): Verdict {
  if (named === undefined) return true;
  return anyOf(
    listOf(named).map((of) =>
      isIntrinsic(of) || typeof of === 'string' ? isNameOf(of, rule, alarm, app) : fits(of, alarmNames(alarm)),
    ),
  );
}

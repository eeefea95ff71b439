import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ApplicationTargetGroup, type IApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { ContentVolume, type IContentVolume } from '../../lib/content-volume.ts';

export const ROOT = join(import.meta.dirname, '../..');
export const REGION = 'eu-west-1';
export const ZONES = ['eu-west-1a', 'eu-west-1b'];

/** The context of `cdk.json`: the settings of the example, and the feature flags, without which the CDK makes another template. */
export const CONTEXT = (
  JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { readonly context: Readonly<Record<string, unknown>> }
).context;

/**
 * A stack that is not Remount's, in an app without its checks: what another team has that takes one construct of ours. The
 * checks take longer than everything else; `stack.test.ts` runs them.
 */
export function someStack(): Stack {
  const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
  return new Stack(app, 'Other', { env: { region: REGION } });
}

/** The template of {@link someStack} with what `build` puts in. Once a file will do. */
export function templateOf(build: (stack: Stack) => void): Template {
  const stack = someStack();
  build(stack);
  return Template.fromStack(stack);
}

type Json = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly id: string;
  readonly Properties: Json;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** All resources of a type. */
export function resourcesOf(template: Template, type: string): Resource[] {
  return Object.entries(template.findResources(type)).map(([id, resource]) => ({ id, ...resource }) as Resource);
}

/** The one resource of a type. */
export function onlyOne(template: Template, type: string): Resource {
  const [resource, ...more] = resourcesOf(template, type);
  if (!resource || more.length > 0)
    throw new Error(`${more.length + (resource ? 1 : 0)} resources of ${type}, not one`);
  return resource;
}

/** An intrinsic as one text, references in `${}`: `{"Fn::Join": ["", ["arn:", {"Ref": "A"}]]}` is `arn:${A}`. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const [[name, of] = []] = Object.entries(value);
  if (name === 'Ref') return `\${${of}}`;
  if (name === 'Fn::GetAtt') return `\${${(of as string[]).join('.')}}`;
  if (name === 'Fn::Join') return (of as [string, unknown[]])[1].map(text).join((of as [string, unknown[]])[0]);
  if (name === 'Fn::Base64') return text(of);
  if (name === 'Fn::Sub') return String(of);
  throw new Error(`no text: ${JSON.stringify(value)}`);
}

export interface Statement {
  /** Logical id of the policy. */
  readonly policy: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Every statement of the identity policies whose logical id matches. */
export function statementsOf(template: Template, policyId: RegExp): Statement[] {
  const found = resourcesOf(template, 'AWS::IAM::Policy').filter(({ id }) => policyId.test(id));
  return found.flatMap(({ id, Properties }) =>
    (Properties.PolicyDocument as { Statement: Json[] }).Statement.map((statement) => ({
      policy: id,
      effect: String(statement.Effect),
      actions: asList(statement.Action).map(text),
      resources: asList(statement.Resource).map(text),
      conditions: (statement.Condition ?? {}) as Statement['conditions'],
    })),
  );
}

/** Statements that allow an action, exactly or by a wildcard. */
export function allowing(statements: readonly Statement[], action: string): Statement[] {
  const matches = (pattern: string) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(action);
  return statements.filter((statement) => statement.effect === 'Allow' && statement.actions.some(matches));
}

const READS = /^[a-z0-9-]+:(Describe|Get|List)/;

/** Statements that allow to change anything. */
export function mutating(statements: readonly Statement[]): Statement[] {
  return statements.filter((s) => s.effect === 'Allow' && s.actions.some((action) => !READS.test(action)));
}

export function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** Content volumes of a Remount named Shop, by name alone. */
export function contentVolumes(stack: Stack, names: readonly string[], stackName = 'Shop'): IContentVolume[] {
  return names.map((volumeName) =>
    ContentVolume.fromContentVolumeAttributes(stack, `Content-${volumeName}`, { volumeName, stackName }),
  );
}

/** The only one of {@link contentVolumes}. */
export function contentVolume(stack: Stack, volumeName = 'alpha'): IContentVolume {
  return ContentVolume.fromContentVolumeAttributes(stack, `Content-${volumeName}`, { volumeName, stackName: 'Shop' });
}

/** A target group of another stack, behind a load balancer there. */
export function importedTargetGroup(
  stack: Stack,
  id: string,
  other: { readonly loadBalancerArns?: undefined } = {},
): IApplicationTargetGroup {
  const arn = `arn:aws:elasticloadbalancing:${REGION}:111122223333`;
  return ApplicationTargetGroup.fromTargetGroupAttributes(stack, id, {
    targetGroupArn: `${arn}:targetgroup/${id}/0123456789abcdef`,
    loadBalancerArns: `${arn}:loadbalancer/app/other/0123456789abcdef`,
    ...other,
  });
}

/** Type of a parameter whose default names another parameter, of AWS's own. */
export const IMAGE = 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>';

/** Alarms on an expression: a property that the emulator refuses of a type that it knows. */
export const MATH = 'AWS::CloudWatch::Alarm with Metrics';

/** Types of the template that MiniStack does not know, and what is lost with each: the check fails when this list and MiniStack differ. */
export const TAKEN_OUT: Readonly<Record<string, string>> = {
  [MATH]: 'the trend of a filling volume: no metric math',
  'AWS::DLM::LifecyclePolicy': 'the snapshot schedule: no emulator has Data Lifecycle Manager',
  'AWS::EC2::FlowLog': 'a log of traffic',
  'AWS::EC2::SecurityGroupEgress': 'a rule of a security group on its own',
  'AWS::EC2::SecurityGroupIngress': 'rules of security groups on their own',
  'AWS::Rbin::Rule': 'the Recycle Bin',
  [IMAGE]: "AWS's own parameter with the newest image: another one in its place",
  'AWS::SSM::Document': 'the host verbs: cfn-lint judges their structure',
};

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Resources = Readonly<Record<string, { readonly Type: string; readonly [key: string]: unknown }>>;

/**
 * A template without the resources of some types. What refers to one is given its logical id as a text, so that everything else is
 * deployed as it was synthesized.
 */
export function without<T extends { readonly Resources: Resources }>(template: T, types: readonly string[]): T {
  const out = Object.entries(template.Resources).filter(
    ([, resource]) => types.includes(resource.Type) || (types.includes(MATH) && onExpression(resource)),
  );
  const gone = new Set(out.map(([id]) => id));
  const kept = Object.fromEntries(Object.entries(template.Resources).filter(([id]) => !gone.has(id)));
  return cut({ ...template, Resources: kept } as unknown as Json, gone) as unknown as T;
}

/** Whether a resource is an alarm on an expression. */
export function onExpression({ Type, Properties }: { readonly Type: string; readonly Properties?: unknown }): boolean {
  return (
    Type === 'AWS::CloudWatch::Alarm' && typeof Properties === 'object' && Object.hasOwn(Properties ?? {}, 'Metrics')
  );
}

function cut(value: Json, gone: ReadonlySet<string>): Json {
  if (Array.isArray(value)) return value.map((each) => cut(each, gone));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as { readonly [key: string]: Json };
  const target = object.Ref ?? (Array.isArray(object['Fn::GetAtt']) ? object['Fn::GetAtt'][0] : undefined);
  if (typeof target === 'string' && gone.has(target) && Object.keys(object).length === 1) return target;
  return Object.fromEntries(
    Object.entries(object).map(([key, each]) => [
      key,
      key === 'DependsOn' ? [each].flat().filter((id) => !gone.has(String(id))) : cut(each, gone),
    ]),
  );
}

/** A template in which parameters that name images of AWS are images. */
export function withImages<T>(template: T): T {
  const { Parameters = {}, ...rest } = template as { readonly Parameters?: Record<string, { readonly Type?: string }> };
  const changed = Object.entries(Parameters).map(([id, each]) => [
    id,
    each.Type === IMAGE ? { ...each, Type: 'String', Default: 'ami-0123456789abcdef0' } : each,
  ]);
  return { ...rest, Parameters: Object.fromEntries(changed) } as T;
}

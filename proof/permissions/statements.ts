import {
  type Dictionary,
  isDictionary,
  readTemplate,
  type TemplateResource,
} from '../../simulator/aws/cloudformation/template-model.ts';
import { AWS_MANAGED_POLICIES } from '../../simulator/aws/iam/managed.ts';

/** One statement of one role of a synthesized template. */
export interface RoleStatement {
  /** The same in every stack that has it, wherever it stands there. */
  readonly id: string;
  /** Logical id of the role. */
  readonly role: string;
  /** Where it stands, as the evaluator names it. */
  readonly source: string;
  /** Its Sid, or the AWS managed policy that it is of. */
  readonly name: string | undefined;
  readonly allow: boolean;
  /** As written, wildcards and all. */
  readonly actions: readonly string[];
  readonly place: Place;
}

/** Where to take it out of. */
type Place =
  | { readonly kind: 'inline'; readonly resource: string; readonly policy: number | undefined; readonly index: number }
  | { readonly kind: 'managed'; readonly index: number };

/** The role's logical id without what the CDK adds: `Healer`. */
export function roleName(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '').replace(/(FunctionService|IAM)?Role$/, '');
}

/** How a statement is shown to people: `Healer: TakesOverVolumes`, or its actions. */
export function title({ role, name, actions }: RoleStatement): string {
  const shown = actions.slice(0, 3).join(', ') + (actions.length > 3 ? `, and ${actions.length - 3} more` : '');
  return `${roleName(role)}: ${name === undefined ? shown : `${name} (${shown})`}`;
}

/**
 * Every statement of every role of a template: of its inline policies, of the policies attached to it, and of the AWS managed
 * policies that it names.
 * @throws Error for an AWS managed policy that the simulation does not know
 */
export function roleStatements(template: unknown): RoleStatement[] {
  const { Resources } = readTemplate(template);
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
    .flatMap(([role, resource]) => [
      ...inline(role, resource),
      ...Object.entries(Resources)
        .filter(([, other]) => isAttached(other, role))
        .flatMap(([id, other]) => read(role, `${id}.Properties`, id, undefined, other.Properties?.PolicyDocument)),
      ...managed(role, resource),
    ]);
}

/** Every statement of every managed policy that is attached to no role of the template: people get them. */
export function personStatements(template: unknown): RoleStatement[] {
  return Object.entries(readTemplate(template).Resources)
    .filter(([, { Type, Properties = {} }]) => Type === 'AWS::IAM::ManagedPolicy' && Properties.Roles === undefined)
    .flatMap(([id, { Properties = {} }]) => read(id, `${id}.Properties`, id, undefined, Properties.PolicyDocument));
}

function inline(role: string, { Properties = {} }: TemplateResource): RoleStatement[] {
  return asList(Properties.Policies).flatMap((policy, i) =>
    read(role, `${role}.Properties.Policies[${i}]`, role, i, (policy as Dictionary).PolicyDocument),
  );
}

function isAttached({ Type, Properties = {} }: TemplateResource, role: string): boolean {
  const names = (value: unknown) => asList(value).some((item) => isDictionary(item) && item.Ref === role);
  if (Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::ManagedPolicy') return names(Properties.Roles);
  return Type === 'AWS::IAM::RolePolicy' && names(Properties.RoleName);
}

function managed(role: string, { Properties = {} }: TemplateResource): RoleStatement[] {
  return asList(Properties.ManagedPolicyArns).flatMap((arn, index) => {
    const name = /:iam::aws:policy\/([\w/-]+)/.exec(JSON.stringify(arn))?.[1];
    // Without the name it is a policy of the template, which names the role itself or is found by its Roles.
    if (name === undefined) return [];
    const document = AWS_MANAGED_POLICIES[name];
    if (!document) throw new Error(`${role}: the simulation does not know the managed policy ${name}`);
    return read(role, name, role, undefined, document).map((statement) => ({
      ...statement,
      source: statement.source.replace('.PolicyDocument', ''),
      name,
      place: { kind: 'managed', index } as const,
    }));
  });
}

function read(
  role: string,
  path: string,
  resource: string,
  policy: number | undefined,
  document: unknown,
): RoleStatement[] {
  return asList((document as Dictionary | undefined)?.Statement).map((raw, index) => {
    const statement = raw as Dictionary;
    const sid = typeof statement.Sid === 'string' && statement.Sid !== '' ? statement.Sid : undefined;
    const source = `${path}.PolicyDocument.Statement[${index}]`;
    return {
      id: `${role} ${JSON.stringify(statement)}`,
      role,
      source: sid === undefined ? source : `${source} (${sid})`,
      name: sid,
      allow: statement.Effect === 'Allow',
      actions: asList(statement.Action ?? statement.NotAction).map(String),
      place: { kind: 'inline', resource, policy, index },
    };
  });
}

/** The template without the statement; of an AWS managed policy, without the policy. @param action only this one goes */
export function without(template: unknown, { role, place }: RoleStatement, action?: string): unknown {
  const changed = structuredClone(template) as { Resources: Record<string, { Properties: Record<string, unknown> }> };
  if (place.kind === 'managed') {
    const properties = changed.Resources[role]?.Properties ?? {};
    properties.ManagedPolicyArns = asList(properties.ManagedPolicyArns).toSpliced(place.index, 1);
    return changed;
  }
  const properties = changed.Resources[place.resource]?.Properties ?? {};
  const holder = place.policy === undefined ? properties : (properties.Policies as Dictionary[])[place.policy];
  const document = holder?.PolicyDocument as { Statement: unknown };
  const statements = asList(document.Statement) as Record<string, unknown>[];
  const statement = statements[place.index];
  const kept = asList(statement?.Action).filter((other) => other !== action);
  const replaced = action === undefined || kept.length === 0 ? [] : [{ ...statement, Action: kept }];
  document.Statement = statements.toSpliced(place.index, 1, ...replaced);
  return changed;
}

function asList(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/**
 * Evaluates API calls against the identity-based policies of a role, as IAM does within one account: all is denied, an
 * Allow that matches allows, a Deny that matches wins. Sources: AWS IAM User Guide, "Policy evaluation logic", "IAM JSON
 * policy elements reference".
 *
 * A permissions boundary limits what the rest allows. Policies of resources: `iam-resource-policies.ts`; of keys, with grants:
 * `iam-kms.ts`; of roles, about who may take them: `iam-trust.ts`. Not simulated: service control policies, resource control
 * policies and session policies (decision 17).
 */

import type { ResolvedTemplate } from '../cloudformation/template.ts';
import { type Dictionary, isDictionary, kindOf, TemplateError } from '../cloudformation/template-model.ts';
import { has, list, type Properties, properties, str, strings } from '../cloudformation/template-properties.ts';
import { type Condition, type Context, glob, lookup, readCondition } from './conditions.ts';
import { AWS_MANAGED_POLICIES } from './managed.ts';

export type { Context } from './conditions.ts';

/** A policy statement, read. */
export interface Statement {
  readonly allow: boolean;
  readonly actions: readonly string[];
  /** The actions are those it does **not** speak of (NotAction). */
  readonly exceptActions: boolean;
  readonly resources: readonly string[];
  readonly exceptResources: boolean;
  readonly conditions: readonly Condition[];
  /** Where it stands, for messages. */
  readonly source: string;
  /** Of the permissions boundary: what it allows is the most that the others may allow, and what it denies is denied. */
  readonly boundary?: boolean;
}

export interface AuthorizationRequest {
  /** For example `ec2:CreateVolume`. */
  readonly action: string;
  /** ARNs, or `*` for actions without resource-level permissions. Each of them must be allowed. */
  readonly resources: readonly string[];
  readonly context: Context;
  /** Whom a policy of a resource would have to name, for messages. */
  readonly principal?: Readonly<Record<string, string>>;
}

export type Verdict =
  | {
      readonly allowed: true;
      /** For each resource, every statement that allows it: with one alone, the call needs that one. */
      readonly by: ReadonlyMap<string, readonly Statement[]>;
    }
  | { readonly allowed: false; readonly reason: 'explicitDeny' | 'implicitDeny'; readonly missing: string };

/**
 * Judges one action on its resources.
 * @returns when denied, `missing`: the Deny that matched; or the statement to add, and which nearly allowed it
 */
export function evaluate(request: AuthorizationRequest, statements: readonly Statement[]): Verdict {
  const { action, resources, context, principal } = request;
  if (resources.length === 0) throw new Error(`${action}: no resource to authorize`);
  const { about, bounded } = speakingOf(action, statements);
  const allowedOn = new Map<string, Statement[]>();
  const within = new Set<string>();
  for (const resource of resources) {
    for (const statement of about) {
      if (includes(statement.resources, resource) === statement.exceptResources) continue;
      if (!statement.conditions.every((condition) => condition.holds(context))) continue;
      if (!statement.allow)
        return { allowed: false, reason: 'explicitDeny', missing: `denied on ${resource} by ${statement.source}` };
      if (statement.boundary) within.add(resource);
      else allowing(allowedOn, resource).push(statement);
    }
  }
  const refuse = (resource: string, boundary: boolean): Verdict => {
    const said = about.filter((statement) => (statement.boundary ?? false) === boundary);
    const wanted = { Effect: 'Allow', ...(principal && { Principal: principal }), Action: action, Resource: resource };
    return {
      allowed: false,
      reason: 'implicitDeny',
      // Put together when it is read: of a key's two policies it mostly is not.
      get missing() {
        const why = missing(wanted, resource, context, said);
        return boundary ? `the permissions boundary ${why}` : why;
      },
    };
  };
  const refused = resources.find((resource) => !allowedOn.has(resource));
  if (refused !== undefined) return refuse(refused, false);
  const outside = bounded ? resources.find((resource) => !within.has(resource)) : undefined;
  return outside === undefined ? { allowed: true, by: allowedOn } : refuse(outside, true);
}

function allowing(allowedOn: Map<string, Statement[]>, resource: string): Statement[] {
  const before = allowedOn.get(resource);
  if (before) return before;
  const none: Statement[] = [];
  allowedOn.set(resource, none);
  return none;
}

interface Speaking {
  readonly about: readonly Statement[];
  /** Whether any of the statements, of whatever action, is of a permissions boundary. */
  readonly bounded: boolean;
}

/** By the list as a role keeps it: it is asked of the same few actions thousands of times. */
const speaking = new WeakMap<readonly Statement[], Map<string, Speaking>>();

function speakingOf(action: string, statements: readonly Statement[]): Speaking {
  const known = speaking.get(statements) ?? new Map<string, Speaking>();
  speaking.set(statements, known);
  const found = known.get(action) ?? {
    about: statements.filter((statement) => speaksOf(statement, action)),
    bounded: isBounded(statements),
  };
  known.set(action, found);
  return found;
}

function isBounded(statements: readonly Statement[]): boolean {
  return statements.some((statement) => statement.boundary);
}

/** What the permissions boundary alone says, if there is one: the policy of a resource may not allow a role more than that. */
export function evaluateBoundary(request: AuthorizationRequest, statements: readonly Statement[]): Verdict | undefined {
  if (!isBounded(statements)) return undefined;
  const limits = statements.filter((statement) => statement.boundary);
  return evaluate(
    request,
    limits.map((statement) => ({ ...statement, boundary: false })),
  );
}

function missing(wanted: object, resource: string, context: Context, about: readonly Statement[]): string {
  const near = about
    .filter((statement) => statement.allow && includes(statement.resources, resource) !== statement.exceptResources)
    .map(({ source, conditions }) => {
      const failed = conditions.filter((condition) => !condition.holds(context));
      const reasons = failed.map(({ operator, key, values }) => {
        const actual = lookup(context, key);
        return `${operator} ${key} wants ${values.join(' or ')}, got ${actual === undefined ? 'nothing' : actual}`;
      });
      return `${source} would allow it but for ${reasons.join('; ')}`;
    });
  const elsewhere = about.filter((statement) => statement.allow).flatMap((statement) => statement.resources);
  const hint =
    near.length > 0 ? near.join('. ') : elsewhere.length > 0 ? `it is allowed on ${elsewhere.join(', ')} only` : '';
  return `needs ${JSON.stringify(wanted)}${hint && ` (${hint})`}; context ${JSON.stringify(context)}`;
}

interface Patterns {
  readonly exact: ReadonlySet<string>;
  readonly globs: readonly RegExp[];
}

/** Action -> whether a list of actions speaks of it: thousands of worlds ask the same. */
const spoken = new WeakMap<readonly string[], Map<string, boolean>>();

function speaksOf({ actions, exceptActions }: Statement, action: string): boolean {
  const known = spoken.get(actions) ?? new Map<string, boolean>();
  spoken.set(actions, known);
  const found = known.get(action) ?? includes(actions, action, true);
  known.set(action, found);
  return found !== exceptActions;
}

/** By the list as it stands in the policy: most of a simulated call's time went into finding its patterns again. */
const compiled = new WeakMap<readonly string[], Patterns>();

function compile(patterns: readonly string[], anyCase: boolean): Patterns {
  const [globs, exact] = [patterns.filter((p) => /[*?]/.test(p)), patterns.filter((p) => !/[*?]/.test(p))];
  return {
    exact: new Set(anyCase ? exact.map((p) => p.toLowerCase()) : exact),
    globs: globs.map((pattern) => glob(pattern, anyCase)),
  };
}

function includes(patterns: readonly string[], text: string, anyCase = false): boolean {
  let known = compiled.get(patterns);
  if (!known) {
    known = compile(patterns, anyCase);
    compiled.set(patterns, known);
  }
  return (
    known.exact.has(anyCase ? text.toLowerCase() : text) || known.globs.some((expression) => expression.test(text))
  );
}

/**
 * All statements that a role of the template has: its inline policies, `AWS::IAM::Policy`, `AWS::IAM::RolePolicy` and
 * `AWS::IAM::ManagedPolicy` resources attached to it, and the AWS managed policies that it names.
 * @param template may be partial while a stack is being created: only what is there counts
 * @throws TemplateError for a managed policy, a policy element or a condition operator that the simulation does not know
 */
export function collectStatements(
  template: Pick<ResolvedTemplate, 'resources' | 'references'>,
  roleLogicalId: string,
): Statement[] {
  const role = template.resources[roleLogicalId];
  const roleName = template.references[roleLogicalId]?.ref;
  if (role?.type !== 'AWS::IAM::Role' || roleName === undefined) {
    throw new TemplateError(roleLogicalId, `is no AWS::IAM::Role of the stack, but ${role?.type ?? 'nothing'}`);
  }
  const own = properties(role);
  const found = list(own, 'Policies', []).flatMap(policyStatements);
  const attached = new Set(strings(own, 'ManagedPolicyArns', []));
  for (const [id, resource] of Object.entries(template.resources)) {
    const p = properties(resource);
    const names = (key: string) => strings(p, key, []).includes(roleName);
    if (resource.type === 'AWS::IAM::Policy' && names('Roles')) found.push(...policyStatements(p));
    if (resource.type === 'AWS::IAM::RolePolicy' && str(p, 'RoleName') === roleName) found.push(...policyStatements(p));
    if (resource.type === 'AWS::IAM::ManagedPolicy') {
      const listed = attached.delete(template.references[id]?.ref ?? '');
      if (listed || names('Roles')) found.push(...policyStatements(p));
    }
  }
  found.push(...[...attached].flatMap((arn) => awsManaged(arn, `${own.path}.ManagedPolicyArns`)));
  return has(own, 'PermissionsBoundary') ? [...found, ...boundaryOf(template, own)] : found;
}

/** Source: AWS IAM User Guide, "Permissions boundaries for IAM entities". */
function boundaryOf(template: Pick<ResolvedTemplate, 'resources' | 'references'>, role: Properties): Statement[] {
  const arn = str(role, 'PermissionsBoundary');
  const own = Object.entries(template.resources).find(
    ([id, { type }]) => type === 'AWS::IAM::ManagedPolicy' && template.references[id]?.ref === arn,
  );
  const read = own ? policyStatements(properties(own[1])) : awsManaged(arn, `${role.path}.PermissionsBoundary`);
  return read.map((statement) => ({ ...statement, boundary: true }));
}

function awsManaged(arn: string, path: string): Statement[] {
  const name = /^arn:aws[a-z-]*:iam::aws:policy\/(.+)$/.exec(arn)?.[1] ?? '';
  const policy = Object.hasOwn(AWS_MANAGED_POLICIES, name) ? AWS_MANAGED_POLICIES[name] : undefined;
  if (policy) return readStatements(policy, name);
  const known = Object.keys(AWS_MANAGED_POLICIES).join(', ');
  throw new TemplateError(path, `managed policy ${arn} is not known to the simulation; known are ${known}`);
}

/** Of one policy resource. @throws as {@link collectStatements} */
export function policyStatements(p: Properties): Statement[] {
  return readStatements(p.values.PolicyDocument, `${p.path}.PolicyDocument`);
}

const ELEMENTS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

/** Reads a policy document. @param path where it stands, for messages. @throws TemplateError for what is not known */
export function readStatements(document: unknown, path: string): Statement[] {
  const { Version: version, Statement: content } = isDictionary(document) ? document : {};
  if (version !== '2012-10-17') {
    throw new TemplateError(`${path}.Version`, `must be "2012-10-17", got ${kindOf(version)}`);
  }
  const statements = Array.isArray(content) ? content : [content];
  return statements.map((statement, i) => readStatement(statement, `${path}.Statement[${i}]`));
}

function readStatement(raw: unknown, path: string): Statement {
  if (!isDictionary(raw)) throw new TemplateError(path, `must be an object, got ${kindOf(raw)}`);
  const unknown = Object.keys(raw).find((key) => !ELEMENTS.includes(key));
  if (unknown) throw new TemplateError(`${path}.${unknown}`, `unknown; known are ${ELEMENTS.join(', ')}`);
  if (raw.Effect !== 'Allow' && raw.Effect !== 'Deny') {
    throw new TemplateError(`${path}.Effect`, `must be Allow or Deny, got ${kindOf(raw.Effect)}`);
  }
  const either = (name: string, not: string) => {
    if ((raw[name] === undefined) === (raw[not] === undefined)) {
      throw new TemplateError(path, `must have one of ${name} and ${not}`);
    }
    const key = raw[name] === undefined ? not : name;
    return { values: texts(raw[key], `${path}.${key}`), except: key === not };
  };
  const actions = either('Action', 'NotAction');
  const resources = either('Resource', 'NotResource');
  return {
    allow: raw.Effect === 'Allow',
    actions: actions.values,
    exceptActions: actions.except,
    resources: resources.values,
    exceptResources: resources.except,
    conditions: readConditions(raw.Condition ?? {}, `${path}.Condition`),
    source: typeof raw.Sid === 'string' && raw.Sid !== '' ? `${path} (${raw.Sid})` : path,
  };
}

function readConditions(raw: unknown, path: string): Condition[] {
  if (!isDictionary(raw)) throw new TemplateError(path, `must be an object, got ${kindOf(raw)}`);
  return Object.entries(raw).flatMap(([operator, keys]) => {
    const entries = Object.entries(isDictionary(keys) ? keys : ({} as Dictionary));
    if (entries.length === 0) throw new TemplateError(`${path}.${operator}`, `must name keys, got ${kindOf(keys)}`);
    return entries.map(([key, values]) => {
      const where = `${path}.${operator}.${key}`;
      try {
        return readCondition(operator, key, texts(values, where));
      } catch (error) {
        throw error instanceof TemplateError ? error : new TemplateError(where, (error as Error).message);
      }
    });
  });
}

/** One text or several. Policy variables (`${aws:username}`) are not known to the simulation. */
function texts(value: unknown, path: string): readonly string[] {
  const items = Array.isArray(value) ? value : [value];
  const read = items.map((item) => {
    const text = typeof item === 'boolean' || typeof item === 'number' ? String(item) : item;
    if (typeof text !== 'string') throw new TemplateError(path, `must be text, got ${kindOf(item)}`);
    if (text.includes('${')) throw new TemplateError(path, `policy variable in ${text} is not known to the simulation`);
    return text;
  });
  // What worlds share stays one list, so that its patterns are found again.
  return Array.isArray(value) && read.every((text, i) => text === value[i]) ? value : read;
}

import { type Dictionary, isDictionary, kindOf, TemplateError } from '../cloudformation/template-model.ts';
import type { Account, Principal } from './account.ts';
import { type Context, evaluate, readStatements, type Statement } from './iam.ts';

/** An account, or one of its users and roles, as a principal. Wildcards within an ARN are not allowed there. */
const IDENTITY = /^arn:[a-z-]+:(iam|sts)::\d{12}:(root|[\w+=,.@:/-]+)$/;
const ACCOUNT = /^\d{12}$/;
const ANYONE = '*';

/**
 * A policy that a resource has: statements that say whom they speak to. What it says of an account is said of all of it.
 * Source: AWS IAM User Guide, "AWS JSON policy elements: Principal".
 */
export class ResourcePolicy {
  readonly #statements: readonly Statement[];
  /** Whom each of them speaks to. */
  readonly #principals: readonly ReadonlySet<string>[];
  readonly #to = new Map<string, readonly Statement[]>();

  /** @param path where it stands, for messages. @throws TemplateError for what the simulation does not know */
  constructor(document: unknown, path: string) {
    const { Statement: content, Id: _, ...rest } = isDictionary(document) ? document : {};
    const raw = (Array.isArray(content) ? content : [content]) as Dictionary[];
    this.#principals = raw.map((each, i) => principals(each?.Principal, `${path}.Statement[${i}].Principal`));
    this.#statements = readStatements({ ...rest, Statement: raw.map(({ Principal: __, ...said }) => said) }, path);
  }

  /** What it says to whoever goes by any of these names: a service's, or an ARN. */
  to(...names: readonly string[]): readonly Statement[] {
    const key = names.join(' ');
    let said = this.#to.get(key);
    if (!said) {
      said = this.#statements.filter((_, i) => [ANYONE, ...names].some((name) => this.#principals[i]?.has(name)));
      this.#to.set(key, said);
    }
    return said;
  }
}

function principals(principal: unknown, path: string): ReadonlySet<string> {
  if (principal === ANYONE) return new Set([ANYONE]);
  const kinds = isDictionary(principal) ? principal : {};
  const unknown = Object.keys(kinds).find((kind) => kind !== 'AWS' && kind !== 'Service');
  if (unknown !== undefined || Object.keys(kinds).length === 0)
    throw new TemplateError(path, `is not known to the simulation: ${unknown ?? kindOf(principal)}`);
  const named = [kinds.AWS ?? []].flat().map((name) => {
    if (typeof name === 'string' && ACCOUNT.test(name)) return `arn:aws:iam::${name}:root`;
    if (typeof name === 'string' && (name === ANYONE || IDENTITY.test(name))) return name;
    throw new TemplateError(`${path}.AWS`, `is not known to the simulation: ${kindOf(name)}`);
  });
  return new Set([...named, ...[kinds.Service ?? []].flat().map(String)]);
}

/** The account as a principal: what a policy allows it, its IAM policies may give to its roles. */
export function rootArn({ partition, account }: Account): string {
  return `arn:${partition}:iam::${account}:root`;
}

/**
 * Whether a service may do something by a resource's policy alone: it has no policies of its own, and nobody can give its
 * service-linked role more. Calls of services are made over TLS, for this account. A denied call counts as one.
 * @param service its principal, or the ARN of its service-linked role
 * @returns what is missing, or `undefined`
 */
export function missingForService(
  cloud: Account,
  service: string,
  policy: ResourcePolicy | undefined,
  {
    action,
    resource,
    context = {},
  }: { readonly action: string; readonly resource: string; readonly context?: Context },
): string | undefined {
  const linked = service.startsWith('arn:');
  const own: Context = linked
    ? { 'aws:PrincipalAccount': cloud.account, 'aws:PrincipalArn': service }
    : { 'aws:SourceAccount': cloud.account };
  const request = {
    action,
    resources: [resource],
    context: { ...own, 'aws:SecureTransport': 'true', ...context },
    principal: { [linked ? 'AWS' : 'Service']: service },
  };
  const verdict = evaluate(request, policy?.to(service) ?? []);
  if (verdict.allowed) return undefined;
  const missing = `the policy of ${resource} ${verdict.missing}`;
  cloud.permissions.denied({ role: service, action, resources: [resource], missing });
  return `${action}: ${missing}`;
}

/** What a resource's policy denies a role, whatever its own policies allow, and it counts; `undefined` where it does not. */
export function deniedTo(
  cloud: Account,
  { name, arn }: Pick<Principal, 'name' | 'arn'>,
  policy: ResourcePolicy | undefined,
  action: string,
  resource: string,
): string | undefined {
  const context = { 'aws:PrincipalAccount': cloud.account, 'aws:SecureTransport': 'true' };
  const statements = policy?.to(rootArn(cloud), ...(arn === undefined ? [] : [arn])) ?? [];
  const verdict = evaluate({ action, resources: [resource], context }, statements);
  if (verdict.allowed || verdict.reason !== 'explicitDeny') return undefined;
  cloud.permissions.denied({ role: name, action, resources: [resource], missing: verdict.missing });
  return `${action}: ${verdict.missing}`;
}

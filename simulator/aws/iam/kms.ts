/**
 * Who may use a key. Its own policy decides: it allows somebody by name, or leaves it to the account's IAM policies by naming the
 * account; an explicit Deny anywhere wins. Without that, IAM policies that allow have no effect.
 * Sources: docs.aws.amazon.com/kms/latest/developerguide/key-policies.html and policy-evaluation.html
 *
 * Whoever has made a resource's key usable by a grant needs nothing more: EC2 decrypts by a grant for as long as a volume is
 * attached. What a service asks of a key, and in whose name: `iam-key-uses.ts`.
 */

import { onlyKnown, type Properties, str } from '../cloudformation/template.ts';
import type { Account, Principal } from './account.ts';
import { type AuthorizationRequest, type Context, evaluate, evaluateBoundary, type Verdict } from './iam.ts';
import { deniedTo, missingForService, ResourcePolicy, rootArn } from './resource-policies.ts';
import { missingForRole } from './role.ts';

/** A role; or a service, by its principal or by the ARN of its service-linked role, which no policy but the key's can help. */
export type Caller = Principal | { readonly service: string };

interface Key {
  readonly id: string;
  readonly arn: string;
  readonly description: string;
  readonly policy: ResourcePolicy;
}

/** An account with its keys. */
export interface KeyAccount extends Account {
  readonly keys: Keys;
}

/** Keys of the account, with their policies. */
export class Keys {
  readonly #keys = new Map<string, Key>();

  /** @throws TemplateError for what a key of the template says and the simulation does not know */
  define(arn: string, id: string, p: Properties): void {
    onlyKnown(p, [
      'Description',
      'EnableKeyRotation',
      'KeyPolicy',
      'PendingWindowInDays',
      'RotationPeriodInDays',
      'Tags',
    ]);
    const description = str(p, 'Description', '');
    const key = { id, arn, description, policy: new ResourcePolicy(p.values.KeyPolicy, `${p.path}.KeyPolicy`) };
    for (const name of [arn, id]) this.#keys.set(name, key);
  }

  /** By its ARN or its id. */
  get(name: string): Key | undefined {
    return this.#keys.get(name);
  }
}

/**
 * Asks for a key. What is allowed, and what is denied, is counted.
 * @param key ARN or id
 * @returns what is missing, or `undefined`
 */
export function missingOfKey(
  cloud: KeyAccount,
  caller: Caller,
  key: string,
  actions: readonly string[],
  contextOf: (action: string) => Context,
): string | undefined {
  const found = cloud.keys.get(key);
  for (const action of actions) {
    if (!found) return `${action}: there is no key ${key}`;
    const asked = { ...contextOf(action), 'kms:CallerAccount': cloud.account };
    const missing =
      'service' in caller
        ? missingForService(cloud, caller.service, found.policy, { action, resource: found.arn, context: asked })
        : missingInNameOf(cloud, caller, found, { action, resources: [found.arn], context: asked });
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function missingInNameOf(
  cloud: KeyAccount,
  role: Principal,
  key: Key,
  asked: AuthorizationRequest,
): string | undefined {
  const own = {
    'aws:PrincipalAccount': cloud.account,
    ...(role.arn !== undefined && { 'aws:PrincipalArn': role.arn }),
  };
  const request = { ...asked, context: { ...asked.context, ...own } };
  return missingForRole(cloud, role, request, judge(cloud, role, key, request));
}

/** Where the key's policy itself allows a role, no statement of the role is needed. */
function judge(
  cloud: KeyAccount,
  { arn, statements }: Principal,
  { policy }: Key,
  request: AuthorizationRequest,
): Verdict {
  const identity = evaluate(request, statements());
  const named = evaluate(request, policy.to(arn ?? ''));
  const root = rootArn(cloud);
  const account = evaluate({ ...request, principal: { AWS: root } }, policy.to(root));
  const denied = [identity, named, account].find((verdict) => !verdict.allowed && verdict.reason === 'explicitDeny');
  if (denied) return denied;
  if (named.allowed) {
    const limits = evaluateBoundary(request, statements());
    return limits && !limits.allowed ? limits : { allowed: true, by: new Map() };
  }
  if (account.allowed) return identity;
  const missing = `the policy of the key does not leave it to IAM: it ${account.missing}`;
  return { allowed: false, reason: 'implicitDeny', missing };
}

/** What the holder of a grant is denied all the same; `undefined` where it may use the key. */
export function deniedToGrantee(cloud: KeyAccount, arn: string, key: string, action: string): string | undefined {
  const found = cloud.keys.get(key);
  return deniedTo(cloud, { name: arn, arn }, found?.policy, action, found?.arn ?? key);
}

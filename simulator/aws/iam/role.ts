import type { Account, Principal } from './account.ts';
import { type AuthorizationRequest, evaluate, type Verdict } from './iam.ts';

/**
 * Judges what a service does in the name of a role, and counts it: what was allowed by which statement, and what was denied.
 * @param verdict where more than the role's own policies decides
 * @returns what is missing, with the action; `undefined` where it is allowed
 */
export function missingForRole(
  { permissions, clock }: Account,
  role: Principal,
  request: AuthorizationRequest,
  verdict: Verdict = evaluate(request, role.statements()),
): string | undefined {
  const { action, resources } = request;
  if (verdict.allowed) {
    permissions.allowed(role.name, action, verdict.by, clock.now());
    return undefined;
  }
  permissions.denied({ role: role.name, action, resources, missing: verdict.missing });
  return `${action}: ${verdict.missing}`;
}

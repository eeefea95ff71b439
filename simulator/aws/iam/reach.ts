/**
 * What the roles of one stack could do to another stack of the same account: each changing action that a role is allowed at all is
 * tried on the other's resources, and on its own, as EC2's `DryRun` tries it: judged, and without an effect.
 */

import type { Services } from '../account/services.ts';
import type { Principal } from './account.ts';
import { ATTEMPTS, type Attempt, type Estate, READING, UNSCOPED } from './foreign-actions.ts';
import { type AuthorizationRequest, evaluate } from './iam.ts';

/** One role, one action. */
export interface Reach {
  readonly role: string;
  readonly action: string;
  /** Attempts on the other stack's resources, and what those were that the role may do. */
  readonly tried: number;
  readonly allowed: readonly string[];
  /** Whether the same call is allowed on the stack's own: a check that denies all would find nothing. */
  readonly own: boolean;
  /** Why no attempt says anything of this action. */
  readonly unscoped?: string;
}

/** @throws Error for an allowed action that no attempt covers: it would pass unseen */
export function reachOf(s: Services, mine: Estate, theirs: Estate): Reach[] {
  return mine.roles.flatMap((role) => actionsOf(role).map((action) => reach(s, role, action, mine, theirs)));
}

/** Changing actions that a role is allowed on anything, sorted. */
function actionsOf(role: Principal): string[] {
  const allowing = role.statements().filter((statement) => statement.allow);
  const vague = allowing.find((statement) => statement.exceptActions);
  if (vague) throw new Error(`${vague.source}: what NotAction allows cannot be tried one by one`);
  const actions = new Set(allowing.flatMap((statement) => statement.actions));
  return [...actions].filter((action) => !READING.test(action)).sort();
}

function reach(s: Services, role: Principal, action: string, mine: Estate, theirs: Estate): Reach {
  const unscoped = UNSCOPED[action];
  if (unscoped) return { role: role.name, action, tried: 0, allowed: [], own: true, unscoped };
  const about = ATTEMPTS.filter((attempt) => attempt.actions.includes(action));
  if (about.length === 0) throw new Error(`${role.name}: ${action} is allowed, and nothing tries it on another stack`);
  const judged = about.flatMap((attempt) => tries(s, attempt, mine, theirs).map((each) => ({ ...each, attempt })));
  const may = (requests: readonly AuthorizationRequest[]) =>
    requests.every((request) => evaluate(request, role.statements()).allowed);
  const ofAction = (requests: readonly AuthorizationRequest[]) => requests.filter((r) => r.action === action);
  const own = about.some((attempt) => attempt.requests(s, mine, mine).some((all) => may(ofAction(all))));
  const allowed = judged.filter(({ requests }) => may(requests)).map(({ attempt }) => attempt.what);
  return { role: role.name, action, tried: judged.length, allowed: [...new Set(allowed)], own };
}

function tries(s: Services, attempt: Attempt, mine: Estate, theirs: Estate) {
  return attempt.requests(s, mine, theirs).map((requests) => ({ requests }));
}

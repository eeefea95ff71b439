import { listed } from '../../contract/listed.ts';
import { type Explanation, explanationOf, stale } from './explained.ts';
import type { Removal } from './removal.ts';
import { roleName, title } from './statements.ts';
import type { Grant, Survey } from './survey.ts';

/** An allowed action that nothing used. */
interface Unused {
  readonly statement: string;
  readonly action: string;
  readonly why: string | undefined;
}

interface Survivor {
  readonly statement: string;
  readonly action: string | undefined;
  readonly survives: string;
  readonly why: string | undefined;
}

/** What is said of the permissions of all roles. */
export interface Report {
  readonly roles: readonly { readonly role: string; readonly statements: number; readonly calls: number }[];
  readonly unused: readonly Unused[];
  readonly removals: readonly {
    readonly statement: string;
    readonly action: string | undefined;
    readonly scenario: string;
    readonly denied: string;
    readonly broken: readonly string[] | undefined;
  }[];
  readonly survivors: readonly Survivor[];
  /** Rows of the explanations that explain nothing. */
  readonly stale: readonly string[];
  /** Scenarios that broke a promise with all statements in place. */
  readonly broken: readonly string[];
}

/** @param whole everything was played: what is unused is unused, and a row of the explanations that explains nothing is stale */
export function reportOf(
  { grants, broken }: Pick<Survey, 'grants' | 'broken'>,
  removals: readonly Removal[],
  whole: boolean,
): Report {
  const byRole = Map.groupBy(grants, (grant) => grant.statement.role);
  return {
    roles: [...byRole].map(([role, own]) => ({
      role: roleName(role),
      statements: new Set(own.map((grant) => grant.statement.id)).size,
      calls: own.reduce((sum, grant) => sum + grant.uses, 0),
    })),
    unused: grants
      .filter((grant) => grant.uses === 0)
      .map((grant) => ({
        statement: title(grant.statement),
        action: grant.action,
        why: explanationOf(grant)?.why,
      })),
    removals: removals.flatMap(({ statement, action, noticed }) =>
      noticed
        ? [
            {
              statement: title(statement),
              action,
              scenario: noticed.scenario,
              denied: `${noticed.denial.action} on ${noticed.denial.resources.join(', ')}`,
              broken: noticed.broken,
            },
          ]
        : [],
    ),
    survivors: removals.flatMap(({ statement, action, survives }) =>
      survives === undefined
        ? []
        : [{ statement: title(statement), action, survives, why: whyNot(grants, statement.id, action)?.why }],
    ),
    stale: whole ? stale(grants) : [],
    broken,
  };
}

/** A survivor is explained where each of its actions is. */
function whyNot(grants: readonly Grant[], id: string, action: string | undefined): Explanation | undefined {
  const own = grants.filter((g) => g.statement.id === id && (action === undefined || g.action === action));
  const found = own.map(explanationOf);
  return found.every((explanation) => explanation !== undefined) ? found[0] : undefined;
}

/** @param whole as {@link reportOf} */
export function isSound({ unused, survivors, stale: rows, broken }: Report, whole: boolean): boolean {
  const open = (list: readonly { readonly why: string | undefined }[]) => list.some(({ why }) => why === undefined);
  return broken.length === 0 && rows.length === 0 && (!whole || (!open(unused) && !open(survivors)));
}

/** The report for people. */
export function text(report: Report, removed: boolean): string {
  const { roles, unused, removals, survivors } = report;
  const lines = roles.map(
    ({ role, statements, calls }) =>
      `${role.padEnd(20)} ${String(statements).padStart(3)} statements, allowed ${calls} times`,
  );
  for (const { statement, action, scenario, denied, broken } of removals)
    lines.push(
      `missed    ${statement}${action === undefined ? '' : ` without ${action}`}: ${scenario} is denied ${denied}${broken ? `; broken: ${listed(broken, { between: '; ', rest: 'all of them: --json' })}` : ''}`,
    );
  const explained = unused.filter(({ why }) => why !== undefined);
  const reasons = Map.groupBy(explained, ({ why }) => why ?? '');
  for (const [why, list] of reasons) lines.push(`explained ${list.length} unused: ${why}`);
  for (const { statement, survives, why } of survivors)
    if (why === undefined) lines.push(`SURVIVES  ${statement}: ${survives}`);
  for (const { statement, action, why } of unused)
    if (why === undefined) lines.push(`UNUSED    ${statement}: ${action}`);
  for (const row of report.stale) lines.push(`STALE     ${row}`);
  for (const name of report.broken)
    lines.push(`BROKEN    ${name} does not keep its promises with all statements in place`);
  const open = (list: readonly { readonly why: string | undefined }[]) =>
    list.filter(({ why }) => why === undefined).length;
  lines.push(
    '',
    `${unused.length} allowed actions were never used: ${explained.length} explained, ${open(unused)} not.`,
  );
  if (removed)
    lines.push(
      `${removals.length} of ${removals.length + survivors.length} were missed when taken out; ${survivors.length} survive: ${survivors.length - open(survivors)} explained, ${open(survivors)} not.`,
    );
  return `${lines.join('\n')}\n`;
}

import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import type { Progress } from '../../rehearsal/world/world.ts';
import type { Denial } from '../../simulator/aws/iam/permission-ledger.ts';
import { type RoleStatement, without } from './statements.ts';
import { type Grant, matches, playScenario, type Stacks } from './survey.ts';

/** What became of a stack without one statement, or without one action of one. */
export interface Removal {
  readonly statement: RoleStatement;
  /** The one action that was taken out; `undefined`: all of the statement. */
  readonly action: string | undefined;
  /** The scenario that failed without it, and the denied call that it names. */
  readonly noticed: Noticed | undefined;
  /** Why nothing failed; only where nothing did. */
  readonly survives: string | undefined;
}

export interface Noticed {
  readonly scenario: string;
  readonly denial: Denial;
  /** What followed from the denied call, where the scenario was played to its end: the promises that it broke. */
  readonly broken?: readonly string[];
}

/** Ends a scenario: a call was denied, as it must be. */
class Enough extends Error {}

export interface How {
  /** Each action of a statement by itself, and not the statement as a whole. */
  readonly byAction: boolean;
  /** Each scenario is played to its end, and not only to the denied call. */
  readonly toTheEnd: boolean;
}

/** How often another scenario is tried where the first did not fail. */
const TRIES = 3;

/** @returns what is to be taken out, one after the other: whole statements, or each action of each */
export function units(grants: readonly Grant[], byAction: boolean): (readonly Grant[])[] {
  const groups = Map.groupBy(grants, ({ statement, action }) =>
    byAction ? `${statement.id} ${action}` : statement.id,
  );
  return [...groups.values()];
}

/**
 * Takes out each unit in turn and plays what needs it, until a call is denied that the unit allows. The survey says which
 * scenario that is: up to that call it goes as before.
 */
export async function removeEach(
  stacks: Stacks,
  grants: readonly Grant[],
  { byAction, toTheEnd }: How,
  progress: Progress,
): Promise<Removal[]> {
  const removals: Removal[] = [];
  const all = units(grants, byAction);
  for (const unit of all) {
    removals.push(await remove(stacks, unit, { byAction, toTheEnd }));
    progress('removals', removals.length, all.length);
  }
  return removals;
}

async function remove(stacks: Stacks, unit: readonly Grant[], { byAction, toTheEnd }: How): Promise<Removal> {
  const [grant] = unit;
  if (!grant) throw new Error('a unit without a grant');
  const { statement } = grant;
  const action = byAction ? grant.action : undefined;
  const needs = unit.flatMap((g) => g.needs).sort((a, b) => a.afterMs - b.afterMs);
  const scenarios = [...new Set(needs.map((need) => need.scenario))].slice(0, TRIES);
  for (const scenario of scenarios) {
    const noticed = await playWithout(stacks, scenario, statement, action, toTheEnd);
    if (noticed) return { statement, action, noticed, survives: undefined };
  }
  const used = unit.some((g) => g.uses > 0);
  const why = !used
    ? 'nothing uses it'
    : scenarios.length === 0
      ? 'another statement allows the same'
      : `played without it, ${scenarios.join(', ')} met no denial`;
  return { statement, action, noticed: undefined, survives: why };
}

/** Plays a scenario without a statement. @returns `undefined` where no call was denied that the statement would have allowed */
async function playWithout(
  stacks: Stacks,
  scenario: string,
  { id, role, actions }: RoleStatement,
  action: string | undefined,
  toTheEnd: boolean,
): Promise<Noticed | undefined> {
  const stack = await stacks.of(SCENARIOS[scenario]?.settings ?? {});
  const statement = stack.statements.find((s) => s.id === id);
  if (!statement) return undefined;
  const wanted = action === undefined ? actions : [action];
  let denial: Denial | undefined;
  const opened: Parameters<typeof playScenario>[2] = (permissions, fail) => {
    permissions.onDenial = (denied) => {
      if (denied.role !== role || !wanted.some((pattern) => matches(pattern, denied.action))) return;
      denial ??= denied;
      if (!toTheEnd) fail(new Enough());
    };
  };
  try {
    const { virtual } = await playScenario(scenario, stack, opened, without(stack.template, statement, action));
    return denial && { scenario, denial, broken: virtual.checks.filter((c) => !c.kept).map((c) => c.promise) };
  } catch (error) {
    if (!denial) throw error;
    if (error instanceof Enough) return { scenario, denial };
    return { scenario, denial, broken: [`cannot be played: ${error instanceof Error ? error.message : error}`] };
  }
}

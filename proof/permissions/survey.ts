import { join } from 'node:path';
import type { Outcome } from '../../rehearsal/judge/outcome.ts';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import type { Assembly } from '../../rehearsal/world/assembly.ts';
import { rehearse, templateOf } from '../../rehearsal/world/rehearse.ts';
import type { Progress } from '../../rehearsal/world/world.ts';
import { glob } from '../../simulator/aws/iam/conditions.ts';
import type { PermissionLedger } from '../../simulator/aws/iam/permission-ledger.ts';
import { openDisks } from '../../simulator/disks/open.ts';
import { Random } from '../../simulator/time/random.ts';
import { randomSchedule } from '../faults/plans.ts';
import { type Ground, play } from '../faults/play.ts';
import { STORIES, settingsOf } from '../faults/stories.ts';
import { type RoleStatement, roleStatements } from './statements.ts';

/** A scenario in which a call needed a statement, for no other one allowed it. */
export interface Need {
  readonly scenario: string;
  /** Virtual milliseconds from the beginning to the first such call. */
  readonly afterMs: number;
}

/** One action of one statement, and what it was used for. */
export interface Grant {
  readonly statement: RoleStatement;
  /** As written in the statement. */
  readonly action: string;
  /** Calls that it allowed. */
  uses: number;
  /** Shortest first, once the survey is done. */
  readonly needs: Need[];
}

/** A stack that was synthesized, with its template as it is and what its roles may do. */
export interface Stack {
  readonly assembly: Assembly;
  readonly template: unknown;
  readonly statements: readonly RoleStatement[];
}

/** Synthesizes each set of settings once. */
export class Stacks {
  readonly #directory: string;
  readonly #made = new Map<string, Stack>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  get all(): readonly Stack[] {
    return [...this.#made.values()];
  }

  async of(settings: Readonly<Record<string, unknown>>): Promise<Stack> {
    const key = JSON.stringify(settings);
    const known = this.#made.get(key);
    if (known) return known;
    const { synthesize } = await import('../../rehearsal/world/synthesize.ts');
    const assembly = synthesize(join(this.#directory, String(this.#made.size)), settings);
    const template = templateOf(assembly);
    const made = { assembly, template, statements: roleStatements(template) };
    this.#made.set(key, made);
    return made;
  }
}

/** Plays one scenario on memory disks. @param template deployed in the place of the stack's own */
export async function playScenario(
  name: string,
  stack: Stack,
  opened: (permissions: PermissionLedger, fail: (error: unknown) => void, now: number) => void,
  template: unknown = stack.template,
): Promise<Outcome> {
  const disks = openDisks({ kind: 'memory' });
  const options = { scenario: name, seed: 1 };
  const quiet = () => {};
  const listener = { progress: quiet, happening: quiet, quote: quiet };
  try {
    return await rehearse(
      options,
      stack.assembly,
      disks,
      {
        ...listener,
        opened: ({ cloud }) => opened(cloud.permissions, (error) => cloud.clock.fail(error), cloud.clock.now()),
      },
      template,
    );
  } finally {
    disks.close();
  }
}

/** What every role of every stack may do, and what it did in all that was played. */
export class Survey {
  readonly #grants = new Map<string, Grant>();
  /** Scenarios that broke a promise although nothing was changed: they prove nothing. */
  readonly broken: string[] = [];

  get grants(): readonly Grant[] {
    return [...this.#grants.values()];
  }

  /** Plays these scenarios, and so many random schedules of faults. */
  async run(
    stacks: Stacks,
    plan: { readonly scenarios: readonly string[]; readonly runs: number; readonly seed: number },
    progress: Progress,
  ): Promise<void> {
    const { scenarios, runs, seed } = plan;
    for (const [n, name] of scenarios.entries()) {
      const stack = await stacks.of(SCENARIOS[name]?.settings ?? {});
      let seen: { readonly permissions: PermissionLedger; readonly start: number } | undefined;
      const { ok } = await playScenario(name, stack, (permissions, _, start) => {
        seen = { permissions, start };
      });
      if (!ok) this.broken.push(name);
      if (seen) this.#count(stack, seen.permissions, { scenario: name, start: seen.start });
      progress('scenarios', n + 1, scenarios.length);
    }
    const random = new Random(seed, 'schedules');
    const names = Object.keys(STORIES);
    const points = new Map<string, Awaited<ReturnType<typeof play>>['points']>();
    for (let n = 0; n < runs; n++) {
      const name = names[random.whole(0, names.length - 1)] ?? '';
      const story = STORIES[name];
      if (!story) throw new Error(`no story ${name}`);
      const stack = await stacks.of(settingsOf(story));
      const ground: Ground = { assembly: stack.assembly, template: stack.template };
      const known = points.get(name) ?? (await play(ground, { story, seed, schedule: [] })).points;
      points.set(name, known);
      const schedule = randomSchedule(known, random);
      const played = await play(ground, { story, seed: random.whole(0, 0xffff_ffff), schedule });
      this.#count(stack, played.permissions, undefined);
      progress('schedules', n + 1, runs);
    }
    for (const { needs } of this.#grants.values()) needs.sort((a, b) => a.afterMs - b.afterMs);
  }

  #count(
    { statements }: Stack,
    permissions: PermissionLedger,
    from: { readonly scenario: string; readonly start: number } | undefined,
  ): void {
    countUses(this.#grants, statements, permissions, (grant, neededAt) => {
      if (from) grant.needs.push({ scenario: from.scenario, afterMs: neededAt - from.start });
    });
  }
}

/** Adds to the grants what these statements allowed. @param needed hears of a call that one alone allowed */
export function countUses(
  grants: Map<string, Grant>,
  statements: readonly RoleStatement[],
  { uses }: PermissionLedger,
  needed: (grant: Grant, at: number) => void,
): void {
  const bySource = new Map(statements.map((statement) => [`${statement.role} ${statement.source}`, statement]));
  // What is denied is for nobody to use.
  for (const statement of statements.filter(({ allow }) => allow))
    for (const action of statement.actions) {
      const key = `${statement.id} ${action}`;
      if (!grants.has(key)) grants.set(key, { statement, action, uses: 0, needs: [] });
    }
  const roles = new Set(statements.map(({ role }) => role));
  for (const { role, source, action, count, neededAt } of uses) {
    // Others, and AWS itself, are no roles of the stack.
    if (!roles.has(role)) continue;
    const statement = bySource.get(`${role} ${source}`);
    if (!statement) throw new Error(`${role}: no statement of the template is ${source}`);
    for (const written of statement.actions.filter((pattern) => matches(pattern, action))) {
      const grant = grants.get(`${statement.id} ${written}`);
      if (!grant) continue;
      grant.uses += count;
      if (neededAt !== undefined) needed(grant, neededAt);
    }
  }
}

/** Whether an action as written in a policy is this one: wildcards, any case. */
export function matches(pattern: string, action: string): boolean {
  return glob(pattern.toLowerCase()).test(action.toLowerCase());
}

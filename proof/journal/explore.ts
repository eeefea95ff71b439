import { moves } from './model.ts';
import { RULES, type Rules } from './rules.ts';
import type { Setting } from './settings.ts';
import { type Bounds, begin, PATHS, type State, there } from './state.ts';
import { folded } from './takeover.ts';

export interface Explored {
  readonly states: number;
  /** States in which everything has come to rest, and content was compared. */
  readonly rests: number;
  /** The shortest way to something that must never be, and what that is. */
  readonly failure?: { readonly why: string; readonly way: readonly string[] };
  /** Not everything was seen: the limit came first. */
  readonly cut: boolean;
}

/**
 * Every state that can be reached within the bounds, the nearest first. Ends at the first that must never be.
 * @param after what has happened before: it is explored from there on
 * @param most states, at most
 */
export function explore(
  { bounds, after: before = [] }: Setting,
  rules: Rules = RULES,
  most = Number.POSITIVE_INFINITY,
): Explored {
  const first = JSON.stringify(stateAfter(before, bounds, rules));
  const from = new Map<string, { readonly before: string; readonly what: string } | undefined>([[first, undefined]]);
  let front = [first];
  let rests = 0;
  while (front.length > 0) {
    const next: string[] = [];
    for (const key of front) {
      const state = JSON.parse(key) as State;
      const resting = isAtRest(state);
      if (resting) rests++;
      const why = state.bad ?? (resting ? wrongAtRest(state, rules) : undefined);
      if (why) return { states: from.size, rests, failure: { why, way: wayTo(from, key) }, cut: false };
      for (const { what, happen } of moves(state, rules, bounds)) {
        const after = JSON.parse(key) as State;
        happen(after);
        const afterKey = JSON.stringify(after);
        if (from.has(afterKey)) continue;
        if (from.size >= most) return { states: from.size, rests, cut: true };
        from.set(afterKey, { before: key, what });
        next.push(afterKey);
      }
    }
    front = next;
  }
  return { states: from.size, rests, cut: false };
}

function stateAfter(before: readonly string[], bounds: Bounds, rules: Rules): State {
  const state = begin(bounds);
  for (const what of before) {
    const move = moves(state, rules, bounds).find((m) => m.what === what);
    if (!move) throw new Error(`the model does not know, at this point: ${what}`);
    move.happen(state);
  }
  return state;
}

function wayTo(
  from: ReadonlyMap<string, { readonly before: string; readonly what: string } | undefined>,
  key: string,
): string[] {
  const way: string[] = [];
  for (let step = from.get(key); step; step = from.get(step.before)) way.unshift(step.what);
  return way;
}

/** The owner serves and has nothing left to write, nothing is on its way, and no other writer waits for anything. */
function isAtRest({ serving, owner, hosts, network, down }: State): boolean {
  const host = hosts[owner];
  if (!host || serving !== owner || down || network.length > 0) return false;
  if (host.doing !== 'write' || host.unsealed || host.owes || host.dirty.length > 0 || host.pending.length > 0)
    return false;
  return hosts.every(
    ({ doing, pending }) => doing === 'spare' || doing === 'dead' || doing === 'fenced' || pending.length === 0,
  );
}

/** What is served has all that was acknowledged, and the journal says the same as what is served. */
function wrongAtRest(state: State, rules: Rules): string | undefined {
  const served = state.hosts[state.owner]?.fs;
  if (!served) return 'nobody serves';
  const lost = PATHS.find(
    (path) => !state.missing.includes(path) && Math.abs(served[path]) < Math.abs(state.acknowledged[path]),
  );
  if (lost)
    return `write ${state.acknowledged[lost]} of ${lost} was acknowledged, and what is served has ${served[lost]}`;
  const undone = PATHS.find((path) => state.own[path] !== 0 && there(state.own[path]) !== there(served[path]));
  if (undone) return `the owner made write ${state.own[undone]} of ${undone}, and what is served has ${served[undone]}`;
  const { content, reading } = folded(state, { ...rules, readNext: RULES.readNext });
  // Behind a gap it goes on from a base that was taken there.
  const isTorn = state.s3.slice(reading.cursor).some((o) => o !== null);
  const other = !isTorn && PATHS.find((path) => there(content[path]) !== there(served[path]));
  if (other) return `the journal has write ${content[other]} of ${other}, and what is served has ${served[other]}`;
  const spare = state.hosts[state.owner + 1];
  const ahead = spare && state.s3.slice(spare.reading.cursor).every((o) => o === null);
  const behind = ahead && PATHS.find((path) => there(spare.fs[path]) !== there(served[path]));
  return behind
    ? `the spare has read all, and has write ${spare.fs[behind]} of ${behind} in the place of ${served[behind]}`
    : undefined;
}

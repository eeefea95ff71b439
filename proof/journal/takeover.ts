import type { Rules } from './rules.ts';
import { type Host, PATHS, type Path, type State, there } from './state.ts';
import { at, sendSeal, touch } from './writer.ts';

/** What the healer and the applier do. Each changes the state that it is given. */

/** The owner is fenced off from its clients; the next host takes over under a new term. @param lost the old host is, too */
export function takeOver(state: State, rules: Rules, lost: boolean): void {
  const old = at(state, state.owner);
  if (lost) Object.assign(old, { doing: 'dead', pending: [] } satisfies Partial<Host>);
  if (rules.raises) state.term++;
  state.owner++;
  state.serving = null;
  state.own = { a: 0, b: 0 };
  state.used.takeovers++;
  const host = at(state, state.owner);
  host.marker = { ...host.marker, term: state.term };
  host.next = host.reading.cursor + 1;
  if (rules.seals) {
    host.doing = 'seal';
    // Else it looks first.
    if (!host.stale || !rules.looksWhenStale) sendSeal(state, state.owner);
  } else {
    host.doing = 'drain';
    host.sealedAt = host.reading.cursor;
  }
}

/** S3 does not answer: it serves what it has, and writes nothing before its seal. */
export function serveUnsealed(state: State, rules: Rules): void {
  const host = at(state, state.owner);
  state.serving = state.owner;
  host.unsealed = true;
  if (rules.waitsForSeal) return;
  host.pending = [];
  host.next = host.reading.cursor + 1;
  host.doing = 'write';
  host.unsealed = false;
}

/** Applies the next number, onto what this host may change. */
export function apply(state: State, rules: Rules, index: number): void {
  const host = at(state, index);
  let { cursor } = host.reading;
  // The wrong way: a number that is not there yet is passed over.
  if (!rules.inOrder && !state.s3[cursor] && state.s3[cursor + 1]) cursor++;
  const found = state.s3[cursor] ?? undefined;
  const { take, reading } = rules.readNext({ ...host.reading, cursor }, found);
  host.reading = reading;
  if (take !== 'apply' || !found) return;
  for (const path of Object.keys(found.states) as Path[]) {
    // It is named after the cursor that this host served from: the journal is to say what is there.
    if (host.unsealed && rules.restates) touch(host.dirty, path);
    const touched = host.unsealed && rules.sparesTouched && host.touched.includes(path);
    // What is there as it was applied is untouched for sure; of what is not there nobody knows whether it was deleted meanwhile.
    const sure = there(host.fs[path]) > 0 && there(host.fs[path]) === there(host.index[path]);
    const unsure = host.uncertain && rules.appliesNothingUnsure && !sure;
    if (unsure) touch(state.missing, path);
    if (touched || unsure) continue;
    host.fs[path] = found.states[path] ?? 0;
    host.index[path] = host.fs[path];
  }
}

/** What was applied is durable, and then the cursor says so. */
export function sync(host: Host): void {
  host.durable = { ...host.fs };
  host.durableReading = { ...host.reading };
}

export function isDrained(rules: Rules, { sealedAt, reading }: Host): boolean {
  return !rules.drains || reading.cursor >= sealedAt;
}

/** The ledger has it: the new owner serves, and writes from now on. */
export function commit(state: State, rules: Rules): void {
  const host = at(state, state.owner);
  host.doing = 'write';
  host.unsealed = false;
  host.uncertain = false;
  host.touched = [];
  host.next = Math.max(host.next, host.sealedAt + 1);
  host.marker = { ...host.marker, acknowledged: host.sealedAt };
  host.durable = { ...host.fs };
  for (const path of PATHS) host.index[path] = rules.indexesJournal && host.dirty.includes(path) ? null : host.fs[path];
  state.serving = state.owner;
}

/** Content as the whole journal gives it, from its first number on. */
export function folded(state: State, rules: Rules) {
  const content = { ...state.folded.content };
  let { reading } = state.folded;
  for (;;) {
    const found = state.s3[reading.cursor] ?? undefined;
    const next = rules.readNext(reading, found);
    if (next.take === 'wait') return { content, reading };
    reading = next.reading;
    if (next.take === 'apply') for (const path of PATHS) content[path] = found?.states[path] ?? content[path];
  }
}

import type { PutAnswer, Step } from '../../journal/protocol.ts';
import type { Rules } from './rules.ts';
import { type Host, type JournalObject, PATHS, type Path, type Pending, type State } from './state.ts';

/** What a writer does: its own steps, and what it makes of answers. Each changes the state that it is given. */

/** Makes a segment of these paths as they are, and sends it. */
export function send(state: State, index: number, paths: readonly Path[]): void {
  const host = at(state, index);
  const states = Object.fromEntries(paths.map((path) => [path, host.fs[path]]));
  host.dirty = host.dirty.filter((path) => !paths.includes(path));
  transmit(state, index, pend(state, host, { kind: 'segment', states }));
}

/** The first object of a new term. */
export function sendSeal(state: State, index: number): void {
  const host = at(state, index);
  transmit(state, index, pend(state, host, { kind: 'seal', states: {} }));
}

function pend(state: State, host: Host, what: Pick<JournalObject, 'kind' | 'states'>): Pending {
  const { term, writer, run } = host.marker;
  const pending: Pending = {
    n: host.next++,
    object: { term, writer, run, sum: `s${++state.sums}`, ...what },
    at: 'idle',
  };
  host.pending.push(pending);
  return pending;
}

export function transmit(state: State, index: number, pending: Pending): void {
  pending.at = 'flight';
  state.network.push({ host: index, n: pending.n, object: pending.object, orphan: false });
}

/** An answer comes, or it is given up on. */
export function hear(state: State, rules: Rules, index: number, sum: string, answer: PutAnswer): void {
  const host = at(state, index);
  const pending = host.pending.find(({ object }) => object.sum === sum);
  if (pending?.at !== 'flight') return;
  if (answer === 'unheard' && !rules.sameBytes) makeAnew(host, pending);
  else conclude(state, index, pending, rules.afterPut(answer));
}

/** What an object of an earlier start names is dirty: it may be there no more, and no scan would know. */
function restate(host: Host, { states }: JournalObject): void {
  for (const path of Object.keys(states) as Path[]) touch(host.dirty, path);
}

/** The wrong way: what was in it is dirty again, and goes into another object under the same number. */
function makeAnew(host: Host, pending: Pending): void {
  host.pending = host.pending.filter((p) => p !== pending);
  host.next = pending.n;
  for (const path of Object.keys(pending.object.states) as Path[]) touch(host.dirty, path);
}

export function look(state: State, rules: Rules, index: number, pending: Pending): void {
  const found = state.s3[pending.n - 1] ?? undefined;
  const step = rules.afterLook(pending.object, found);
  if (step === 'next' && found?.writer === pending.object.writer && rules.restatesOwn) restate(at(state, index), found);
  conclude(state, index, pending, step);
}

function conclude(state: State, index: number, pending: Pending, step: Step): void {
  const host = at(state, index);
  const done = () => {
    host.pending = host.pending.filter((p) => p !== pending);
  };
  switch (step) {
    case 'acknowledged':
      done();
      acknowledge(state, host, pending);
      return;
    case 'look':
      pending.at = 'look';
      return;
    case 'again':
      pending.at = 'idle';
      return;
    case 'next':
      pending.n = host.next++;
      pending.at = 'idle';
      return;
    case 'fenced':
      fence(state, host);
      return;
    case 'notify':
      host.doing = 'stuck';
      host.pending = [];
      state.bad ??= `${host.marker.writer} found an object that it cannot explain under number ${pending.n}`;
  }
}

export function fence(state: State, host: Host): void {
  host.doing = 'fenced';
  host.pending = [];
  host.marker = { ...host.marker, fenced: true };
  if (host.marker.term === state.term && state.owner === state.hosts.indexOf(host))
    state.bad ??= `${host.marker.writer} is fenced, and nobody else may write`;
}

function acknowledge(state: State, host: Host, { n, object }: Pending): void {
  host.stale = false;
  host.owes = false;
  host.marker = { ...host.marker, acknowledged: Math.max(host.marker.acknowledged, n) };
  const there = state.s3[n - 1];
  if (there?.sum !== object.sum)
    state.bad ??= `${host.marker.writer} takes number ${n} for its own, and it is ${n <= state.floor ? 'gone' : (there?.writer ?? 'nothing')}`;
  else if (n <= state.floor) state.bad ??= `${host.marker.writer} writes number ${n}, which all have read past`;
  for (const path of PATHS) {
    const stated = object.states[path];
    if (stated === undefined) continue;
    host.index[path] = stated;
    if (Math.abs(stated) > Math.abs(state.acknowledged[path])) state.acknowledged[path] = stated;
  }
  if (object.kind === 'seal') {
    host.doing = 'drain';
    host.sealedAt = n;
  }
}

/** A writer that starts looks at the next number. */
export function readAtStart(state: State, rules: Rules, index: number): void {
  const host = at(state, index);
  const found = rules.readsAtStart ? (state.s3[host.next - 1] ?? undefined) : undefined;
  switch (rules.atStart(host.marker, found)) {
    case 'write':
      if (rules.looksWhenStale) lookBeyond(state, rules, index);
      // What follows is read first.
      if (!state.s3[host.next - 1]) host.doing = 'write';
      return;
    case 'read-on':
      if (found?.writer === host.marker.writer && rules.restatesOwn) restate(host, found);
      host.next++;
      return;
    case 'fenced':
      fence(state, host);
      return;
    case 'notify':
      host.doing = 'stuck';
      state.bad ??= `${host.marker.writer} cannot explain number ${host.next} as it starts`;
  }
}

/** What stands after its numbers, or else, where they have expired, what nobody can have written. */
export function lookBeyond(state: State, rules: Rules, index: number): void {
  const host = at(state, index);
  host.stale = false;
  const from = host.pending[0]?.n ?? host.next;
  const first = state.s3.findIndex((object, i) => i + 1 >= from && object !== null) + 1;
  // A time: between it and all that was written there are numbers that nobody has.
  const isKept = from - 1 > state.floor;
  const next = first > 0 ? first : rules.goOn(from - 1, isKept, state.s3.length + 2);
  if (next === from) return;
  host.next = next;
  for (const pending of host.pending) Object.assign(pending, { n: host.next++, at: 'idle' } satisfies Partial<Pending>);
}

export function touch(paths: Path[], path: Path): void {
  if (!paths.includes(path)) paths.push(path);
  paths.sort();
}

export function at(state: State, index: number): Host {
  const host = state.hosts[index];
  if (!host) throw new Error(`the model has no host ${index}`);
  return host;
}

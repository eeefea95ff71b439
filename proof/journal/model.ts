import { RULES, type Rules } from './rules.ts';
import { type Bounds, type Host, PATHS, type State, there } from './state.ts';
import { apply, commit, folded, isDrained, serveUnsealed, sync, takeOver } from './takeover.ts';
import { at, hear, look, lookBeyond, readAtStart, send, sendSeal, touch, transmit } from './writer.ts';

/** One thing that may happen next. */
export interface Move {
  readonly what: string;
  /** Changes the state that it is given. */
  readonly happen: (state: State) => void;
}

/** All that may happen next: of the writers, the applier, the healer, S3, the network and bad luck. */
export function moves(state: State, rules: Rules, bounds: Bounds): Move[] {
  return [
    ...state.hosts.flatMap((host, index) => ofHost(state, rules, bounds, host, index)),
    ...ofNetwork(state, rules, bounds),
    ...ofHealer(state, rules, bounds),
    ...ofLuck(state, rules, bounds),
  ];
}

function ofHost(state: State, rules: Rules, bounds: Bounds, host: Host, index: number): Move[] {
  const found: Move[] = [];
  const move = (what: string, happen: Move['happen']) => found.push({ what: `${host.marker.writer} ${what}`, happen });
  const serves = state.serving === index;
  if (serves && state.writes < bounds.writes)
    // Paths are alike: the first to be written is the first.
    for (const path of state.writes === 0 ? PATHS.slice(0, 1) : PATHS)
      for (const what of host.fs[path] > 0 ? (['writes', 'deletes'] as const) : (['writes'] as const))
        move(`${what} ${path}`, (s) => {
          const h = at(s, index);
          h.fs[path] = what === 'writes' ? ++s.writes : -++s.writes;
          s.own[path] = h.fs[path];
          touch(h.dirty, path);
          if (h.unsealed) touch(h.touched, path);
        });
  const writer = host.doing === 'write' || host.doing === 'start' || host.doing === 'seal';
  const mustLook = writer && host.stale && rules.looksWhenStale;
  if (mustLook && !state.down) move('looks for what has expired', (s) => lookBeyond(s, rules, index));
  const writing = host.doing === 'write' && !mustLook;
  if (
    writing &&
    host.pending.length < rules.inFlight &&
    (host.dirty.length > 0 || host.owes) &&
    host.next <= bounds.numbers
  ) {
    move('sends what is dirty', (s) => send(s, index, [...at(s, index).dirty]));
    const [first] = host.dirty;
    if (first && host.dirty.length > 1) move(`sends ${first}`, (s) => send(s, index, [first]));
  }
  for (const [i, pending] of host.pending.entries()) {
    const its = (s: State) => at(s, index).pending[i];
    if (pending.at === 'idle' && !mustLook && pending.n <= bounds.numbers)
      move(`sends ${pending.n} again`, (s) => {
        const p = its(s);
        if (p) transmit(s, index, p);
      });
    if (pending.at === 'look' && !state.down)
      move(`reads ${pending.n}`, (s) => {
        const p = its(s);
        if (p) look(s, rules, index, p);
      });
  }
  if (host.doing === 'seal' && host.pending.length === 0 && !mustLook) move('seals again', (s) => sendSeal(s, index));
  if (host.doing === 'start' && !mustLook && !state.down && host.next <= bounds.numbers)
    move(`starts, and reads ${host.next}`, (s) => readAtStart(s, rules, index));
  const applies =
    host.doing === 'spare' ? index === state.owner + 1 : host.doing === 'drain' && !isDrained(rules, host);
  const ahead = rules.inOrder ? state.s3[host.reading.cursor] : state.s3.slice(host.reading.cursor).some((o) => o);
  if (applies && !state.down && ahead) move('applies the next number', (s) => apply(s, rules, index));
  if (host.doing === 'spare' && host.durableReading.cursor < host.reading.cursor) {
    move('makes it durable', (s) => sync(at(s, index)));
    if (!rules.syncsFirst)
      move('notes its cursor', (s) => {
        at(s, index).durableReading = { ...at(s, index).reading };
      });
  }
  return found;
}

function ofNetwork(state: State, rules: Rules, bounds: Bounds): Move[] {
  return state.network.flatMap(({ host, n, object, orphan }, i): Move[] => {
    const gone = (s: State) => s.network.splice(i, 1);
    const land = (s: State) => {
      gone(s);
      const taken = Boolean(s.s3[n - 1]);
      if (!taken) {
        while (s.s3.length < n) s.s3.push(null);
        s.s3[n - 1] = object;
      }
      return taken ? 'taken' : 'written';
    };
    const name = `${object.kind} ${n} of ${object.writer}`;
    const found: Move[] = [];
    if (!state.down) {
      found.push({
        what: `${name} arrives`,
        happen: (s) => {
          const answer = land(s);
          if (!orphan) hear(s, rules, host, object.sum, answer);
        },
      });
      if (!orphan && state.used.lost < bounds.lost)
        found.push({
          what: `${name} arrives, and its answer is lost`,
          happen: (s) => {
            land(s);
            s.used.lost++;
            hear(s, rules, host, object.sum, 'unheard');
          },
        });
    }
    if (!orphan && (state.used.lost < bounds.lost || state.down))
      found.push({
        what: `${name} never arrives`,
        happen: (s) => {
          gone(s);
          if (!s.down) s.used.lost++;
          hear(s, rules, host, object.sum, 'unheard');
        },
      });
    if (!orphan && state.used.slow < bounds.slow)
      found.push({
        what: `${name} is given up on, and is still under way`,
        happen: (s) => {
          const request = s.network[i];
          if (request) request.orphan = true;
          s.used.slow++;
          hear(s, rules, host, object.sum, 'unheard');
        },
      });
    return found;
  });
}

function ofHealer(state: State, rules: Rules, { hosts }: Bounds): Move[] {
  const found: Move[] = [];
  if (state.serving !== null && state.owner + 1 < hosts && !at(state, state.owner).unsealed && hasBase(state)) {
    found.push({ what: 'the healer fences the owner and raises the term', happen: (s) => takeOver(s, rules, false) });
    found.push({
      what: 'the host of the owner is lost; the healer raises the term',
      happen: (s) => takeOver(s, rules, true),
    });
  }
  const next = at(state, state.owner);
  if (state.serving === null && next.doing === 'seal' && state.down)
    found.push({ what: 'S3 does not answer: it is served unsealed', happen: (s) => serveUnsealed(s, rules) });
  if (next.doing === 'drain' && isDrained(rules, next))
    found.push({ what: 'the healer commits', happen: (s) => commit(s, rules) });
  return found;
}

function ofLuck(state: State, rules: Rules, bounds: Bounds): Move[] {
  const found: Move[] = [];
  if (state.down)
    found.push({
      what: 'S3 is back',
      happen: (s) => {
        s.down = false;
      },
    });
  else if (state.used.outages < bounds.outages)
    found.push({
      what: 'S3 goes away',
      happen: (s) => {
        s.down = true;
        s.used.outages++;
      },
    });
  if (state.used.crashes < bounds.crashes)
    for (const [index, { doing, marker, unsealed }] of state.hosts.entries())
      if (doing === 'write' || doing === 'spare' || doing === 'fenced' || (doing === 'seal' && unsealed)) {
        found.push({ what: `the agent of ${marker.writer} is killed`, happen: (s) => crash(s, rules, index) });
        // The marker is advanced after the acknowledgement, and not with it.
        if (doing === 'write' && marker.acknowledged > 0)
          found.push({
            what: `the agent of ${marker.writer} is killed before it noted ${marker.acknowledged}`,
            happen: (s) => {
              const host = at(s, index);
              host.marker = { ...host.marker, acknowledged: host.marker.acknowledged - 1 };
              crash(s, rules, index);
            },
          });
      }
  const last = state.s3.findLastIndex((o) => o !== null) + 1;
  if (state.used.expiries < bounds.expiries && !state.down && last > state.floor + 1 && upToDate(state, last))
    found.push({ what: 'a month goes by', happen: (s) => expire(s, last) });
  // Who knows of no number begins at 1: docs/journal.md says whom that may hit.
  const owner = state.hosts[state.owner];
  const silent = owner?.doing === 'start' && owner.marker.acknowledged > 0;
  if (state.used.expiries < bounds.expiries && !state.down && last > state.floor && silent && upToDate(state, last + 1))
    found.push({
      what: 'a month goes by, and nobody writes',
      happen: (s) => {
        expire(s, last + 1);
        // The seal that would fence an owner of before has expired; its volume was taken off it a month ago.
        for (const old of s.hosts.slice(0, s.owner)) Object.assign(old, { doing: 'dead', pending: [] });
      },
    });
  return found;
}

/** A base that is older than what is kept is not in the model: what takes over has read up to where numbers are missing, or further. */
function hasBase({ hosts, owner, s3, floor }: State): boolean {
  const cursor = hosts[owner + 1]?.reading.cursor ?? 0;
  return cursor !== floor || s3[cursor] !== null || s3.length <= cursor;
}

/** What somebody has still to read does not expire: retention is longer than a spare may be behind, and than a takeover takes. */
function upToDate({ hosts, owner }: State, last: number): boolean {
  return hosts.every(({ doing, durableReading }, index) => {
    const reads = doing === 'seal' || doing === 'drain' || (doing === 'spare' && index > owner);
    return !reads || durableReading.cursor >= last - 1;
  });
}

/** All numbers before this one are gone: who may write writes daily. Nothing that was on its way a month ago is. */
function expire(state: State, last: number): void {
  state.used.expiries++;
  const upTo = { ...state, s3: state.s3.slice(0, last - 1) };
  state.folded = folded(upTo, RULES);
  for (let n = state.floor; n < last - 1; n++) state.s3[n] = null;
  state.floor = last - 1;
  state.network = [];
  for (const host of state.hosts) {
    for (const pending of host.pending) if (pending.at === 'flight') pending.at = 'look';
    // One that is down has a marker as old as that, whoever wrote last.
    host.stale = host.doing === 'start' || state.s3[last - 1]?.writer !== host.marker.writer;
  }
}

/** @param rules of the writer that starts again: with what term */
export function crash(state: State, rules: Rules, index: number): void {
  state.used.crashes++;
  const host = at(state, index);
  if (host.doing === 'spare') {
    host.fs = { ...host.durable };
    host.reading = { ...host.durableReading };
    return;
  }
  host.doing = host.doing === 'seal' ? 'seal' : 'start';
  host.uncertain = host.unsealed;
  host.touched = [];
  host.pending = [];
  // A scan finds what differs from what was acknowledged. What was made and deleted in between does not.
  host.dirty = [...PATHS].filter((path) => there(host.fs[path]) !== there(host.index[path]));
  host.marker = { ...host.marker, run: host.marker.run + 1 };
  host.owes = rules.writesAtStart;
  host.next = (host.doing === 'seal' ? host.reading.cursor : host.marker.acknowledged) + 1;
  if (!rules.keepsTerm) host.marker = { ...host.marker, term: state.term };
}

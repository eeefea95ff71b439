import { afterLook, afterPut, atStart, goOn, readNext } from '../../journal/protocol.ts';

/** The rules that the model is explored with: those of the code, and those that steps of the healer and the hosts have to keep. */
export interface Rules {
  readonly afterPut: typeof afterPut;
  readonly afterLook: typeof afterLook;
  readonly atStart: typeof atStart;
  readonly readNext: typeof readNext;
  readonly goOn: typeof goOn;
  /** Writes of one volume that may be under way at the same time. */
  readonly inFlight: number;
  /** Each change of writer raises the term. */
  readonly raises: boolean;
  /** A new writer seals before anything of its own. */
  readonly seals: boolean;
  /** What was sealed is drained before it is served. */
  readonly drains: boolean;
  /** A writer's term is that of its marker, also after a restart; else what the ledger says by then. */
  readonly keepsTerm: boolean;
  /** A writer that starts reads every number after its last acknowledged one. */
  readonly readsAtStart: boolean;
  /** The index of a new owner has what the journal has, and not what is on its volume. */
  readonly indexesJournal: boolean;
  /** A writer that starts writes, also where nothing is dirty: so it learns what of an earlier start came late. */
  readonly writesAtStart: boolean;
  /** What a late object of an earlier start names is stated once more. */
  readonly restatesOwn: boolean;
  /** What was not heard of is written again with the same bytes. */
  readonly sameBytes: boolean;
  /** The applier's cursor is noted once all before it is durable. */
  readonly syncsFirst: boolean;
  /** Nothing is applied before what stands before it. */
  readonly inOrder: boolean;
  /** One that serves unsealed waits for its seal before it writes. */
  readonly waitsForSeal: boolean;
  /** What comes late is applied onto paths untouched since, and no others. */
  readonly sparesTouched: boolean;
  /** One that was killed while it served unsealed applies nothing late: nobody knows what was touched. */
  readonly appliesNothingUnsure: boolean;
  /** One that served unsealed restates every path that is named after its cursor. */
  readonly restates: boolean;
  /** One that was not acknowledged for so long that numbers may have expired looks first at what there is, as at a start. */
  readonly looksWhenStale: boolean;
}

export const RULES: Rules = {
  afterPut,
  afterLook,
  atStart,
  readNext,
  goOn,
  inFlight: 1,
  raises: true,
  seals: true,
  drains: true,
  keepsTerm: true,
  readsAtStart: true,
  restatesOwn: true,
  indexesJournal: true,
  writesAtStart: true,
  sameBytes: true,
  syncsFirst: true,
  inOrder: true,
  waitsForSeal: true,
  sparesTouched: true,
  appliesNothingUnsure: true,
  restates: true,
  looksWhenStale: true,
};

/** One rule left out, and what follows: the model must find it. */
export interface LeftOut {
  readonly rule: string;
  readonly rules: Partial<Rules>;
}

export const LEFT_OUT: readonly LeftOut[] = [
  { rule: 'each change of writer raises the term', rules: { raises: false } },
  { rule: 'a new writer seals', rules: { seals: false } },
  { rule: 'what was sealed is drained before it is served', rules: { drains: false } },
  { rule: 'one write is under way at a time', rules: { inFlight: 2 } },
  {
    rule: 'a number that is taken is read: it is no fence',
    rules: { afterPut: (a) => (a === 'taken' ? ('fenced' as never) : afterPut(a)) },
  },
  {
    rule: 'a number that is taken is read: it is no success',
    rules: { afterPut: (a) => (a === 'taken' ? 'acknowledged' : afterPut(a)) },
  },
  {
    rule: 'no answer is no acknowledgement',
    rules: { afterPut: (a) => (a === 'unheard' ? 'acknowledged' : afterPut(a)) },
  },
  { rule: 'what was not heard of is written again with the same bytes', rules: { sameBytes: false } },
  {
    rule: 'who finds a higher term is fenced',
    rules: { afterLook: (mine, found) => (found && found.term > mine.term ? 'next' : afterLook(mine, found)) },
  },
  {
    rule: 'who finds a lower term takes the next number',
    rules: { afterLook: (mine, found) => (found && found.term < mine.term ? 'notify' : afterLook(mine, found)) },
  },
  {
    rule: 'an own object is known by its writer and its sum',
    rules: {
      afterLook: (mine, found) => (found && found.term === mine.term ? 'acknowledged' : afterLook(mine, found)),
      sameBytes: false,
    },
  },
  { rule: "a writer's term is kept over a restart", rules: { keepsTerm: false } },
  { rule: 'what a late object of an earlier start names is stated once more', rules: { restatesOwn: false } },
  { rule: "a new owner's index has what the journal has", rules: { indexesJournal: false } },
  { rule: 'a writer that starts writes, also where nothing is dirty', rules: { writesAtStart: false } },
  {
    rule: 'an object of an earlier start is known as such',
    rules: {
      afterLook: (mine, found) =>
        found && found.writer === mine.writer && found.run < mine.run ? 'notify' : afterLook(mine, found),
    },
  },
  { rule: "the applier's cursor comes after syncfs", rules: { syncsFirst: false } },
  { rule: 'nothing is applied out of order', rules: { inOrder: false, inFlight: 2 } },
  { rule: 'who serves unsealed waits for the seal before it writes', rules: { waitsForSeal: false } },
  { rule: 'what comes late is applied onto untouched paths alone', rules: { sparesTouched: false } },
  { rule: 'who was killed while it served unsealed applies nothing late', rules: { appliesNothingUnsure: false } },
  { rule: 'who served unsealed restates what is named after its cursor', rules: { restates: false } },
  { rule: 'who may have numbers that have expired looks before it writes', rules: { looksWhenStale: false } },
  { rule: 'where all has expired nobody goes on with the next number', rules: { goOn: (last) => last + 1 } },
];

/** Second lines of defence: with all other rules kept, leaving one of them out does no harm in any state that was explored. */
export const SECOND_LINES: readonly LeftOut[] = [
  { rule: 'a writer that starts reads what stands after its last acknowledged number', rules: { readsAtStart: false } },
  {
    rule: 'what carries a lower term after a seal never counts',
    rules: {
      readNext: (reading, found) => {
        const next = readNext(reading, found);
        return next.take === 'skip' && found?.kind === 'segment' ? { ...next, take: 'apply' } : next;
      },
    },
  },
];

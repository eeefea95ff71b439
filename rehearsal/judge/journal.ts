/** Promises of a stack with a journal of files: what a client knows to be written is there afterwards, or people know how much is not. */
import { LEDGER } from '../../contract/contract.ts';
import type { Data } from '../../contract/flat.ts';
import { journalPrefix } from '../../contract/journal.ts';
import { duration } from '../command/duration.ts';
import type { Stage } from '../scenarios/story/deployed-stack.ts';
import { readBack } from '../world/content.ts';
import type { Library } from '../world/courses.ts';
import type { Check, World } from '../world/world.ts';
import { check } from './checks.ts';
import { dataIn, heard } from './heard.ts';
import { type Failure, isJournalBucket } from './measure.ts';

/** What was closed so long before a failure is in the journal. Milliseconds. */
export const JOURNALED_AFTER_MS = 3000;

/** What the message says of the journal: written out here, for it is judged and not believed. */
interface Said {
  readonly state?: unknown;
  readonly cursor?: unknown;
  readonly head?: unknown;
  readonly missing?: unknown;
  readonly upTo?: unknown;
}

/** What people were notified of, about the journal, when the volume served again; `undefined`: nothing. */
export function journalNotified(world: World, volume: string, since: number): Said | undefined {
  const [message] = heard(world.services.sns, { kinds: ['served'], volume, since });
  return message && ((dataIn(message) as Data).drained as Said | undefined);
}

/**
 * Of the library's courses those that were on the volume at that moment and that nobody has deleted until now, compared where the web server
 * reads them; and of those that were deleted before it, none has come back.
 */
export function closedFilesServed(
  world: World,
  { stage, library, failure }: { readonly stage: Stage; readonly library: Library; readonly failure: Failure },
): Check[] {
  const owner = stage.servedBy(failure.volume);
  const moment = failure.at - JOURNALED_AFTER_MS;
  const still = new Set(library.at(failure.at).map(({ id }) => id));
  const owed = library.at(moment).filter(({ id }) => still.has(id));
  const { expected, intact, missing } = readBack(world, owner, failure.volume, owed);
  const there = owner === undefined ? [] : world.disks.list(owner, failure.volume);
  const back = library.deletedBefore(moment).filter((id) => there.includes(id));
  return [
    check(
      'every file that was closed 3 s before the failure is served',
      expected > 0 && intact === expected,
      `${intact} of ${expected}${missing[0] === undefined ? '' : `; not ${missing[0]}`}`,
    ),
    check('nothing that was deleted 3 s before the failure has come back', back.length === 0, back, 'nothing'),
  ];
}

/** Nothing that was acknowledged before the failure is missing, unless the incident says by number that something may be. */
export function nothingMissingUnsaid(
  world: World,
  part: { readonly stage: Stage; readonly library: Library; readonly failure: Failure },
): Check {
  const promise = 'nothing that is in the journal is missing without a word';
  const { failure } = part;
  const said = journalNotified(world, failure.volume, failure.at);
  if (said?.state !== 'drained') {
    const numbered = said !== undefined && (said.state === 'failed' || said.cursor !== undefined);
    return check(promise, numbered, said ? `people are notified: ${JSON.stringify(said)}` : 'nobody is notified');
  }
  const kept = closedFilesServed(world, part).every((each) => each.kept);
  return check(promise, kept && Number(said.missing) === 0, kept ? 'nothing is missing' : 'it says that all is there');
}

/** What people were notified of as the achieved recovery point: no later than the failure's fence, and at most so old. */
export function recoveryPointNotified(world: World, failure: Failure): Check {
  const upTo = Number(journalNotified(world, failure.volume, failure.at)?.upTo);
  return check(
    'people are notified up to when all is there: at most 3 s before the failure',
    upTo >= failure.at - JOURNALED_AFTER_MS,
    Number.isNaN(upTo) ? 'they are not' : `${duration(Math.max(0, failure.at - upTo))} before it`,
  );
}

/** The bucket of the stack's journals; `undefined` where it has none. */
export function journalBucket({ created }: Stage): string | undefined {
  const made = [...created.resources.values()].find(({ type, logicalId }) => isJournalBucket(type, logicalId));
  return made && created.references.get(made.logicalId)?.ref;
}

/** Number, term, writer, run and kind of each object of the journal that is there, in the order of their numbers. */
export function journalObjects(
  { services }: World,
  stage: Stage,
  volume: string,
): {
  readonly number: number;
  readonly term: number;
  readonly writer: string | undefined;
  /** Which start of the writer. */
  readonly run: string | undefined;
  readonly kind: string | undefined;
  readonly at: number;
}[] {
  const bucket = services.s3.bucket(journalBucket(stage) ?? '');
  return [...bucket.objects(journalPrefix(volume))].map(([key, { object, at }]) => {
    const { term, writer, run, kind } = object.metadata;
    return { number: Number(key.slice(journalPrefix(volume).length)), term: Number(term), writer, run, kind, at };
  });
}

/** Each term begins with its seal, has one writer, and writes nothing once a later one has begun. */
export function termsInOrder(world: World, stage: Stage, volume: string): Check {
  const objects = journalObjects(world, stage, volume);
  const wrong = objects.flatMap(({ number, term, writer, kind }, i) => {
    const before = objects.slice(0, i);
    const own = before.find((each) => each.term === term);
    if (before.some((each) => each.term > term)) return [`number ${number} is of term ${term}, which is over`];
    // Who has served since before there was a journal has term 0, and nobody to seal off.
    if (!own && kind !== 'seal' && term > 0 && (i > 0 || number === 1))
      return [`number ${number} begins term ${term}, and is no seal`];
    return own && own.writer !== writer ? [`number ${number} is of another writer of term ${term}`] : [];
  });
  const terms = new Set(objects.map(({ term }) => term)).size;
  return check(
    'each term of the journal begins with its seal, and nothing is written once it is over',
    objects.length > 0 && wrong.length === 0,
    wrong,
    `${objects.length} objects of ${terms} terms`,
  );
}

/** The ledger has the term, the seal and the cursor of whoever serves. */
export function ledgerKnowsJournal(world: World, volume: string, least: number): Check {
  const item = world.services.dynamodb
    .all()
    .find((each) => each.pk?.S === `${LEDGER.volume}${volume}` && each.sk?.S === LEDGER.state);
  const [term, head, cursor] = [LEDGER.term, LEDGER.head, LEDGER.cursor].map((name) => Number(item?.[name]?.N));
  return check(
    'the ledger has the term, the seal and how far was read',
    Number(term) >= least && Number(head) >= 1 && Number(cursor) >= 0,
    `term ${term}, seal ${head}, read up to ${cursor}`,
  );
}

/** What a journal of files promises, judged on its objects in S3 and on what is served: nothing of the agent, and nothing that reads its segments. */
import { createHash } from 'node:crypto';
import { LEDGER } from '../../../contract/contract.ts';
import type { Data } from '../../../contract/flat.ts';
import { journalKey } from '../../../contract/journal.ts';
import type { ReasonCode } from '../../../contract/reasons.ts';
import { check } from '../../../rehearsal/judge/checks.ts';
import { dataIn, isOf, reasonsIn } from '../../../rehearsal/judge/heard.ts';
import { termsInOrder } from '../../../rehearsal/judge/journal.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import { readBack } from '../../../rehearsal/world/content.ts';
import type { Acknowledged } from '../../../rehearsal/world/uploads.ts';
import type { Check } from '../../../rehearsal/world/world.ts';
import type { Message } from '../../../simulator/aws/lambda/sns.ts';
import { DiskError } from '../../../simulator/disks/disks.ts';

/** What is in one object, as far as courses go. */
interface Stated {
  readonly number: number;
  readonly term: number;
  readonly seal: boolean;
  /** Course -> path below it -> sha256; `undefined`: it is gone. */
  readonly courses: ReadonlyMap<string, ReadonlyMap<string, string> | undefined>;
}
type Courses = ReadonlyMap<string, ReadonlyMap<string, string> | undefined>;

/** What people are notified of. */
interface Said {
  readonly state?: unknown;
  readonly term?: unknown;
  readonly cursor?: unknown;
  readonly head?: unknown;
  readonly missing?: unknown;
  readonly upTo?: unknown;
}

const CODE: Readonly<Record<string, ReasonCode>> = {
  drained: 'journalDrained',
  behind: 'journalBehind',
  unsealed: 'journalUnsealed',
  none: 'journalUnread',
  failed: 'journalUnread',
};
const TOOK_OVER: readonly ReasonCode[] = ['replaced', 'servedBy', 'spareServes'];
const BLOCK = 512;

/** Looks at what is served whenever people are notified that it is. */
export class JournalWatch {
  readonly #strike: Strike;
  readonly #volume: string;
  /** A part of the story: a file is not what it was, and no copy of it either. */
  readonly #rotten: boolean;
  /** Courses that come by the intake, which may have changed since then: see `UploadsWatch`. */
  readonly #uploaded: () => ReadonlySet<string>;
  readonly #wrong = new Set<string>();
  /** Of the newest message. */
  #last: Said | undefined;
  #stopped = false;

  constructor(strike: Strike, volume: string, rotten: boolean, uploads: readonly Acknowledged[]) {
    this.#strike = strike;
    this.#uploaded = () => new Set(uploads.map(({ course }) => course));
    this.#volume = volume;
    this.#rotten = rotten;
    const { cloud, sns } = strike.services;
    cloud.listen(({ event }) => {
      const message = event?.kind === 'message' ? sns.messages.at(-1) : undefined;
      if (!this.#stopped && message && isOf(message, ['served']) && message.attributes.volume === volume)
        this.#look(message);
    });
  }

  stop(): void {
    this.#stopped = true;
  }

  #look(message: Message): void {
    const { world, stage, libraries } = this.#strike;
    const said = (dataIn(message) as Data).drained as Said | undefined;
    if (!said) return;
    this.#last = said;
    const state = String(said.state);
    const codes: readonly ReasonCode[] = reasonsIn(message).map(({ code }) => code);
    // A later heal that speaks of it has reasons of its own, and the state all the same.
    const own = TOOK_OVER.some((code) => codes.includes(code)) ? [CODE[state]] : [];
    if (own.some((code) => code === undefined || !codes.includes(code)))
      this.#wrong.add(`state ${state} is not among the reasons: ${codes}`);
    const [cursor, head] = [Number(said.cursor), Number(said.head)];
    const objects = this.objects();
    const seal = objects[head - 1];
    if (said.head !== undefined && (!seal?.seal || seal.term !== said.term))
      this.#wrong.add(`${head} is no seal of term ${said.term}`);
    if (state === 'drained' && (cursor !== head || Number(said.missing) !== 0))
      this.#wrong.add(`drained at ${cursor} of ${head}, and ${said.missing} missing`);
    if (state === 'behind' && head - 1 - cursor !== Number(said.missing))
      this.#wrong.add(`behind at ${cursor} of ${head}, and ${said.missing} missing`);
    // It may have failed again since then.
    if (!stage.servedBy(this.#volume) || said.cursor === undefined) return;
    const later = new Set(objects.slice(cursor).flatMap(({ courses }) => [...courses.keys()]));
    for (const id of this.#uploaded()) later.add(id);
    // Of a volume that moves, what is on it may be newer than what stands in the journal: a course that is deleted, or uploaded again.
    const wanted = new Set(libraries.get(this.#volume)?.ids());
    const folded = [...fold(objects.slice(0, cursor))];
    const read = folded.filter(([id, files]) => !later.has(id) && wanted.has(id) === (files !== undefined));
    for (const wrong of this.#unlike(new Map(read))) this.#wrong.add(`read up to ${cursor}, and ${wrong}`);
    const upTo = Number(said.upTo);
    if (Number.isNaN(upTo) || this.#rotten) return;
    // Every change before it.
    const owed = libraries.get(this.#volume)?.at(upTo - 1) ?? [];
    const { missing } = readBack(
      world,
      stage.servedBy(this.#volume),
      this.#volume,
      owed.filter(({ id }) => wanted.has(id)),
    );
    if (missing.length > 0) this.#wrong.add(`all up to ${new Date(upTo).toISOString()} but ${missing[0]}`);
  }

  judge(): Check[] {
    const { world, stage, services } = this.#strike;
    const objects = this.objects();
    const owner = stage.servedBy(this.#volume);
    const drained = this.#last === undefined || this.#last.state === 'drained';
    const unlike = owner && drained ? this.#unlike(fold(objects)) : [];
    const terms = services.dynamodb.all().map((item) => Number(item[LEDGER.term]?.N ?? 0));
    const newest = Math.max(0, ...objects.map(({ term }) => term));
    // A part of the story: then it begins anew.
    const forgot = services.dynamodb.forgotten.has(`${LEDGER.volume}${this.#volume}/${LEDGER.state}`);
    return [
      check('what people are notified of the journal is so', this.#wrong.size === 0, [...this.#wrong], 'yes'),
      check('what the journal says is served, unless people know that it was not read', unlike.length === 0, unlike),
      check(
        'no object is of a term that the ledger does not know',
        forgot || terms.some((term) => term >= newest),
        `${newest}`,
      ),
      termsInOrder(world, stage, this.#volume),
    ];
  }

  /** What is served otherwise than the journal has it. */
  #unlike(courses: Courses): string[] {
    if (this.#rotten) return [];
    const { world, stage } = this.#strike;
    const owner = stage.servedBy(this.#volume) ?? '';
    const sum = (path: string) => {
      try {
        return createHash('sha256')
          .update(world.disks.read(owner, this.#volume, path))
          .digest('hex');
      } catch (error) {
        if (error instanceof DiskError) return undefined;
        throw error;
      }
    };
    let there: readonly string[] = [];
    try {
      there = world.disks.list(owner, this.#volume);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
    }
    return [...courses].flatMap(([id, files]) => {
      if (!files) return there.includes(id) ? [`${id} came back`] : [];
      const not = [...files].find(([path, sha256]) => sum(`courses/${id}/${path}`) !== sha256);
      return not ? [`${id}/${not[0]} is not as stated`] : [];
    });
  }

  /** All objects, in the order of their numbers. */
  objects(): Stated[] {
    const { services, stage } = this.#strike;
    const [made] = [...stage.created.resources.values()].filter(
      ({ type, logicalId }) => type === 'AWS::S3::Bucket' && logicalId.startsWith('Journal'),
    );
    const bucket = services.s3.bucket(stage.created.references.get(made?.logicalId ?? '')?.ref ?? '');
    const objects: Stated[] = [];
    for (let number = 1; ; number++) {
      const found = bucket.current(journalKey(this.#volume, number));
      if (!found) return objects;
      const { term, kind } = found.object.metadata;
      const courses = coursesIn(Buffer.from(found.object.bytes));
      objects.push({ number, term: Number(term), seal: kind === 'seal', courses });
    }
  }
}

/** The last statement of each course; what has a lower term than a seal before it says nothing. */
function fold(objects: readonly Stated[]): Courses {
  const all = new Map<string, ReadonlyMap<string, string> | undefined>();
  let sealed = 0;
  for (const { term, seal, courses } of objects) {
    if (seal) sealed = Math.max(sealed, term);
    else if (term >= sealed) for (const [id, files] of courses) all.set(id, files);
  }
  return all;
}

/** Of the first file in the tar, which is the index: lines of JSON. */
function coursesIn(tar: Buffer): Courses {
  const all = new Map<string, Map<string, string> | undefined>();
  for (const line of firstFile(tar).trim().split('\n').slice(1)) {
    const { record, path = '', identity, sha256 } = JSON.parse(line) as Readonly<Record<string, string | null>>;
    const [top, id = '', ...below] = (path ?? '').split('/');
    if (top !== 'courses' || id === '') continue;
    if (record === 'name' && below.length === 0 && identity === null) all.set(id, undefined);
    if (record !== 'file') continue;
    const files = all.get(id) ?? new Map<string, string>();
    all.set(id, files.set(below.join('/'), sha256 ?? ''));
  }
  return all;
}

/** pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format": size at 124, type at 156. */
function firstFile(tar: Buffer): string {
  for (let at = 0; at < tar.length; ) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    const type = tar.toString('latin1', at + 156, at + 157);
    if (type === '0') return tar.toString('utf8', at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error('a segment has no file');
}

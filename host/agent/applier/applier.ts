import { afterSegment } from '../../../journal/apply/base.ts';
import { isAlone, Merged } from '../../../journal/apply/merge.ts';
import { type Plan, plan } from '../../../journal/apply/plan.ts';
import type { Local } from '../../../journal/apply/view.ts';
import { readNext } from '../../../journal/protocol.ts';
import type { Identity, JournalRecord } from '../../../journal/record.ts';
import { type Damage, decode } from '../../../journal/segment/decode.ts';
import type { Header } from '../../../journal/segment/layout.ts';
import type { Known } from '../../../journal/write/index.ts';
import { Ahead } from '../journal/ahead.ts';
import { kindOf } from '../journal/kinds.ts';
import { Interrupted, type JournalStore, StoreError } from '../journal/store.ts';
import type { Tree } from '../journal/tree.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';
import type { Among, Chosen } from './among.ts';
import { directoriesOf, identitiesOf, settles } from './concerns.ts';
import { Content, ContentError } from './content.ts';
import { Layout } from './layout.ts';
import { type Noted, note, notedOf } from './open.ts';
import { passedOver, restated } from './owed.ts';
import { Spare } from './spare.ts';

type Planned = Extract<Plan, { state: 'planned' }>;

/** Milliseconds. */
const MARGIN_MS = 60_000;
/** So often a number may be asked for that is not there before it is seen again whether later ones are: ten minutes, at a look a second. */
const LOOKS = 600;
/** What goes into one step: a second or two of work, and some MB of memory. */
const MOST_SEGMENTS = 64;
const MOST_RECORDS = 2000;

/** What a number states. @property taken whether it counts */
interface One {
  readonly taken: boolean;
  readonly records: readonly JournalRecord[];
  readonly after: Noted;
}

/** Numbers that are applied together, and what is noted with them. */
interface Step {
  readonly merged: Merged;
  readonly after: Noted;
}

export interface ApplierWorld {
  readonly volume: string;
  readonly mountPoint: string;
  readonly store: JournalStore;
  /** As `openSpare` gives it. */
  readonly tree: Tree;
  readonly resolver: Resolver;
  /** How far two clocks may differ, and how long a copy takes to begin. @default a minute */
  readonly marginMs?: number;
  /** People use it already. */
  readonly among?: {
    readonly touched: Among;
    /** All that was changed so far is noted, and until `done` nothing more: who is who is not known meanwhile. */
    readonly pause: () => Promise<void>;
    readonly done: () => void;
    /** What a segment stated, and what of that was not applied. */
    readonly said: (records: readonly JournalRecord[], left: readonly JournalRecord[]) => void;
  };
}

/**
 * What came of the next number. `wait`: it is not there yet. `unheard`: it cannot be had for now. `damaged`: it cannot be read as a segment, and
 * nothing after it may be taken. `unfit`: another base is needed.
 */
export type Next =
  | { readonly next: 'applied' | 'skipped' | 'wait' }
  | { readonly next: 'unheard'; readonly why: string }
  | { readonly next: 'damaged'; readonly damage: Damage | { readonly code: 'foreign' } }
  | { readonly next: 'unfit'; readonly why: string };

export interface Progress {
  readonly cursor: number;
  readonly term: number;
  /** All changes before this are here: milliseconds since 1970. */
  readonly complete: number | undefined;
  /** It is as the owner was at some moment; before that it is no candidate. */
  readonly passed: boolean;
  readonly unfit: string | undefined;
  /** From this number on something was passed over that the base did not have; `undefined`: nothing was. */
  readonly owed: number | undefined;
  /** Of which content was written since it was opened. */
  readonly files: number;
}

/** Applies a journal onto one mounted spare, number by number. What is under way when its process ends is done again. */
export class Applier {
  readonly #world: ApplierWorld;
  readonly #layout: Layout;
  readonly #content: Content;
  readonly #spare: Spare;
  readonly #ahead: Ahead;
  /** Whose content was written. */
  #files = 0;
  /** Segments in one step. */
  #most = MOST_SEGMENTS;
  /** What comes next is not one that has expired: so often it is not asked again. */
  #whole = 0;

  private constructor(world: ApplierWorld) {
    this.#world = world;
    this.#layout = new Layout(world.mountPoint);
    this.#content = new Content(this.#layout, world.store);
    this.#ahead = new Ahead(world.store);
    this.#spare = new Spare({ ...world, layout: this.#layout, content: this.#content });
  }

  static async open(world: ApplierWorld): Promise<Applier> {
    const applier = new Applier(world);
    await applier.#layout.make();
    await applier.#layout.clearFresh();
    await applier.#spare.begin();
    return applier;
  }

  get progress(): Progress {
    const { reading, complete, base, unfit, owed } = this.#noted;
    return { ...reading, complete, passed: base.passed, unfit, owed, files: this.#files };
  }

  /** Does the next number, if it is there, and as one step with it what stands behind it. @throws any error of the spare: then it is opened anew */
  async next(): Promise<Next> {
    const noted = this.#noted;
    if (noted.unfit !== undefined) return { next: 'unfit', why: noted.unfit };
    try {
      const step = await this.#gather(noted);
      if ('next' in step) return step;
      if (!step.merged.isEmpty) return await this.#apply(step, noted);
      note(this.#world.tree, step.after);
      return { next: 'skipped' };
    } catch (error) {
      return unheard(error);
    }
  }

  /**
   * For a takeover, after which there is no other base: where nothing but unheard changes made it unfit, it goes on as if it had been copied now. What is
   * stated from here on is taken; it is not as the owner was, and does not say so.
   *
   * @param now milliseconds since 1970 @returns whether it goes on
   */
  goOn(now: number): boolean {
    const { unfit, unheard, ...noted } = this.#noted;
    if (unfit === undefined || !unheard) return false;
    note(this.#world.tree, { ...noted, base: { moment: now, passed: false }, unfit: undefined });
    return true;
  }

  /**
   * Reads as many numbers as are there and go into one step: then they are synced together. One that was begun is done again with the very same numbers.
   */
  async #gather(noted: Noted): Promise<Step | Next> {
    const { until, ...from } = noted;
    const { cursor } = noted.reading;
    const begun = this.#world.among ? undefined : until;
    const most = this.#world.among ? 1 : this.#most;
    const merged = new Merged();
    let after: Noted = from;
    while (begun === undefined || after.reading.cursor < begun) {
      const one = await this.#read(after).catch(unheard);
      if ('next' in one) {
        if (one.next === 'unfit' && after.reading.cursor === cursor)
          note(this.#world.tree, { ...noted, unfit: one.why });
        if (begun !== undefined || after.reading.cursor === cursor) return one;
        break;
      }
      const { records } = one;
      const alone = one.after.unfit !== undefined || isAlone(records);
      if (begun === undefined && !merged.isEmpty && (alone || !merged.takes(records))) break;
      after = one.after;
      if (one.taken) merged.add(after.reading.cursor, records);
      const isFull = after.reading.cursor - cursor >= most || merged.size >= MOST_RECORDS;
      // From here on what is named has to be here: what was named before need not.
      const passes = after.base.passed && !noted.base.passed;
      if (begun === undefined && (alone || isFull || passes)) break;
    }
    return { merged, after };
  }

  /** The number after the last one, its content aside. @throws Interrupted, StoreError */
  async #read(noted: Noted): Promise<One | Next> {
    const number = noted.reading.cursor + 1;
    const found = await this.#ahead.read(number);
    if (found.answer === 'unheard') return { next: 'unheard', why: 'S3 does not answer' };
    const { take, reading } = readNext(noted.reading, found.answer === 'found' ? found.signature : undefined);
    if (take === 'wait' || found.answer !== 'found') return this.#absent(number);
    if (take === 'skip') {
      const left = found.signature.kind === 'segment' ? passedOver(noted, number) : noted;
      return { taken: false, records: [], after: { ...left, reading } };
    }
    const decoded = await decode(found.bytes, found.signature.sum, this.#content.sink(number));
    if (decoded.state !== 'sound') return { next: 'damaged', damage: decoded.damage };
    const { header, records } = decoded;
    if (header.volume !== this.#world.volume || header.term !== found.signature.term)
      return { next: 'damaged', damage: { code: 'foreign' } };
    return { taken: true, records, after: this.#after({ ...noted, reading }, number, header, records) };
  }

  /** It is not there yet, unless later ones are: then it was, and has expired. S3 lists what was written before (docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel). */
  async #absent(number: number): Promise<Next> {
    if (--this.#whole > 0) return { next: 'wait' };
    const first = await this.#world.store.first(number);
    if (first.answer === 'unheard') return { next: 'unheard', why: 'S3 does not answer' };
    if (first.answer === 'found' && first.number > number)
      return { next: 'unfit', why: `what is before number ${first.number} is not in the journal any more` };
    // A writer that had been silent for as long as all is kept goes on further up (`goOn`).
    this.#whole = first.answer === 'nothing' ? LOOKS : 0;
    return { next: 'wait' };
  }

  get #noted(): Noted {
    const noted = notedOf(this.#world.tree);
    if (!noted) throw new Error('the tree is no spare’s');
    return noted;
  }

  #after(noted: Noted, number: number, header: Header, records: readonly JournalRecord[]): Noted {
    const left = restated(noted, header);
    const complete = header.complete ?? noted.complete;
    const base = afterSegment(noted.base, header, records, this.#world.marginMs ?? MARGIN_MS);
    if (base === 'unfit')
      return { ...left, complete, unfit: `changes went unheard before number ${number}`, unheard: true };
    const behind = base.passed && !noted.base.passed ? number : noted.behind;
    return { ...left, base, behind, complete };
  }

  async #apply({ merged, after }: Step, before: Noted): Promise<Next> {
    const { tree, among } = this.#world;
    const { records } = merged;
    const number = after.reading.cursor;
    await among?.pause();
    const chosen = await this.#chosen(records);
    const planned = plan(chosen.apply, chosen.local);
    const why = refusal(planned, number, after, among !== undefined);
    const first = before.reading.cursor + 1;
    if (planned.state !== 'planned' || why !== undefined) {
      // Which of them it is shows when each is done by itself.
      if (number > first) {
        this.#most = 1;
        return this.next();
      }
      note(tree, { ...before, unfit: why });
      among?.done();
      return { next: 'unfit', why: why ?? '' };
    }
    among?.touched.begins(planned);
    // Begun, it is done again in the same way: the spare is one step ahead of its tree at the most.
    if (number > first && before.until === undefined) note(tree, { ...before, until: number });
    await this.#content.take(merged.contents);
    await this.#spare.doAll(planned.actions, number);
    await this.#keepTimes(chosen.apply, planned);
    await this.#spare.sync();
    const signs = await this.#signs(chosen.apply, planned);
    const { handles } = this.#spare;
    tree.transaction(() => {
      tree.applyLocal(planned.changes, signs);
      for (const [identity, handle] of handles) if (tree.node(identity)) tree.setHandle(identity, handle);
      note(tree, after);
    });
    this.#spare.noted();
    this.#files += planned.actions.filter((action) => action.do === 'write').length;
    among?.done();
    among?.said(records, chosen.left);
    await this.#layout.clearFresh();
    await this.#layout.dropPieces(new Set(records.flatMap(settles)));
    await this.#layout.makeRoom();
    return after.unfit === undefined ? { next: 'applied' } : { next: 'unfit', why: after.unfit };
  }

  async #chosen(
    records: readonly JournalRecord[],
  ): Promise<Pick<Chosen, 'apply' | 'left'> & { readonly local: Local }> {
    const { tree, among } = this.#world;
    return among ? among.touched.choose(records) : { apply: records, left: [], local: tree.local };
  }

  /** Of what somebody has touched, nothing is known as the journal has it. */
  #isTouched(identity: Identity): boolean {
    return this.#world.among?.touched.isTouched(identity) ?? false;
  }

  /** A name that is applied later than its directory's times moves those. */
  async #keepTimes(records: readonly JournalRecord[], { actions }: Planned): Promise<void> {
    const { tree, resolver } = this.#world;
    const stated = new Set(records.flatMap((record) => (record.record === 'directory' ? [record.identity] : [])));
    const directories = new Set(
      actions.flatMap(directoriesOf).filter((one) => !stated.has(one) && !this.#isTouched(one)),
    );
    const dresses = [...directories].flatMap((one) => {
      const known = tree.node(one);
      return known ? [{ place: this.#spare.handleOf(one), modified: known.mtime }] : [];
    });
    // One that is gone by now is in the trash.
    for (const error of await resolver.dress(dresses))
      if (error && error.code !== 'ESTALE') throw new Error(`times cannot be set on the spare: ${error.code}`);
  }

  /** What all that was touched is now, for an owner that goes on from here. */
  async #signs(records: readonly JournalRecord[], { actions, changes }: Planned): Promise<Map<Identity, Known>> {
    const { tree, resolver } = this.#world;
    const touched = new Set(actions.flatMap(identitiesOf));
    for (const one of actions.flatMap(directoriesOf)) touched.add(one);
    for (const { identity } of changes.places) if (identity) touched.add(identity);
    const sums = new Map(records.flatMap((r) => (r.record === 'file' ? [[r.identity, r.sha256] as const] : [])));
    const untouched = [...touched].filter((one) => !this.#isTouched(one));
    const here = untouched.filter((one) => changes.kinds.get(one) ?? (!changes.kinds.has(one) && tree.node(one)));
    const looks = await resolver.look(here.map((one) => this.#spare.handleOf(one)));
    const signs = new Map<Identity, Known>();
    for (const [i, identity] of here.entries()) {
      const look = looks[i];
      if (!look || look instanceof Errno) continue;
      const sha256 = sums.get(identity) ?? tree.node(identity)?.sha256;
      const { changed: ctime, modified: mtime, size } = look;
      const [kind] = kindOf(look);
      signs.set(identity, { kind, ctime, mtime, size: Number(size), ...(sha256 ? { sha256 } : {}) });
    }
    return signs;
  }
}

/** Asked again it may be there, or somebody has seen to it. */
function unheard(error: unknown): Extract<Next, { next: 'unheard' }> {
  if (error instanceof Interrupted || error instanceof StoreError || error instanceof ContentError)
    return { next: 'unheard', why: error.message };
  throw error;
}

/** Why what is here is not what the journal was made of. */
function refusal(planned: Plan, number: number, { behind, base }: Noted, among: boolean): string | undefined {
  if (planned.state === 'contradiction') return `number ${number} contradicts what ${planned.identity} is here`;
  const [missing] = planned.missing;
  if (missing === undefined || among || !base.passed || (behind !== undefined && number <= behind)) return undefined;
  return `number ${number} names ${missing}, which is not here`;
}

import type { Action } from '../../../journal/apply/action.ts';
import { afterSegment } from '../../../journal/apply/base.ts';
import { type Plan, plan } from '../../../journal/apply/plan.ts';
import { readNext } from '../../../journal/protocol.ts';
import type { Identity, JournalRecord } from '../../../journal/record.ts';
import { type Damage, decode } from '../../../journal/segment/decode.ts';
import type { Header } from '../../../journal/segment/layout.ts';
import type { Known } from '../../../journal/write/index.ts';
import { kindOf } from '../journal/kinds.ts';
import { Interrupted, type JournalStore, StoreError } from '../journal/store.ts';
import type { Tree } from '../journal/tree.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';
import { Content, ContentError } from './content.ts';
import { Layout } from './layout.ts';
import { type Noted, note, notedOf } from './open.ts';
import { Spare } from './spare.ts';

type Planned = Extract<Plan, { state: 'planned' }>;

/** Milliseconds. */
const MARGIN_MS = 60_000;

export interface ApplierWorld {
  readonly volume: string;
  readonly mountPoint: string;
  readonly store: JournalStore;
  /** As `openSpare` gives it. */
  readonly tree: Tree;
  readonly resolver: Resolver;
  /** How far two clocks may differ, and how long a copy takes to begin. @default a minute */
  readonly marginMs?: number;
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
}

/** Applies a journal onto one mounted spare, number by number. What is under way when its process ends is done again. */
export class Applier {
  readonly #world: ApplierWorld;
  readonly #layout: Layout;
  readonly #content: Content;
  readonly #spare: Spare;

  private constructor(world: ApplierWorld) {
    this.#world = world;
    this.#layout = new Layout(world.mountPoint);
    this.#content = new Content(this.#layout, world.store);
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
    const { reading, complete, base, unfit } = this.#noted;
    return { ...reading, complete, passed: base.passed, unfit };
  }

  /** Does the next number, if it is there. @throws any error of the spare: then it is opened anew */
  async next(): Promise<Next> {
    const noted = this.#noted;
    if (noted.unfit !== undefined) return { next: 'unfit', why: noted.unfit };
    const number = noted.reading.cursor + 1;
    try {
      const found = await this.#world.store.read(number);
      if (found.answer === 'unheard') return { next: 'unheard', why: 'S3 does not answer' };
      const { take, reading } = readNext(noted.reading, found.answer === 'found' ? found.signature : undefined);
      if (take === 'wait' || found.answer !== 'found') return { next: 'wait' };
      if (take === 'skip') {
        note(this.#world.tree, { ...noted, reading });
        return { next: 'skipped' };
      }
      const decoded = await decode(found.bytes, found.signature.sum, this.#content.sink(number));
      if (decoded.state !== 'sound') return { next: 'damaged', damage: decoded.damage };
      const { header, records } = decoded;
      if (header.volume !== this.#world.volume || header.term !== found.signature.term)
        return { next: 'damaged', damage: { code: 'foreign' } };
      return await this.#apply(number, records, this.#after({ ...noted, reading }, number, header, records));
    } catch (error) {
      // Asked again it may be there, or somebody has seen to it.
      if (error instanceof Interrupted || error instanceof StoreError || error instanceof ContentError)
        return { next: 'unheard', why: error.message };
      throw error;
    }
  }

  get #noted(): Noted {
    const noted = notedOf(this.#world.tree);
    if (!noted) throw new Error('the tree is no spare’s');
    return noted;
  }

  #after(noted: Noted, number: number, header: Header, records: readonly JournalRecord[]): Noted {
    const complete = header.complete ?? noted.complete;
    const base = afterSegment(noted.base, header, records, this.#world.marginMs ?? MARGIN_MS);
    if (base === 'unfit') return { ...noted, complete, unfit: `changes went unheard before number ${number}` };
    const behind = base.passed && !noted.base.passed ? number : noted.behind;
    return { ...noted, base, behind, complete };
  }

  async #apply(number: number, records: readonly JournalRecord[], noted: Noted): Promise<Next> {
    const { tree } = this.#world;
    const planned = plan(records, tree.local);
    const why = refusal(planned, number, noted);
    if (planned.state !== 'planned' || why !== undefined) {
      note(tree, { ...this.#noted, unfit: why });
      return { next: 'unfit', why: why ?? '' };
    }
    await this.#spare.doAll(planned.actions, number);
    await this.#keepTimes(records, planned);
    await this.#spare.sync();
    const signs = await this.#signs(records, planned);
    const { handles } = this.#spare;
    tree.transaction(() => {
      tree.applyLocal(planned.changes, signs);
      for (const [identity, handle] of handles) if (tree.node(identity)) tree.setHandle(identity, handle);
      note(tree, noted);
    });
    this.#spare.noted();
    await this.#layout.clearFresh();
    await this.#layout.dropPieces(new Set(records.flatMap(settles)));
    await this.#layout.makeRoom();
    return noted.unfit === undefined ? { next: 'applied' } : { next: 'unfit', why: noted.unfit };
  }

  /** A name that is applied later than its directory's times moves those. */
  async #keepTimes(records: readonly JournalRecord[], { actions }: Planned): Promise<void> {
    const { tree, resolver } = this.#world;
    const stated = new Set(records.flatMap((record) => (record.record === 'directory' ? [record.identity] : [])));
    const directories = new Set(actions.flatMap(directoriesOf).filter((one) => !stated.has(one)));
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
    const here = [...touched].filter((one) => changes.kinds.get(one) ?? (!changes.kinds.has(one) && tree.node(one)));
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

/** Why what is here is not what the journal was made of. */
function refusal(planned: Plan, number: number, { behind, base }: Noted): string | undefined {
  if (planned.state === 'contradiction') return `number ${number} contradicts what ${planned.identity} is here`;
  const [missing] = planned.missing;
  if (missing === undefined || !base.passed || (behind !== undefined && number <= behind)) return undefined;
  return `number ${number} names ${missing}, which is not here`;
}

function identitiesOf(action: Action): Identity[] {
  if ('identity' in action) return [action.identity];
  return 'record' in action && action.do !== 'piece' ? [action.record.identity] : [];
}

/** In which names come and go, also where another file comes under the same name. */
function directoriesOf(action: Action): Identity[] {
  if (action.do === 'attach') return [action.to.directory];
  return action.do === 'detach' ? [action.from.directory] : [];
}

/** Of whom no pieces are needed any more. */
function settles(record: JournalRecord): Identity[] {
  return record.record === 'gone' || record.record === 'file' ? [record.identity] : [];
}

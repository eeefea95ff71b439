import { toBytes } from '../../../journal/name.ts';
import type { JournalRecord, Key } from '../../../journal/record.ts';
import type { LateCounts, LateHooks, LateSegments } from '../journal/late.ts';
import { isDirectory } from '../journal/own.ts';
import type { JournalStore } from '../journal/store.ts';
import { ADOPTED, LATE, type Tree } from '../journal/tree.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';
import { Among } from './among.ts';
import { Applier } from './applier.ts';
import { Layout, remove, SPARE } from './layout.ts';
import { forget } from './open.ts';
import { discard } from './trash.ts';

export interface LateWorld {
  readonly volume: string;
  readonly mountPoint: string;
  readonly store: JournalStore;
  /** As a takeover has left it. */
  readonly tree: Tree;
  readonly resolver: Resolver;
  readonly marginMs?: number;
  /** Told once it is known what changed before anybody listened. */
  readonly listening?: () => Promise<void>;
  /** Told in the end. */
  readonly ended?: (counts: LateCounts) => void;
}

const MOST_PATHS = 100;

/**
 * What was sealed and not drained when serving began: it is applied by the writer, before that writes anything, onto what nobody has touched since
 * (`Among`). Each segment is one step, as on a spare: where a process dies within one, what it had taken away for a moment is given back, and what it had
 * done already counts as touched.
 */
export class Late implements LateSegments {
  readonly #world: LateWorld;
  readonly #among: Among;
  readonly #layout: Layout;
  #counts: LateCounts = { segments: 0, left: 0, paths: [], why: undefined };

  constructor(world: LateWorld) {
    this.#world = world;
    this.#among = new Among(world.resolver, world.tree);
    this.#layout = new Layout(world.mountPoint);
  }

  get counts(): LateCounts {
    return this.#counts;
  }

  async begin(): Promise<void> {
    await this.#layout.make();
    await this.#giveBack();
    await this.#among.compare();
    await this.#world.listening?.();
  }

  note(keys: readonly Key[]): void {
    this.#among.note(keys);
  }
  doubt(): void {
    this.#among.doubt();
  }

  /** Applies number by number, for whoever seals only afterwards; begun before. */
  async applier(hooks: Partial<Pick<LateHooks, 'pause' | 'done' | 'restate'>> = {}): Promise<Applier> {
    const { pause = async () => {}, done = () => {}, restate } = hooks;
    const said = (records: readonly JournalRecord[], left: readonly JournalRecord[]) => {
      restate?.(applier.progress.cursor, records);
      this.#count(left);
    };
    const applier = await Applier.open({ ...this.#world, among: { touched: this.#among, pause, done, said } });
    return applier;
  }

  async apply(seal: number, { pause, done, restate, trouble, wait }: LateHooks): Promise<boolean> {
    const applier = await this.applier({ pause, done, restate });
    while (applier.progress.cursor < seal && this.#counts.why === undefined) {
      const next = await applier.next();
      if (next.next === 'unheard') {
        trouble(next.why);
        await wait();
        continue;
      }
      trouble(undefined);
      const number = applier.progress.cursor + 1;
      if (next.next === 'unfit') this.#stop(next.why);
      else if (next.next === 'damaged') this.#stop(`number ${number} is damaged: ${next.damage.code}`);
      else if (next.next === 'wait') this.#stop(`number ${number} is not there any more`);
    }
    const { passed, unfit } = applier.progress;
    await this.#end(seal, passed && unfit === undefined);
    return passed && unfit === undefined;
  }

  #stop(why: string): void {
    this.#counts = { ...this.#counts, why };
  }

  #count(left: readonly JournalRecord[]): void {
    const { segments, left: before, paths } = this.#counts;
    const more = left.flatMap((record) => ('path' in record ? [record.path] : []));
    this.#counts = {
      ...this.#counts,
      segments: segments + 1,
      left: before + left.length,
      paths: [...paths, ...more].slice(0, MOST_PATHS),
    };
  }

  /** What has no name after all of it is nobody's. */
  async #end(seal: number, known: boolean): Promise<void> {
    const { tree, resolver } = this.#world;
    const nameless = await this.#layout.inLimbo();
    for (const identity of nameless) await discard(resolver, this.#layout, identity, seal);
    const error = await resolver.sync();
    if (error) throw new Error(`the volume cannot be synced: ${error.code}`);
    tree.transaction(() => {
      for (const identity of nameless) if (tree.names(identity).length === 0) tree.setNode(identity, undefined);
      forget(tree);
      tree.setMeta(LATE, undefined);
      if (!known) tree.setMeta(ADOPTED, undefined);
    });
    this.#world.ended?.(this.#counts);
  }

  /**
   * A process that died within a segment may have taken something out of its place, to put it elsewhere. It is given back: where else, nobody knows any more
   * whether that place is still free for it.
   */
  async #giveBack(): Promise<void> {
    const { tree, resolver } = this.#world;
    for (const identity of await this.#layout.inLimbo()) {
      const from = { path: Buffer.from(`${SPARE}/limbo/${identity}`) };
      const [there] = await resolver.look([from]);
      // Another inode is new content, which nobody has seen.
      if (!there || there instanceof Errno || there.handle !== tree.handleOf(identity)) continue;
      const places = tree.names(identity).map(({ directory, name }) => ({
        directory: tree.handleOf(directory),
        path: toBytes(name),
      }));
      if (isDirectory(there)) {
        for (const to of places) {
          const [error] = await resolver.rename([{ from, to }], 'new');
          if (!error) break;
        }
      } else if (places.length > 0) {
        // A link that it has elsewhere is its own, or the one that it was to get. What stands in a place by now stays there.
        if (there.links === 1) await resolver.link(places.map((to) => ({ from: there.handle, to })));
        await remove(this.#layout.limbo(identity));
      }
    }
  }
}

import { fromBytes } from '../../../journal/name.ts';
import { ROOT } from '../../../journal/record.ts';
import type { DirtySet } from '../../../journal/write/dirty.ts';
import { OWN, type Own } from '../journal/own.ts';
import type { Tree } from '../journal/tree.ts';
import type { Change } from '../kernel/events.ts';
import type { Handle, Named } from '../kernel/handle.ts';

/** What a change that the kernel said makes dirty. */
export class Hearing {
  readonly #dirty: DirtySet;
  readonly #tree: Tree;
  readonly #own: Own;

  constructor(dirty: DirtySet, tree: Tree, own: Own) {
    this.#dirty = dirty;
    this.#tree = tree;
    this.#own = own;
  }

  /** @param now milliseconds, by the clock that only goes on */
  hear(change: Change, now: number): void {
    const { object, at, to } = change;
    const own = this.#follow(change);
    for (const named of [at, to]) if (named && this.#isNaming(change)) this.#name(named, object, now);
    if (!object) return;
    const target = this.#tree.identityOf(object);
    // What is in `.remount` is nobody's content, but for what went there.
    if (own && !this.#tree.node(target)) return;
    const has = (...kinds: readonly Change['kinds'][number][]) => change.kinds.some((kind) => kinds.includes(kind));
    if (has('written', 'closed')) this.#dirty.note({ change: 'content', target, closed: has('closed') }, now);
    else this.#dirty.note({ change: 'attributes', target }, now);
  }

  #isNaming({ kinds }: Change): boolean {
    return kinds.some((kind) => kind === 'created' || kind === 'deleted' || kind === 'renamed');
  }

  #name({ directory, name }: Named, object: Handle | undefined, now: number): void {
    if (this.#own.has(directory)) return;
    const at = this.#tree.identityOf(directory);
    const text = fromBytes(name);
    if (at === ROOT && text === OWN) return;
    const target = object && this.#tree.identityOf(object);
    this.#dirty.note({ change: 'named', directory: at, name: text, ...(target ? { target } : {}) }, now);
  }

  /** Directories that come to be in `.remount`, and leave it. @returns whether this is about something in there */
  #follow({ directory, object, at, to }: Change): boolean {
    const [last] = [to ?? at];
    const own = last !== undefined && this.#own.has(last.directory);
    if (directory && object && last) {
      if (own) this.#own.add(object);
      else if (this.#own.has(object) && !last.name.equals(Buffer.from(OWN))) this.#own.delete(object);
    }
    return own || (object !== undefined && this.#own.has(object));
  }
}

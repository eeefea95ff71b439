import { fromBytes } from '../../../journal/name.ts';
import { type Key, ROOT } from '../../../journal/record.ts';
import { type DirtySet, keysOf, type Change as Noted } from '../../../journal/write/dirty.ts';
import { OWN, type Own } from '../journal/own.ts';
import type { Tree } from '../journal/tree.ts';
import type { Change } from '../kernel/events.ts';
import type { Handle, Named } from '../kernel/handle.ts';

/** What a change that the kernel said makes dirty. */
export class Hearing {
  readonly #dirty: DirtySet;
  readonly #tree: Tree;
  readonly #own: Own;
  readonly #also: (keys: readonly Key[]) => void;

  /** @param also is told of the same */
  constructor(dirty: DirtySet, tree: Tree, own: Own, also: (keys: readonly Key[]) => void = () => {}) {
    this.#dirty = dirty;
    this.#tree = tree;
    this.#own = own;
    this.#also = also;
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
    if (has('written', 'closed')) this.#note({ change: 'content', target, closed: has('closed') }, now);
    else this.#note({ change: 'attributes', target }, now);
  }

  #note(change: Noted, now: number): void {
    this.#dirty.note(change, now);
    this.#also(keysOf(change));
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
    this.#note({ change: 'named', directory: at, name: text, ...(target ? { target } : {}) }, now);
  }

  /** Directories that come to be in `.remount`, and leave it. @returns whether this is about something in there */
  #follow({ directory, object, at, to }: Change): boolean {
    const [last] = [to ?? at];
    const own = last !== undefined && this.#own.has(last.directory);
    if (directory && object && last) {
      if (own) this.#own.add(object, last.directory);
      else if (this.#own.has(object) && !last.name.equals(Buffer.from(OWN))) this.#own.delete(object);
    }
    return own || (object !== undefined && this.#own.has(object));
  }
}

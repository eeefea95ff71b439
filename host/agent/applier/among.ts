import { type Late, untouched } from '../../../journal/apply/late.ts';
import type { Plan } from '../../../journal/apply/plan.ts';
import { type Kind, View } from '../../../journal/apply/view.ts';
import { toBytes } from '../../../journal/name.ts';
import { type Identity, type JournalRecord, type Key, keyText } from '../../../journal/record.ts';
import { MOST_DIRTY } from '../../../journal/write/dirty.ts';
import { differences, type Known, type Listing, type Sign } from '../../../journal/write/index.ts';
import { contentOf } from '../journal/adopt.ts';
import { kindOf } from '../journal/kinds.ts';
import { identityOf } from '../journal/label.ts';
import { isDirectory } from '../journal/own.ts';
import type { Tree } from '../journal/tree.ts';
import type { Look } from '../kernel/places.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';

type Planned = Extract<Plan, { state: 'planned' }>;

/** What is at a key that was touched. */
interface Touched {
  readonly key: Key;
  /** Of a name: who has it; `undefined`: nobody. */
  readonly identity?: Identity;
  /** Of what the tree does not know, or of what is gone: `undefined`. */
  readonly kind?: Kind | undefined;
}

/** What of a segment is applied, and onto what: the tree as far as nobody touched it, and else what is there. */
export interface Chosen extends Late {
  readonly local: View;
}

/**
 * People change a volume that an applier still has something for: what they have touched stays as it is. The tree says how all of it was when the volume
 * was left to them; what is otherwise now was touched. Where something comes and goes again nothing is otherwise, so each such change has to be heard of; of a
 * directory in which something changed unheard, nobody knows what came and went there.
 */
export class Among {
  readonly #resolver: Resolver;
  readonly #tree: Tree;
  readonly #touched = new Map<string, Touched>();
  readonly #unsure = new Set<Identity>();
  #heard = new Map<string, Key>();
  /** The last segment did this itself. */
  #own = new Set<string>();
  #inDoubt = true;
  #tooMany = false;

  constructor(resolver: Resolver, tree: Tree) {
    this.#resolver = resolver;
    this.#tree = tree;
  }

  note(keys: readonly Key[]): void {
    if (this.#inDoubt) return;
    for (const key of keys) this.#heard.set(keyText(key), key);
    if (this.#heard.size > MOST_DIRTY / 2) this.doubt();
  }

  /** Changes may have gone unheard. */
  doubt(): void {
    this.#inDoubt = true;
    this.#heard.clear();
  }

  isTouched(identity: Identity): boolean {
    return this.#touched.has(keyText({ of: 'node', identity }));
  }

  /** Takes in what is otherwise by now: all of it changed unheard. What changes from now on is to be noted. */
  async compare(): Promise<void> {
    const tree = this.#tree;
    this.#inDoubt = false;
    // Sizes are swept as the device has them.
    await this.#resolver.sync();
    const found = new Map<string, Key>();
    for await (const inodes of this.#resolver.sweep())
      for (const inode of inodes) {
        const identity = tree.identityOf(inode.handle);
        const known = inode.links > 0 ? tree.node(identity) : undefined;
        if (!known || !isOther({ ctime: inode.changed, size: Number(inode.size) }, known)) continue;
        add(found, { of: 'node', identity });
        if (!isDirectory(inode)) continue;
        this.#unsure.add(identity);
        const listing = await this.#listing(identity);
        for (const key of differences(identity, listing, tree.index)) add(found, key);
        if (found.size > MOST_DIRTY / 2) {
          this.#tooMany = true;
          return;
        }
      }
    await this.#take([...found.values()]);
  }

  /** @param records of a segment, of which all content is aside already */
  async choose(records: readonly JournalRecord[]): Promise<Chosen> {
    if (this.#inDoubt) await this.compare();
    await this.#takeHeard();
    if (this.#tooMany) return { apply: [], left: records, local: new View(this.#tree.local) };
    await this.#takeOpen(records);
    const local = this.#now();
    const touched = [...this.#touched.values()].map(({ key }) => key);
    return { ...untouched(records, [...touched, ...this.#unknown(records, local)], local), local };
  }

  /** What is done next is the applier's own. */
  begins({ actions, changes }: Planned): void {
    this.#own = new Set(changes.places.map(({ directory, name }) => keyText({ of: 'name', directory, name })));
    for (const action of actions) {
      const identity = 'identity' in action ? action.identity : 'record' in action ? action.record.identity : undefined;
      if (identity) this.#own.add(keyText({ of: 'node', identity }));
    }
  }

  /** Whoever has a file open goes on writing to it, also where it has no name any more: so it is as good as touched. */
  async #takeOpen(records: readonly JournalRecord[]): Promise<void> {
    const files = records.flatMap((record) =>
      (record.record === 'file' || record.record === 'gone') && this.#tree.node(record.identity)?.kind === 'file'
        ? [record.identity]
        : [],
    );
    const looks = await this.#resolver.look(
      files.map((identity) => this.#tree.handleOf(identity)),
      { openForWriting: true },
    );
    for (const [i, identity] of files.entries()) {
      const look = looks[i];
      if (look && !(look instanceof Errno) && look.openForWriting) this.#note({ key: { of: 'node', identity } });
    }
  }

  /** Names that are free, and may have come and gone unheard. */
  #unknown(records: readonly JournalRecord[], local: View): Key[] {
    return records.flatMap((record) => {
      if (record.record !== 'name') return [];
      const { directory, name } = record;
      // A directory that the applier has yet to make is sure.
      const unlisted = !this.#tree.node(directory) && local.kind(directory) !== undefined;
      if (!unlisted && !this.#unsure.has(directory)) return [];
      const free = local.at(record) === undefined && this.#tree.at(directory, name) === undefined;
      return free ? [{ of: 'name' as const, directory, name }] : [];
    });
  }

  /** What was heard since, unless it is as the tree has it: then it was the applier. */
  async #takeHeard(): Promise<void> {
    const heard = [...this.#heard.values()];
    this.#heard.clear();
    if (this.#touched.size + heard.length > MOST_DIRTY) this.#tooMany = true;
    else await this.#take(heard);
  }

  async #take(keys: readonly Key[]): Promise<void> {
    const names = keys.filter((key) => key.of === 'name');
    const places = names.map(({ directory, name }) => ({
      directory: this.#tree.handleOf(directory),
      path: toBytes(name),
    }));
    const looks = await this.#resolver.look(places, { attributes: true });
    for (const [i, key] of names.entries()) {
      const look = looks[i];
      const there = look && !(look instanceof Errno) ? look : undefined;
      const identity = there && this.#who(there);
      const before = this.#tree.at(key.directory, key.name);
      // Of two that are nothing, something was there in between.
      const same = identity === before && (identity !== undefined || this.#own.has(keyText(key)));
      if (same && !this.#touched.has(keyText(key))) continue;
      this.#note({ key, ...(identity ? { identity } : {}) });
      if (!identity || !there) continue;
      // Also where its own time of change is as it was: XFS leaves those of files that change places (RENAME_EXCHANGE).
      const node = { of: 'node' as const, identity };
      if (!this.#tree.node(identity)) this.#note({ key: node, kind: kindOf(there)[0] });
      else if (!this.isTouched(identity)) this.#note({ key: node });
    }
    const nodes = keys.filter((key) => key.of === 'node' && this.#tree.node(key.identity) !== undefined) as NodeKey[];
    const found = await this.#resolver.look(nodes.map(({ identity }) => this.#tree.handleOf(identity)));
    for (const [i, key] of nodes.entries()) {
      const look = found[i];
      const known = this.#tree.node(key.identity);
      const there = look && !(look instanceof Errno) && look.links > 0 ? look : undefined;
      const sign: Sign | undefined = there && { ctime: there.changed, size: Number(there.size) };
      if (sign && !isOther(sign, known) && !this.isTouched(key.identity)) continue;
      this.#note({ key, kind: there && known?.kind });
    }
  }

  #note(touched: Touched): void {
    this.#touched.set(keyText(touched.key), touched);
  }

  /** What is new here is nobody of the journal, also where something of the journal was made with the same inode on another copy of the volume. */
  #who({ handle, attributes }: Look): Identity {
    const known = this.#tree.identityOf(handle);
    return this.#tree.node(known) ? known : identityOf(handle, attributes, () => `${handle}.new` as Identity);
  }

  #now(): View {
    const view = new View(this.#tree.local);
    for (const { key, identity } of this.#touched.values())
      if (key.of === 'name' && view.at(key) !== identity) view.set(key, identity);
    for (const [, touched] of this.#touched)
      if (touched.key.of === 'node' && 'kind' in touched) view.setKind(touched.key.identity, touched.kind);
    return view;
  }

  async #listing(directory: Identity): Promise<Listing> {
    const listing = new Map<string, Sign & { readonly identity: Identity }>();
    const all = contentOf(this.#resolver, this.#tree, this.#tree.handleOf(directory));
    for await (const { name, handle, changed, size } of all)
      listing.set(name, { identity: this.#tree.identityOf(handle), ctime: changed, size: Number(size) });
    return listing;
  }
}

type NodeKey = Extract<Key, { of: 'node' }>;

/** Also of what was young when the tree had it: nobody could touch anything for longer than times of change take to be others. */
function isOther({ ctime, size }: Sign, known: Known | undefined): boolean {
  return known?.ctime !== ctime || known.size !== size;
}

function add(keys: Map<string, Key>, key: Key): void {
  keys.set(keyText(key), key);
}

import { mkdir, symlink } from 'node:fs/promises';
import type { Action } from '../../../journal/apply/action.ts';
import type { Place } from '../../../journal/apply/view.ts';
import { toBytes } from '../../../journal/name.ts';
import type { DirectoryRecord, Identity, NodeRecord, SymlinkRecord } from '../../../journal/record.ts';
import { kindOf } from '../journal/kinds.ts';
import { DISCARDED, identityOf, LABEL, labelOf } from '../journal/label.ts';
import { isDirectory } from '../journal/own.ts';
import type { Tree } from '../journal/tree.ts';
import type { Dress } from '../kernel/changes.ts';
import type { Handle } from '../kernel/handle.ts';
import type { Below, Look, Place as Where } from '../kernel/places.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';
import type { Content } from './content.ts';
import { type Layout, move, remove, SPARE, trashOf } from './layout.ts';
import { discard } from './trash.ts';

type Do<D extends Action['do']> = Extract<Action, { do: D }>;

/** A mounted spare, on which one segment after the other is done: `journal/apply/action.ts` says what each action is. */
export class Spare {
  readonly #resolver: Resolver;
  readonly #tree: Tree;
  readonly #layout: Layout;
  readonly #content: Content;
  /** Of what the tree does not have yet: made by this segment, or by one that was left off. */
  readonly #handles = new Map<Identity, Handle>();

  constructor(of: {
    readonly resolver: Resolver;
    readonly tree: Tree;
    readonly layout: Layout;
    readonly content: Content;
  }) {
    this.#resolver = of.resolver;
    this.#tree = of.tree;
    this.#layout = of.layout;
    this.#content = of.content;
  }

  /** Directories that a segment made which was left off: the tree does not know them, and their labels say who they are. */
  async begin(): Promise<void> {
    for await (const inodes of this.#resolver.sweep()) {
      const unknown = inodes.filter(
        (inode) => inode.links > 0 && isDirectory(inode) && !this.#tree.node(this.#tree.identityOf(inode.handle)),
      );
      const looks = await this.#resolver.look(
        unknown.map(({ handle }) => handle),
        { attributes: true },
      );
      for (const look of looks) {
        if (look instanceof Errno || !look.attributes?.has(LABEL)) continue;
        const identity = identityOf(look.handle, look.attributes);
        if (identity !== DISCARDED && !this.#tree.node(identity)) this.#handles.set(identity, look.handle);
      }
    }
  }

  /** What the tree is to have noted with the segment. */
  get handles(): ReadonlyMap<Identity, Handle> {
    return this.#handles;
  }
  noted(): void {
    this.#handles.clear();
  }
  handleOf(identity: Identity): Handle {
    return this.#handles.get(identity) ?? this.#tree.handleOf(identity);
  }

  /** All of a plan, in its order. Neighbours of one kind that have nothing to do with each other are asked for together: a round trip takes longer than what is done. */
  async doAll(actions: readonly Action[], number: number): Promise<void> {
    for (let at = 0; at < actions.length; ) {
      const kind = togetherOf(actions[at]);
      let end = at + 1;
      while (kind !== undefined && end < actions.length && togetherOf(actions[end]) === kind) end++;
      const some = actions.slice(at, end);
      at = end;
      if (kind === 'write') await this.#write(some.filter((action) => action.do === 'write'));
      else if (kind === 'attributes') await this.#dress(some.flatMap((action) => this.#dressed(action)));
      else if (kind === 'attach') await this.#attachAll(some.filter((action) => action.do === 'attach'));
      // Each is about another inode of the project's own.
      else if (kind === 'install' || kind === 'release')
        await Promise.all(some.map((action) => this.#do(action, number)));
      else for (const action of some) await this.#do(action, number);
    }
  }

  #dressed(action: Action): readonly [Where, NodeRecord][] {
    return action.do === 'attributes' ? [[this.handleOf(action.record.identity), action.record]] : [];
  }

  /** What has a free name to come to is linked at once; the rest by itself. */
  async #attachAll(actions: readonly Do<'attach'>[]): Promise<void> {
    const moves = actions.map(({ identity, to }) => ({ from: this.#inLimbo(identity), to: this.#below(to) }));
    const errors = await this.#resolver.link(moves);
    for (const [i, action] of actions.entries()) if (errors[i]) await this.#attach(action);
  }

  async #do(action: Action, number: number): Promise<void> {
    switch (action.do) {
      case 'piece':
      case 'write':
      case 'attributes':
        return;
      case 'make':
        return this.#make(action);
      case 'sync':
        return this.sync();
      case 'version':
        return this.#version(action, number);
      case 'install':
        await move(this.#layout.fresh(action.identity), this.#layout.limbo(action.identity));
        return;
      case 'keep':
        if (await this.#holds(action.from, action.identity))
          await this.#link(this.#below(action.from), this.#inLimbo(action.identity));
        return;
      case 'detach':
        return this.#detach(action);
      case 'attach':
        return this.#attach(action);
      case 'discard':
        return discard(this.#resolver, this.#layout, action.identity, number);
      case 'release':
        await remove(this.#layout.limbo(action.identity));
        return;
    }
  }

  async sync(): Promise<void> {
    const error = await this.#resolver.sync();
    if (error) throw new Error(`the spare cannot be synced: ${error.code}`);
  }

  async #write(actions: readonly Do<'write'>[]): Promise<void> {
    for (const { record } of actions) await this.#content.whole(record);
    const handles = await this.#dress(actions.map(({ record }) => [this.#inFresh(record.identity), record]));
    for (const [i, { record }] of actions.entries()) {
      const handle = handles[i];
      if (handle) this.#handles.set(record.identity, handle);
    }
  }

  async #make({ record, at }: Do<'make'>): Promise<void> {
    const { identity } = record;
    const there = await this.#first([this.#inLimbo(identity), ...at.map((place) => this.#below(place))], identity);
    this.#handles.set(identity, there ?? (await this.#new(record)));
  }

  /** Made aside, so that whatever is in limbo has its label. */
  async #new(record: DirectoryRecord | SymlinkRecord): Promise<Handle> {
    const aside = this.#layout.fresh(record.identity);
    if (record.record === 'directory') await mkdir(aside, { recursive: true, mode: 0o700 });
    else {
      await remove(aside);
      await symlink(toBytes(record.target), aside);
    }
    const [handle] = await this.#dress([[this.#inFresh(record.identity), record]]);
    if (!handle) throw new Error(`${record.identity} is not where it should be`);
    await move(aside, this.#layout.limbo(record.identity));
    return handle;
  }

  async #version({ identity, from }: Do<'version'>, number: number): Promise<void> {
    const place = from === 'limbo' ? this.#inLimbo(identity) : this.#below(from);
    if (!(await this.#first([place], identity))) return;
    await this.#layout.makeTrash(number);
    await this.#link(place, this.#own(`${trashOf(number)}/${identity}`));
  }

  async #detach({ identity, directory, from }: Do<'detach'>): Promise<void> {
    if (!(await this.#holds(from, identity))) return;
    if (directory) return this.#rename(this.#below(from), this.#inLimbo(identity), 'new');
    await remove(this.#layout.aside);
    await this.#rename(this.#below(from), this.#own('fresh/+aside'), 'new');
    await remove(this.#layout.aside);
  }

  async #attach({ identity, directory, to }: Do<'attach'>): Promise<void> {
    const place = this.#below(to);
    const limbo = await this.#look(this.#inLimbo(identity));
    if (!limbo) {
      if (await this.#holds(to, identity)) return;
      throw new Error(`${identity} is lost: neither in limbo nor where it is to be`);
    }
    if (directory) {
      await this.#unspecial(place);
      return this.#rename(this.#inLimbo(identity), place, 'new');
    }
    await remove(this.#layout.aside);
    await this.#link(limbo.handle, this.#own('fresh/+aside'));
    await this.#rename(this.#own('fresh/+aside'), place, 'replace');
    // Where the place has it already, rename(2) does nothing.
    await remove(this.#layout.aside);
  }

  /** A copy of the owner's volume has what no spare is given. */
  async #unspecial(place: Below): Promise<void> {
    const there = await this.#look(place);
    if (!there || kindOf(there)[0] !== 'special') return;
    await remove(this.#layout.aside);
    await this.#rename(place, this.#own('fresh/+aside'), 'new');
    await remove(this.#layout.aside);
  }

  /** @returns the handle of each */
  async #dress(all: readonly (readonly [Where, NodeRecord])[]): Promise<Handle[]> {
    const looks = await this.#resolver.look(
      all.map(([place]) => place),
      { attributes: true },
    );
    const dresses = all.map(([, record], i) => {
      const there = looks[i];
      if (!there || there instanceof Errno)
        throw new Error(`${record.identity} is not where it should be: ${there?.code}`);
      return dressOf(there, record);
    });
    const errors = await this.#resolver.dress(dresses);
    for (const [i, [, record]] of all.entries())
      if (errors[i]) throw new Error(`${record.identity} cannot be given its attributes: ${errors[i]?.code}`);
    return looks.flatMap((look) => (look instanceof Errno ? [] : [look.handle]));
  }

  /** @returns `undefined` where there is nothing, nor its directory */
  async #look(place: Where): Promise<Look | undefined> {
    const [found] = await this.#resolver.look([place], { attributes: true });
    if (found && !(found instanceof Errno)) return found;
    if (found?.code === 'ENOENT' || found?.code === 'ESTALE' || found?.code === 'ENOTDIR') return undefined;
    throw new Error(`the spare cannot be read: ${found?.code}`);
  }

  async #first(places: readonly Below[], identity: Identity): Promise<Handle | undefined> {
    for (const place of places) {
      const found = await this.#look(place);
      if (found && this.#who(found) === identity) return found.handle;
    }
    return undefined;
  }
  #who({ handle, attributes }: Look): Identity {
    return identityOf(handle, attributes, (unlabelled) => this.#tree.identityOf(unlabelled));
  }
  async #holds(place: Place, identity: Identity): Promise<boolean> {
    return (await this.#first([this.#below(place)], identity)) !== undefined;
  }

  async #link(from: Where, to: Below): Promise<void> {
    const [error] = await this.#resolver.link([{ from, to }]);
    if (error && error.code !== 'EEXIST') throw new Error(`the spare cannot be changed: link: ${error.code}`);
  }
  async #rename(from: Below, to: Below, how: 'new' | 'replace'): Promise<void> {
    const [error] = await this.#resolver.rename([{ from, to }], how);
    if (error) throw new Error(`the spare cannot be changed: rename: ${error.code}`);
  }

  #below({ directory, name }: Place): Below {
    return { directory: this.handleOf(directory), path: toBytes(name) };
  }
  #own(path: string): Below {
    return { path: Buffer.from(`${SPARE}/${path}`) };
  }
  #inFresh(identity: Identity): Below {
    return this.#own(`fresh/${identity}`);
  }
  #inLimbo(identity: Identity): Below {
    return this.#own(`limbo/${identity}`);
  }
}

const TOGETHER = ['write', 'install', 'release', 'attributes'] as const;
type Together = (typeof TOGETHER)[number] | 'attach';

/** Kinds of actions of which neighbours have nothing to do with each other. */
function togetherOf(action: Action | undefined): Together | undefined {
  if (TOGETHER.some((kind) => kind === action?.do)) return action?.do as Together;
  return action?.do === 'attach' && !action.directory ? 'attach' : undefined;
}

/** What it is to be: what it has beyond that goes, and its label is of this inode. */
function dressOf(there: Look, { record, identity, mode, uid, gid, mtime, xattrs }: NodeRecord): Dress {
  const attributes = new Map<string, Uint8Array | undefined>();
  for (const name of there.attributes?.keys() ?? []) if (name !== LABEL) attributes.set(name, undefined);
  for (const [name, value] of Object.entries(xattrs))
    attributes.set(toBytes(name).toString('latin1'), Buffer.from(value, 'base64'));
  if (identityOf(there.handle, undefined) !== identity) attributes.set(LABEL, labelOf(identity, there.handle));
  const dress = { place: there.handle, owner: { uid, gid }, attributes, modified: mtime };
  return record === 'symlink' ? dress : { ...dress, mode };
}

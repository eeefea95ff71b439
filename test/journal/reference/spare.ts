import { createHash } from 'node:crypto';
import type { Action } from '../../../journal/apply/action.ts';
import type { Place } from '../../../journal/apply/view.ts';
import { type Attributes, type FileRecord, type Identity, type NodeRecord, ROOT } from '../../../journal/record.ts';
import type { Inode as Original } from './files.ts';
import { MemoryLocal } from './local.ts';

/** On a spare: inodes of its own, each with the owner's identity as its label. */
export interface Node {
  readonly label: Identity;
  readonly kind: 'file' | 'directory' | 'symlink';
  attributes: Attributes;
  readonly content: Buffer;
  readonly target: string;
  readonly entries: Map<string, Node>;
}

/** Content of a piece, as its segment has it. */
export type PieceOf = (segment: number, identity: Identity, offset: number) => Buffer;

/** A spare in memory. What no file system would do throws. */
export class Spare {
  root: Node = node(ROOT, 'directory', { mode: 0o755, uid: 0, gid: 0, mtime: 0n, xattrs: {} });
  readonly fresh = new Map<Identity, Node>();
  readonly limbo = new Map<Identity, Node>();
  readonly trash = new Map<string, Node>();
  readonly #pieceOf: PieceOf;

  constructor(pieceOf: PieceOf) {
    this.#pieceOf = pieceOf;
  }

  /** A copy of blocks of the owner's file system: its inodes are what its labels would be. */
  static base(original: Original, pieceOf: PieceOf): Spare {
    const spare = new Spare(pieceOf);
    const copies = new Map<Original, Node>();
    const copy = (from: Original): Node => {
      const { kind, identity, attributes, content, target } = from;
      if (kind === 'special') throw new Error('not copied');
      const made = copies.get(from) ?? node(identity, kind, attributes, Buffer.from(content), target);
      copies.set(from, made);
      for (const [name, child] of from.entries) if (child.kind !== 'special') made.entries.set(name, copy(child));
      return made;
    };
    spare.root = copy(original);
    return spare;
  }

  do(action: Action, number: number, content: (record: FileRecord) => Buffer): void {
    switch (action.do) {
      case 'write':
        this.fresh.set(action.record.identity, this.#write(action.record, content));
        return;
      case 'piece':
      case 'sync':
        return;
      case 'make': {
        const { record, at } = action;
        const { identity } = record;
        if (this.limbo.has(identity) || at.some((place) => this.#holds(place, identity))) return;
        const target = record.record === 'symlink' ? record.target : '';
        this.limbo.set(identity, node(identity, record.record, attributesOf(record), Buffer.alloc(0), target));
        return;
      }
      case 'version': {
        const { identity, from } = action;
        const there = from === 'limbo' ? this.limbo.get(identity) : this.#held(from, identity);
        const key = `${number}/${identity}`;
        if (there && !this.trash.has(key)) this.trash.set(key, there);
        return;
      }
      case 'install':
        this.limbo.set(action.identity, must(this.fresh.get(action.identity)));
        this.fresh.delete(action.identity);
        return;
      case 'keep': {
        const there = this.#held(action.from, action.identity);
        if (there?.kind === 'directory') throw new Error('a directory has no second name');
        if (there && !this.limbo.has(action.identity)) this.limbo.set(action.identity, there);
        return;
      }
      case 'detach': {
        const { identity, from, directory } = action;
        const there = this.#held(from, identity);
        if (!there) return;
        if (directory !== (there.kind === 'directory')) throw new Error('taken for what it is not');
        if (directory && this.limbo.has(identity)) throw new Error('limbo has another of it');
        if (directory) this.limbo.set(identity, there);
        must(this.#directory(from.directory)).entries.delete(from.name);
        return;
      }
      case 'attach':
        this.#attach(action.identity, action.to, action.directory);
        return;
      case 'discard': {
        const there = this.limbo.get(action.identity);
        if (!there) return;
        if (there.entries.size > 0) throw new Error('what is not gone would be in the trash');
        this.trash.set(`${number}/${action.identity}`, there);
        this.limbo.delete(action.identity);
        return;
      }
      case 'release':
        this.limbo.delete(action.identity);
        return;
      case 'attributes':
        for (const there of this.#all(action.record.identity)) there.attributes = attributesOf(action.record);
    }
  }

  #attach(identity: Identity, to: Place, directory: boolean): void {
    const there = this.limbo.get(identity);
    if (!there) {
      if (!this.#holds(to, identity)) throw new Error(`${identity} is lost: neither in limbo nor at ${to.name}`);
      return;
    }
    if (directory !== (there.kind === 'directory')) throw new Error('taken for what it is not');
    const parent = must(this.#directory(to.directory));
    const before = parent.entries.get(to.name);
    if (directory && before) throw new Error('no directory is renamed over another thing');
    if (before?.kind === 'directory') throw new Error('nothing is renamed over a directory');
    if (directory && (parent === there || isBelow(there, parent))) throw new Error('a directory in itself');
    parent.entries.set(to.name, there);
    if (directory) this.limbo.delete(identity);
  }

  #write(record: FileRecord, content: (record: FileRecord) => Buffer): Node {
    let all = Buffer.alloc(record.size);
    if (record.content === 'here') all = Buffer.from(content(record));
    else if (record.content !== 'kept')
      for (const { segment, offset } of record.content)
        this.#pieceOf(segment, record.identity, offset).copy(all, offset);
    const sha256 = createHash('sha256').update(all).digest('hex');
    if (sha256 !== record.sha256) throw new Error(`${record.identity}: not the content that is stated`);
    return node(record.identity, 'file', attributesOf(record), all);
  }

  #directory(identity: Identity): Node | undefined {
    return this.#all(identity).find(({ kind }) => kind === 'directory');
  }
  #held({ directory, name }: Place, identity: Identity): Node | undefined {
    const there = this.#directory(directory)?.entries.get(name);
    return there?.label === identity ? there : undefined;
  }
  #holds(place: Place, identity: Identity): boolean {
    return this.#held(place, identity) !== undefined;
  }

  /** Nothing in the trash. */
  #all(identity: Identity): Node[] {
    return [...new Set(this.#walk().flatMap(([, , node]) => (node.label === identity ? [node] : [])))];
  }

  /** All that is named or in limbo: with the directory and the name. */
  *#each(): Generator<[directory: Identity | undefined, name: string, node: Node]> {
    const queue: Node[] = [this.root, ...this.limbo.values()];
    yield [undefined, '', this.root];
    for (const one of this.limbo.values()) yield [undefined, '', one];
    for (const one of queue)
      for (const [name, child] of one.entries) {
        yield [one.label, name, child];
        queue.push(child);
      }
  }
  #walk(): [Identity | undefined, string, Node][] {
    return [...this.#each()];
  }

  /** As one would find it who walked over the spare and read the labels. */
  truth(): MemoryLocal {
    const local = new MemoryLocal();
    const kinds = new Map<Identity, Node['kind']>();
    const places: (Place & { identity: Identity })[] = [];
    for (const [directory, name, { label, kind }] of this.#walk()) {
      kinds.set(label, kind);
      if (directory) places.push({ directory, name, identity: label });
    }
    local.apply({ kinds, places, owed: new Map() });
    return local;
  }
}

function node(
  label: Identity,
  kind: Node['kind'],
  attributes: Attributes,
  content = Buffer.alloc(0),
  target = '',
): Node {
  return { label, kind, attributes, content, target, entries: new Map() };
}
function attributesOf({ mode, uid, gid, mtime, xattrs }: NodeRecord): Attributes {
  return { mode, uid, gid, mtime, xattrs };
}
function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not there');
  return value;
}
function isBelow(top: Node, other: Node): boolean {
  return [...top.entries.values()].some((child) => child === other || isBelow(child, other));
}

import type { ContentPlace, Remembered } from '../../journal/past/past.ts';
import type { FileRecord, Identity } from '../../journal/record.ts';
import type { Told } from './read.ts';

/**
 * Why something that was there cannot be had from the journal. `unstated`: it is named, and what it was is stated before the journal begins. `content`: so is
 * its content. `missing`: its content stands in a number that is not there any more, or is damaged. `special`: a fifo, socket or device, of which a
 * journal has the name alone.
 */
export type Lack = 'unstated' | 'content' | 'missing' | 'special';

/** What stood at a path, or below it. */
export interface Entry {
  /** Names below the path that was asked for; empty: itself. */
  readonly names: readonly string[];
  readonly identity: Identity;
  readonly kind: 'file' | 'directory' | 'symlink' | 'special';
  /** `undefined`: no number states it. */
  readonly node: Remembered | undefined;
  /** Why it is not restored. A directory always is. */
  readonly lack?: Lack;
}

/** A file whose content can be had. */
export interface Wanted {
  readonly identity: Identity;
  readonly record: FileRecord;
  readonly content: ContentPlace;
}

/** All of it, each directory before what is in it, in the order of the names. @param from the identity at the path */
export function entriesOf(told: Told, from: Identity): Entry[] {
  const { past } = told;
  const found: Entry[] = [];
  const queue: [names: readonly string[], identity: Identity][] = [[[], from]];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [names, identity] = next;
    const entry = entryOf(told, names, identity);
    found.push(entry);
    if (entry.kind !== 'directory') continue;
    const children = past.children(identity).sort(([a], [b]) => (a < b ? 1 : -1));
    for (const [name, child] of children) queue.push([[...names, name], child]);
  }
  return found;
}

function entryOf(told: Told, names: readonly string[], identity: Identity): Entry {
  const node = told.past.node(identity);
  const kind = told.past.kind(identity) ?? 'file';
  const lack = kind === 'directory' ? undefined : lackOf(told, node);
  return { names, identity, kind, node, ...(lack && { lack }) };
}

function lackOf({ since, missing, damaged }: Told, node: Remembered | undefined): Lack | undefined {
  if (!node) return 'unstated';
  if (node.record.record === 'special') return 'special';
  if (node.record.record !== 'file') return undefined;
  if (!node.content) return 'content';
  if (!('pieces' in node.content)) return undefined;
  const isGone = (number: number) =>
    number < since.number ||
    missing.some(([from, to]) => from <= number && number <= to) ||
    damaged.some((one) => one.number === number);
  return node.content.pieces.some(({ segment }) => isGone(segment)) ? 'missing' : undefined;
}

/** Each once, under whatever names. */
export function wantedOf(entries: readonly Entry[]): Wanted[] {
  const wanted = new Map<Identity, Wanted>();
  for (const { identity, node, lack } of entries)
    if (!lack && node?.record.record === 'file' && node.content)
      wanted.set(identity, { identity, record: node.record, content: node.content });
  return [...wanted.values()];
}

/** Numbers of entries that were stated before all was heard of. */
export function doubtedOf({ doubted = 0 }: Pick<Told, 'doubted'>, entries: readonly Entry[]): number {
  return entries.filter(({ node }) => node && node.number < doubted).length;
}

/** Bytes that are written. */
export function bytesOf(wanted: readonly Wanted[]): number {
  return wanted.reduce((sum, { record }) => sum + record.size, 0);
}

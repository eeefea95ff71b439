import type { Identity } from '../../../journal/record.ts';
import { DISCARDED, LABEL, labelOf } from '../journal/label.ts';
import { isDirectory } from '../journal/own.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';
import { type Layout, move, remove, SPARE, trashOf } from './layout.ts';

/**
 * Out of limbo into the trash of a number, where it is nobody's: whoever asks for its inode is told so. A file that has another name is somebody's, and
 * loses no more than this one. May be done again.
 */
export async function discard(resolver: Resolver, layout: Layout, identity: Identity, number: number): Promise<void> {
  const look = async (path: string) => {
    const [found] = await resolver.look([{ path: Buffer.from(`${SPARE}/${path}`) }]);
    return found instanceof Errno ? undefined : found;
  };
  const before = await look(`limbo/${identity}`);
  if (before && !isDirectory(before) && before.links > 1) {
    await remove(layout.limbo(identity));
    return;
  }
  await layout.makeTrash(number);
  await move(layout.limbo(identity), layout.trash(number, identity));
  const there = await look(`${trashOf(number)}/${identity}`);
  // Done before, and dropped since for want of room.
  if (!there) return;
  const attributes = new Map([[LABEL, labelOf(DISCARDED, there.handle)]]);
  const [error] = await resolver.dress([{ place: there.handle, attributes }]);
  if (error) throw new Error(`${identity} cannot be labelled in the trash: ${error.code}`);
}

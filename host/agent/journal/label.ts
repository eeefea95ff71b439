import { type Identity, isIdentity } from '../../../journal/record.ts';
import type { Handle } from '../kernel/handle.ts';

/**
 * The extended attribute in which a file keeps the identity that the journal knows it by, where that is not its handle: on a spare, and on the volume that a
 * spare has become. It says of which inode it was set: on what `cp -a` has made of the file it does not count.
 */
export const LABEL = 'trusted.remount.identity';

export function labelOf(identity: Identity, handle: Handle): Buffer {
  return Buffer.from(`${handle} ${identity}`);
}

/**
 * Who somebody is, by its own label or else by its handle.
 *
 * @param attributes as the resolver has them
 * @param unlabelled who it is by its handle
 */
export function identityOf(
  handle: Handle,
  attributes: ReadonlyMap<string, Uint8Array> | undefined,
  unlabelled: (handle: Handle) => Identity = asIdentity,
): Identity {
  const label = attributes?.get(LABEL);
  const [of, identity] = label ? Buffer.from(label).toString('latin1').split(' ') : [];
  return of === handle && isIdentity(identity) ? identity : unlabelled(handle);
}

/** The label of what is in the trash: nobody's any more, though its inode is. */
export const DISCARDED = 'trash' as Identity;

/** A handle is spelt as an identity is. */
export function asIdentity(handle: Handle): Identity {
  return handle as string as Identity;
}

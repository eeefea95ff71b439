import * as z from 'zod/mini';

/**
 * What a file or directory is, whatever its names are: two hexadecimal digits of the handle's type, then its bytes. XFS makes it of inode
 * and generation, so an inode that is used again is another handle; a copy of the file system has the same ones.
 * Source: man7.org/linux/man-pages/man2/open_by_handle_at.2.html
 */
export type Handle = string & { readonly '#handle': never };

/** Where a name is: in which directory. */
export interface Named {
  readonly directory: Handle;
  /** As the file system has it: no zero and no slash, and otherwise any byte. */
  readonly name: Buffer;
}

/** At most 128 bytes: MAX_HANDLE_SZ. */
const HANDLE_TEXT = /^[0-9a-f]{2}(?:[0-9a-f]{2}){1,128}$/;
const HEX = /^(?:[0-9a-f]{2})*$/;

export const handle = z.pipe(
  z.string().check(z.regex(HANDLE_TEXT)),
  z.transform((text) => text as Handle),
);

/** Bytes, of hexadecimal digits. */
export const bytes = z.pipe(
  z.string().check(z.regex(HEX)),
  z.transform((text) => Buffer.from(text, 'hex')),
);

/** FILEID_INO64_GEN, what XFS gives: 64 bits of the inode, 32 of its generation (fs/xfs/xfs_export.h). */
const INODE_AND_GENERATION = '81';

/** @returns `undefined` for a handle that is not of that form */
export function inodeOf(of: Handle): { readonly inode: bigint; readonly generation: number } | undefined {
  const raw = Buffer.from(of, 'hex');
  if (!of.startsWith(INODE_AND_GENERATION) || raw.length !== 13) return undefined;
  return { inode: raw.readBigUInt64LE(1), generation: raw.readUInt32LE(9) };
}

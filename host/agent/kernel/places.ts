import * as z from 'zod/mini';
import { bytes, type Handle, handle } from './handle.ts';

/** What a request is about: something by its handle, or by where it is. In a path no link is followed. */
export type Place = Handle | Below;
/** Below a directory; without one, below the mounted root. */
export interface Below {
  readonly directory?: Handle;
  /** One name or several, with slashes between them; none is `.` or `..`. */
  readonly path: Buffer;
}

/** What is at a place. Times are nanoseconds since 1970. */
export interface Look {
  readonly handle: Handle;
  /** Type and permissions, as of stat(2). */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
  readonly born: bigint;
  readonly device: { readonly major: number; readonly minor: number };
  /** Where a symbolic link leads. */
  readonly target: Buffer | undefined;
  /** Extended attributes, where they were asked for. */
  readonly attributes: ReadonlyMap<string, Buffer> | undefined;
  /** Whether anybody has the file open for writing, or mapped so; where it was asked for, and can be said. */
  readonly openForWriting: boolean | undefined;
}

/** A name in a directory. */
export interface Entry {
  readonly name: Buffer;
  readonly handle: Handle;
  readonly mode: number;
  readonly size: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
}

/** What the file system has of an inode, by whatever names. */
export interface Inode {
  readonly handle: Handle;
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** As far as it has been written back: of what was just written, {@link Look} has another. */
  readonly size: bigint;
  readonly modified: bigint;
  readonly changed: bigint;
}

/** Of a file, in bytes. */
export interface Stretch {
  readonly offset: bigint;
  readonly length: bigint;
}

export interface LookOptions {
  readonly attributes?: boolean;
  /** Asked of files alone that look settled: who opens one for writing may wait for the length of two system calls. */
  readonly openForWriting?: boolean;
}

const whole = z.int();
/** Of 64 bits: more than a number of JSON holds everywhere. */
const big = z.pipe(
  z.string().check(z.regex(/^-?\d{1,20}$/)),
  z.transform((text) => BigInt(text)),
);

export const LOOK = z.pipe(
  z.tuple([
    handle,
    whole,
    whole,
    whole,
    whole,
    big,
    big,
    big,
    big,
    whole,
    whole,
    z.nullable(bytes),
    z.nullable(z.array(z.tuple([bytes, bytes]))),
    z.nullable(z.boolean()),
  ]),
  z.transform(
    ([of, mode, links, uid, gid, size, modified, changed, born, major, minor, target, attributes, writers]): Look => ({
      handle: of,
      mode,
      links,
      uid,
      gid,
      size,
      modified,
      changed,
      born,
      device: { major, minor },
      target: target ?? undefined,
      attributes: attributes ? new Map(attributes.map(([name, value]) => [name.toString('latin1'), value])) : undefined,
      openForWriting: writers ?? undefined,
    }),
  ),
);

const ENTRY = z.pipe(
  z.tuple([bytes, handle, whole, big, big, big]),
  z.transform(
    ([name, of, mode, size, modified, changed]): Entry => ({ name, handle: of, mode, size, modified, changed }),
  ),
);

export const LISTED = z.tuple([z.array(ENTRY), z.nullable(z.string().check(z.regex(/^\d+$/)))]);
export type Listed = z.output<typeof LISTED>;

const INODE = z.pipe(
  z.tuple([handle, whole, whole, whole, whole, big, big, big]),
  z.transform(
    ([of, mode, links, uid, gid, size, modified, changed]): Inode => ({
      handle: of,
      mode,
      links,
      uid,
      gid,
      size,
      modified,
      changed,
    }),
  ),
);

export const SWEPT = z.tuple([z.array(INODE), z.nullable(z.string().check(z.regex(/^\d+$/)))]);
export type Swept = z.output<typeof SWEPT>;

export const STRETCH = z.nullable(
  z.pipe(
    z.tuple([big, big]),
    z.transform(([offset, length]): Stretch => ({ offset, length })),
  ),
);

/** A place as the helper has it. */
export function placeOf(place: Place): readonly string[] {
  if (typeof place === 'string') return [place];
  return [place.directory ?? '', place.path.toString('hex')];
}

/** The directory that is mounted. */
export const ROOT: Place = '' as Handle;

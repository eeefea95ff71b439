import type { Attributes, Identity, Key, NodeRecord, SpecialRecord } from '../record.ts';
import type { Sign } from './index.ts';

/** A file system as a writer reads it, by identity. It changes all the while. */
export interface Source {
  /**
   * What is of this name in a directory, and the path of that name for people. `.remount` at the top is nothing to it.
   * @returns `undefined` where the directory is gone
   */
  lookup(
    directory: Identity,
    name: string,
  ): Promise<{ readonly path: string; readonly identity?: Identity } | undefined>;
  /** @returns `undefined` where it has no name any more */
  look(identity: Identity): Promise<Found | undefined>;
  /**
   * Content from an offset on: of so many bytes, or fewer where the file has ended.
   * @returns what it is after that; `undefined` where it is gone
   * @throws Unreadable
   */
  read(identity: Identity, stretch: Stretch, sink: (bytes: Uint8Array) => Promise<void>): Promise<Sign | undefined>;
  /** The first stretch at or after an offset that is no hole; `undefined` where there is none. */
  data(identity: Identity, offset: number): Promise<Stretch | undefined>;
  /** Names in a directory, without `.remount` at the top; none where it is gone. */
  names(directory: Identity): AsyncIterable<string>;
  /** All of this will be looked up or looked at next: once each, it may be answered with what is found now. */
  expect?(keys: readonly Key[]): Promise<void>;
}

export interface Stretch {
  readonly offset: number;
  readonly length: number;
}

/** The device does not give the content. It is tried again; people have to look. */
export class Unreadable extends Error {}

export interface Found extends Sign {
  readonly kind: NodeRecord['record'];
  readonly path: string;
  readonly attributes: Attributes;
  /** Of a symlink. */
  readonly target?: string;
  /** Of what is special. */
  readonly type?: SpecialRecord['type'];
}

/** Where content waits until its segment is made: bytes in the order in which they are written. */
export interface Stage {
  readonly size: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Takes back what was written beyond this size. */
  truncate(size: number): Promise<void>;
}

/** Clocks of a host. */
export interface Clock {
  /** Milliseconds that only go on. */
  now(): number;
  /** Nanoseconds since 1970, as the file system's times are. */
  wall(): bigint;
}

import type { Place } from './places.ts';

/** What a file is to be, its content apart. What is left out stays as it is. */
export interface Dress {
  /** A symbolic link is meant itself; it has no mode of its own, and refuses one (ENOTSUP). */
  readonly place: Place;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Permission bits with set-user-ID, set-group-ID and sticky. */
  readonly mode?: number;
  /** Extended attributes by their whole names (`user.a`); one that is `undefined` is taken away. */
  readonly attributes?: ReadonlyMap<string, Uint8Array | undefined>;
  /** Nanoseconds since 1970. */
  readonly accessed?: bigint;
  readonly modified?: bigint;
}

export interface Move {
  readonly from: Place;
  /** A name that is to be. */
  readonly to: Place;
}

/** As the helper wants it. Names of attributes are bytes, a character each, as {@link Look} has them. */
export function wantedOf({ owner, mode, attributes, accessed, modified }: Dress): object {
  return {
    ...(owner && { owner: [owner.uid, owner.gid] }),
    ...(mode !== undefined && { mode }),
    ...(attributes && {
      attributes: [...attributes].map(([name, value]) => [
        Buffer.from(name, 'latin1').toString('hex'),
        value === undefined ? null : Buffer.from(value).toString('hex'),
      ]),
    }),
    ...((accessed !== undefined || modified !== undefined) && { times: [timeOf(accessed), timeOf(modified)] }),
  };
}

const timeOf = (time: bigint | undefined) => (time === undefined ? null : String(time));

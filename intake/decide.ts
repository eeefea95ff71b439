/** Of which upload a course is. */
export interface Stamp {
  readonly key: string;
  /** As S3 calls it. */
  readonly version: string;
  /** When S3 has it from: milliseconds since 1970, in whole seconds. */
  readonly modified: number;
}

/** What a volume says of a course: the stamp that its directory carries, and the one that was noted beside it, which stays when the course is deleted. */
export interface Held {
  readonly carried: Stamp | undefined;
  readonly noted: Stamp | undefined;
}

/**
 * - `take`: it is newer than what the volume has, or the volume has had none.
 * - `held`: the volume has it, or has had it: somebody has deleted or replaced it since.
 * - `superseded`: the volume has, or has had, a newer one.
 */
export type Decision = { readonly decision: 'take' | 'held' } | { readonly decision: 'superseded'; readonly by: Stamp };

/**
 * Whether an upload is to be taken in.
 *
 * @param upload a version of its key than which S3 has no newer one that was not refused: so of the same key whatever the volume has is older.
 *   Between keys the time counts, then the key.
 */
export function decide(upload: Stamp, { carried, noted }: Held): Decision {
  const known = [carried, noted].filter((one) => one !== undefined);
  if (known.some((one) => isSame(one, upload))) return { decision: 'held' };
  const newer = known.find((one) => one.key !== upload.key && isNewer(one, upload));
  return newer ? { decision: 'superseded', by: newer } : { decision: 'take' };
}

export function isSame(one: Stamp, other: Stamp): boolean {
  return one.key === other.key && one.version === other.version;
}

/** Of two keys. */
export function isNewer(one: Stamp, other: Stamp): boolean {
  return one.modified === other.modified ? one.key > other.key : one.modified > other.modified;
}

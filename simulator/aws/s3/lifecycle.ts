import type { BucketSettings, LifecycleRule, Surroundings, Upload, Version } from './model.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * The days are added, and rounded up to the next midnight UTC. Source:
 * docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days
 */
export function midnightAfter(at: number, days: number): number {
  return Math.ceil((at + days * DAY_MS) / DAY_MS) * DAY_MS;
}

/** When the current version of a key expires, and by which rule; the first of several. */
export function expiry(
  key: string,
  at: number,
  rules: readonly LifecycleRule[],
): { readonly at: number; readonly rule: string } | undefined {
  return rulesFor(key, rules)
    .flatMap(({ id, expireDays, expireAt }) => [
      ...(expireDays === undefined ? [] : [{ at: midnightAfter(at, expireDays), rule: id }]),
      // Also what was written after that date.
      ...(expireAt === undefined ? [] : [{ at: Math.max(expireAt, at), rule: id }]),
    ])
    .sort((a, b) => a.at - b.at)[0];
}

/** When an upload is aborted that nobody completes, and by which rule. */
export function abortion({ key, startedAt }: Pick<Upload, 'key' | 'startedAt'>, rules: readonly LifecycleRule[]) {
  return rulesFor(key, rules)
    .flatMap(({ id, abortDays }) =>
      abortDays === undefined ? [] : [{ at: midnightAfter(startedAt, abortDays), rule: id }],
    )
    .sort((a, b) => a.at - b.at)[0];
}

/**
 * What is left of the versions of a key. As documented, S3 may remove later than it says ("lag"), and what is due is not charged for;
 * here it goes on time unless {@link Surroundings.lag} says otherwise: whoever counts on it any longer is found out.
 * Sources: docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html, intro-lifecycle-rules.html
 * ("Lifecycle actions and bucket versioning state")
 * @param versions oldest first
 */
export function settled(
  key: string,
  versions: readonly Version[],
  { rules, versioned }: Pick<BucketSettings, 'rules' | 'versioned'>,
  world: Surroundings,
): readonly Version[] {
  if (rules.length === 0) return versions;
  const due = (at: number) => at + world.lag() <= world.now();
  const last = versions.at(-1);
  const ends = last?.object && expiry(key, last.at, rules);
  if (ends && due(ends.at) && !versioned) return [];
  const all = ends && due(ends.at) ? [...versions, { id: world.newId(), at: ends.at, object: undefined }] : versions;
  const left = all.filter((_, n) => !noncurrentIsDue(key, all, n, rules, due));
  const [marker] = left;
  const alone = left.length === 1 && marker && !marker.object && markerIsDue(key, marker, rules, due);
  if (alone) return [];
  return left.length === versions.length && all === versions ? versions : left;
}

/** Counted from when its successor was made. */
function noncurrentIsDue(
  key: string,
  all: readonly Version[],
  n: number,
  rules: readonly LifecycleRule[],
  due: (at: number) => boolean,
): boolean {
  const successor = all[n + 1];
  if (!successor) return false;
  const newer = all.length - 2 - n;
  return rulesFor(key, rules).some(
    ({ noncurrentDays, keepNoncurrent }) =>
      noncurrentDays !== undefined && newer >= keepNoncurrent && due(midnightAfter(successor.at, noncurrentDays)),
  );
}

/** A delete marker with nothing behind it. */
function markerIsDue(
  key: string,
  { at }: Version,
  rules: readonly LifecycleRule[],
  due: (at: number) => boolean,
): boolean {
  return rulesFor(key, rules).some(
    ({ expireMarkers, expireDays }) =>
      expireMarkers || (expireDays !== undefined && due(midnightAfter(at, expireDays))),
  );
}

function rulesFor(key: string, rules: readonly LifecycleRule[]): readonly LifecycleRule[] {
  return rules.filter(({ enabled, prefix }) => enabled && key.startsWith(prefix));
}

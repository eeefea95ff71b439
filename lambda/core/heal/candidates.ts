import type { Instance, Observation, RecoveryPoint, Volume } from '../world/model.ts';

/** Who and what can be chosen from: all in a stable order, so that the same observation gives the same choice. */

/** A volume as this one is, from a recovery point: what took over may be smaller than what was copied before (decision 15). */
export function likeFor(volume: Volume, { sizeGiB = 0 }: RecoveryPoint): Volume {
  return { ...volume, sizeGiB: Math.max(volume.sizeGiB, sizeGiB) };
}

/** How far a heal goes back when recovery points turn out to be unmountable. */
export const MAX_RECOVERY_POINTS = 5;
/** Of those from after the failure, which are tried when none of the others is of use. */
export const MAX_SUSPECT_POINTS = 3;

/**
 * Completed copies of what was not suspect at the time, but for those that failed: the verified ones first, for one that nobody
 * has mounted is a hope; of each kind the newest first.
 */
export function byPreference(points: readonly RecoveryPoint[]): RecoveryPoint[] {
  const rank = (p: RecoveryPoint) => (p.verdict === 'verified' ? 0 : 1);
  return points
    .filter((p) => p.state === 'completed' && p.role !== 'quarantined' && p.verdict !== 'rejected')
    .sort((a, b) => rank(a) - rank(b) || b.at - a.at);
}

/**
 * What is tried, in its order. A copy from after the failure is one of what had failed, and a schedule goes on making them: those come
 * last, and take no place from what is from before.
 * @param failedAt the first sign of trouble, Unix milliseconds; `undefined`: nobody knows when it was
 */
export function usablePoints({ recoveryPoints }: Observation, failedAt = Number.POSITIVE_INFINITY): RecoveryPoint[] {
  const points = byPreference(recoveryPoints);
  const before = points.filter((p) => p.at <= failedAt).slice(0, MAX_RECOVERY_POINTS);
  const after = points.filter((p) => p.at > failedAt).slice(0, MAX_SUSPECT_POINTS);
  return [...before, ...after];
}

/**
 * Instances that can take a volume: in the zone where one is named. Systems Manager calls an agent online for minutes after
 * it fell silent, so this heal also leaves out whom it has found not to answer. Those with the fewest volumes first: an instance has
 * eleven names for them.
 */
export function usableInstances(
  observation: Pick<Observation, 'instances'>,
  useless: readonly string[],
  zone?: string,
): Instance[] {
  return observation.instances
    .filter((i) => (zone === undefined || i.zone === zone) && i.state === 'running' && i.agentOnline && !i.impaired)
    .filter((i) => !useless.includes(i.id))
    .sort((a, b) => a.devices.length - b.devices.length || a.id.localeCompare(b.id));
}

/** An instance is set up and answers, or it never will. */
const BOOT_MS = 10 * 60_000;

/** An instance that may yet become usable: it was launched not long ago. */
export function comingInstance(
  observation: Observation,
  zone: string,
  except: readonly (string | undefined)[],
): Instance | undefined {
  return observation.instances.find(
    (i) =>
      i.zone === zone &&
      !except.includes(i.id) &&
      (i.state === 'pending' || (i.state === 'running' && !i.agentOnline && observation.at - i.launchedAt < BOOT_MS)),
  );
}

/** A blank volume may be formatted and served only where nothing ever existed. */
export function formattable(observation: Observation, current: Volume): boolean {
  return (
    current.blank && observation.recoveryPoints.length === 0 && observation.volumes.every((v) => v.id === current.id)
  );
}

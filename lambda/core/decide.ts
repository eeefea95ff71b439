import type { Instance, Observation, ProbeState, RecoveryPoint, Volume } from './model.ts';

/** What to do next for one content volume. DESIGN, section 6. */
export type Decision =
  | { readonly kind: 'none'; readonly reason: string }
  /** The volume is sound as far as anyone knows, and nobody has it mounted: (attach,) mount and serve it. */
  | {
      readonly kind: 'mount';
      readonly volume: Volume;
      readonly instance: Instance;
      readonly format: boolean;
      readonly reason: string;
    }
  /** It serves, but the step that puts it into the schedule was lost: without it, it would never be copied again. */
  | { readonly kind: 'promote'; readonly volume: Volume; readonly reason: string }
  /** The file system is shut down or cannot be mounted: a new volume from a recovery point takes over. */
  | {
      readonly kind: 'replace';
      readonly old: Volume;
      readonly oldOwner: Instance | undefined;
      readonly standby: Instance;
      /** Newest first: the next older is tried when one cannot be mounted. */
      readonly recoveryPoints: readonly RecoveryPoint[];
      readonly generation: number;
      readonly reason: string;
    }
  /** Something is on its way (an instance starting, an attachment settling): look again in a while. */
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'page'; readonly reason: string };

/** How far a heal goes back when recovery points turn out to be unmountable. */
export const MAX_RECOVERY_POINTS = 5;

/** Evidence that the file system itself is gone: nothing but another volume helps. */
const DEAD: readonly ProbeState[] = ['shutdown', 'unmountable'];

/**
 * Decides the next right thing from the world as it is. Pure: the same observation gives the same decision.
 *
 * @param found What a mount in this same heal has said already, which a probe cannot see (a file system that does not
 *   mount looks like one that nobody has mounted).
 */
export function decide(
  observation: Observation,
  found?: { readonly volumeId: string; readonly state: ProbeState },
): Decision {
  const current = currentVolume(observation);
  if (!current) {
    return {
      kind: 'page',
      reason: `no current volume of ${observation.volume} exists; deploy the stack to let the keeper restore it`,
    };
  }
  const attachment = current.attachments.find((a) => a.state !== 'detached');
  const holder = attachment && observation.instances.find((i) => i.id === attachment.instanceId);
  const state = found?.volumeId === current.id ? found.state : observation.probe?.state;

  if (state && DEAD.includes(state)) {
    return replace(
      observation,
      current,
      holder,
      `the file system of ${current.id} is ${state === 'shutdown' ? 'shut down' : 'unmountable'}`,
    );
  }
  if (state === 'serving') return serving(observation, current);
  // What was once found suspect is not served again, even if it should mount: only a person ends a quarantine.
  if (current.role === 'quarantined') return replace(observation, current, holder, `${current.id} is in quarantine`);
  if (!attachment) return mountAnywhere(observation, current);
  if (attachment.state !== 'attached')
    return { kind: 'wait', reason: `${current.id} is ${attachment.state} at ${attachment.instanceId}` };
  if (holder?.state !== 'running') {
    return {
      kind: 'page',
      reason: `${current.id} is attached to ${attachment.instanceId}, which is ${holder?.state ?? 'not in the fleet'}`,
    };
  }
  if (current.state !== 'in-use' || holder.zone !== current.zone) {
    return {
      kind: 'page',
      reason: `evidence contradicts itself: ${current.id} in ${current.zone} is ${current.state} and attached to ${holder.id} in ${holder.zone}`,
    };
  }
  if (state === 'notMounted' || (state === 'noCanary' && formattable(observation, current))) {
    return mountOn(observation, current, holder, `${current.id} is attached to ${holder.id} and not served`);
  }
  return {
    kind: 'page',
    reason: `${current.id} on ${holder.id}: the probe says ${state ?? 'nothing'}, for which no safe action is known`,
  };
}

/** The ledger names the current volume once a heal has run; before that the tags do (the keeper's work). */
export function currentVolume(observation: Pick<Observation, 'ledger' | 'volumes'>): Volume | undefined {
  const byLedger = observation.volumes.find((v) => v.id === observation.ledger?.currentVolume);
  if (byLedger || observation.ledger?.currentVolume) return byLedger;
  const tagged = observation.volumes.filter((v) => v.role === 'current');
  return tagged.sort((a, b) => b.generation - a.generation || b.createdAt - a.createdAt)[0];
}

function serving(observation: Observation, current: Volume): Decision {
  if (current.role === 'quarantined')
    return { kind: 'page', reason: `evidence contradicts itself: ${current.id} is in quarantine and serving` };
  const settled = current.role === 'current' && current.scheduled;
  if (settled || observation.ledger?.currentVolume !== current.id)
    return { kind: 'none', reason: `${current.id} is serving` };
  return { kind: 'promote', volume: current, reason: `${current.id} is serving, but not in the snapshot schedule` };
}

function mountAnywhere(observation: Observation, current: Volume): Decision {
  if (current.state === 'creating') return { kind: 'wait', reason: `${current.id} is being created` };
  if (current.state !== 'available')
    return { kind: 'page', reason: `${current.id} is attached nowhere and in state ${current.state}` };
  const instance = usable(observation, current.zone)[0];
  if (!instance) return noInstance(observation, current.zone, undefined, `${current.id} has no owner`);
  return mountOn(observation, current, instance, `${current.id} has no owner`);
}

function mountOn(observation: Observation, current: Volume, instance: Instance, reason: string): Decision {
  if (current.blank && !formattable(observation, current)) {
    return {
      kind: 'page',
      reason: `${current.id} is blank, but ${observation.volume} has a history: a blank volume is never served in its place`,
    };
  }
  return { kind: 'mount', volume: current, instance, format: current.blank, reason };
}

/** A blank volume may be formatted and served only where nothing ever existed. */
function formattable(observation: Observation, current: Volume): boolean {
  return (
    current.blank && observation.recoveryPoints.length === 0 && observation.volumes.every((v) => v.id === current.id)
  );
}

function replace(observation: Observation, old: Volume, oldOwner: Instance | undefined, reason: string): Decision {
  const recoveryPoints = observation.recoveryPoints
    .filter((p) => p.state === 'completed' && p.role !== 'quarantined')
    .sort((a, b) => b.at - a.at)
    .slice(0, MAX_RECOVERY_POINTS);
  if (recoveryPoints.length === 0)
    return { kind: 'page', reason: `${reason}, and no completed snapshot of ${observation.volume} exists` };
  const standby = usable(observation, old.zone).find((i) => i.id !== oldOwner?.id);
  if (!standby) return noInstance(observation, old.zone, oldOwner?.id, reason);
  const newest = Math.max(observation.ledger?.generation ?? 0, ...observation.volumes.map((v) => v.generation));
  return { kind: 'replace', old, oldOwner, standby, recoveryPoints, generation: newest + 1, reason };
}

/** Instances that can take a volume, in a stable order. */
function usable(observation: Observation, zone: string): Instance[] {
  return observation.instances
    .filter((i) => i.zone === zone && i.state === 'running' && i.agentOnline)
    .sort((a, b) => a.id.localeCompare(b.id));
}

/** An instance on its way is worth waiting for; with none in sight a person has to look. */
function noInstance(observation: Observation, zone: string, except: string | undefined, reason: string): Decision {
  const coming = observation.instances.find(
    (i) => i.zone === zone && i.id !== except && (i.state === 'pending' || i.state === 'running'),
  );
  return coming
    ? { kind: 'wait', reason: `${reason}; ${coming.id} in ${zone} is ${coming.state}, its agent does not answer yet` }
    : { kind: 'page', reason: `${reason}, and no other instance is running in ${zone}` };
}

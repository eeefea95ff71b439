import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import { DEAD_STATES, type DeadState, type Reason } from '../../../contract/reasons.ts';
import { currentVolume, holderOf } from '../world/current.ts';
import {
  confirmsStall,
  failedAt,
  ioText,
  isUnreached,
  outlasted,
  type Since,
  UNREACHED_SECONDS,
  UNSEEN_SECONDS,
} from '../world/evidence.ts';
import type { Instance, Observation, ProbeState, Volume } from '../world/model.ts';
import { spareOn } from './attach.ts';
import { comingInstance, formattable, usableInstances, usablePoints } from './candidates.ts';
import type { Decision, Page, Replace, Wait } from './decision.ts';

/** What this heal has learned that an observation cannot show. */
export interface Context {
  /** What a mount or a detach found: a file system that does not mount looks like one that nobody has mounted. */
  readonly found?: Found | undefined;
  /** How long this heal has waited for things to change by themselves. */
  readonly waitedSeconds: number;
  /** What it has seen look after look. */
  readonly since?: Since;
  /** Instances that did not do what a command asked; and of them, those that answered. */
  readonly useless: readonly string[];
  readonly failing: readonly string[];
  /** Of those that answered: where the mount of which volume hung, and moved nothing. */
  readonly hung?: Hung | undefined;
  /** When the alarm that started this heal saw the failure. Unix milliseconds. */
  readonly alarmedAt?: number | undefined;
}

export interface Hung {
  readonly volumeId: VolumeId;
  readonly instanceId: string;
}

/** What a heal knows when it begins. */
export const NOTHING_YET: Context = { waitedSeconds: 0, useless: [], failing: [] };

export interface Found {
  readonly volumeId: VolumeId;
  readonly state: ProbeState | 'stuck' | 'hung';
}

/** A host that answers no command is looked at again for this long before it is taken for hung: agents restart. */
export const HANG_SECONDS = 20;
/** A zone where nobody answers is looked at for this long before its volumes are made anew in another one. */
export const RELOCATE_SECONDS = 180;

/** Evidence that nothing but another volume helps. `timeout`: its I/O hangs, on a host that answers; it is given time to go on. */
export function isDead(state: Found['state'] | undefined): state is DeadState {
  return DEAD_STATES.some((dead) => dead === state);
}

/**
 * Decides the next right thing from the world as it is. Pure: the same observation and context give the same decision.
 */
export function decide(observation: Observation, context: Context = NOTHING_YET): Decision {
  const named = observation.ledger?.currentVolume;
  // EC2 is eventually consistent: a list may lack what was made a moment ago.
  if (named && mayBeSeen(observation, context) && observation.volumes.every((v) => v.id !== named))
    return briefly({ code: 'unseen', volumeId: named });
  const current = currentVolume(observation);
  if (!current) return page({ code: 'noCurrentVolume', volume: observation.volume });
  const attachment = current.attachments.find((a) => a.state !== 'detached');
  const holder = observation.instances.find((i) => i.id === attachment?.instanceId);
  const found = context.found?.volumeId === current.id ? context.found.state : undefined;
  const said = observation.probe?.state;
  // Whoever was told to let go of it says only that it is not mounted; a person who has it served knows better.
  const noted = observation.ledger?.shutDown === current.id && said !== 'serving' ? 'shutdown' : undefined;
  const state = found ?? noted ?? said;

  if (state === 'serving') return serving(observation, context, current, holder);
  // Before every replacement: a holder that is not seen may be writing, and nobody could fence it.
  if (attachment && !holder) return holderUnseen(observation, context, current, attachment.instanceId);
  const volumeId = current.id;
  const mayPass = state === 'timeout' && !stallOutlasted(observation, context, holder);
  const io = observation.io && state === 'timeout' ? { detail: ioText(observation.io) } : {};
  if (isDead(state) && !mayPass)
    return replace(observation, context, current, holder, { code: 'dead', volumeId, state, ...io });
  // What was once found suspect is not served again, even if it should mount: only a person ends a quarantine.
  if (current.role === 'quarantined')
    return replace(observation, context, current, holder, { code: 'quarantined', volumeId });
  if (current.state === 'error') return replace(observation, context, current, holder, { code: 'inError', volumeId });
  if (mayPass) return briefly({ code: 'mayGoOn', volumeId, ...io });
  if (!attachment || !holder) return mountAnywhere(observation, context, current);
  const both = { volumeId, instanceId: holder.id };
  if (attachment.state !== 'attached') return wait({ code: 'unsettled', ...both, state: attachment.state });
  if (current.state !== 'in-use' || holder.zone !== current.zone) {
    const { zone, state } = current;
    return page(CONTRADICTION, { code: 'misplaced', ...both, zone, state, instanceZone: holder.zone });
  }
  if (holder.state !== 'running') return ownerGone(observation, context, current, holder);
  switch (state) {
    case 'notMounted':
      // It was sent the command, and did not do it: its volume goes to another host, where there is one.
      if (context.useless.includes(holder.id)) {
        const reason: Reason = { code: 'ownerServesNot', ...both };
        if (observation.reachableOn?.includes(holder.id)) return wait(reason, { code: 'reachedThere' });
        return failover(observation, context, current, holder, [reason]);
      }
      return mountOn(observation, current, holder, { code: 'notServed', ...both });
    case 'unreachable':
      return ownerSilent(observation, context, current, holder);
    default:
      return page({ code: 'probeUnclear', ...both, ...(state && { state }) });
  }
}

const CONTRADICTION: Reason = { code: 'contradiction' };

function serving(observation: Observation, context: Context, current: Volume, owner: Instance | undefined): Decision {
  if (current.role === 'quarantined') return page(CONTRADICTION, { code: 'quarantinedServes', volumeId: current.id });
  const { ledger } = observation;
  if (ledger?.currentVolume !== current.id) return reached(observation, context, current, owner);
  // Whoever sees this with the lease knows that no other heal is at work: no candidate is about to be used.
  const suspects = observation.volumes.filter(
    (v) => v.id !== current.id && (v.role === 'current' || v.role === 'candidate' || v.scheduled),
  );
  const settled =
    current.role === 'current' && (current.scheduled || current.held) && current.generation === ledger.generation;
  if (settled && suspects.length === 0) return reached(observation, context, current, owner);
  const reasons: readonly Reason[] = [{ code: 'tagsBehind', volumeId: current.id }];
  return { kind: 'settle', volume: current, generation: ledger.generation, suspects, reasons };
}

function stallOutlasted({ at, io }: Observation, { since }: Context, owner: Instance | undefined): boolean {
  return outlasted((at - (since?.stalled ?? at)) / 1000, confirmsStall(io, owner));
}

/**
 * EC2 is eventually consistent, so its list of instances may lack one for a moment; else somebody has attached the volume outside the
 * fleet. One that has ended may leave the list too, for its tags go; but so do its attachments, and then the volume is shown attached
 * nowhere: "resources such as tags and volumes are gradually disassociated from the instance"
 * (docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html).
 */
function holderUnseen(observation: Observation, context: Context, current: Volume, instanceId: InstanceId): Decision {
  const reason: Reason = { code: 'holderUnseen', volumeId: current.id, instanceId };
  return mayBeSeen(observation, context) ? briefly(reason) : page(reason);
}

function mayBeSeen({ at }: Observation, { since }: Context): boolean {
  return at - (since?.unseen ?? at) < UNSEEN_SECONDS * 1000;
}

/**
 * It serves by its probe; whether anybody gets it is the load balancer's to say. Where that reaches a web server in the zone and not the
 * owner's, the owner is at fault and the volume moves: nothing is lost by that. Else the fault is between them, where no move helps.
 */
function reached(
  observation: Observation,
  { since, useless }: Context,
  current: Volume,
  owner: Instance | undefined,
): Decision {
  const { at, reachAt = at, reachableOn = [], answering = [], probe } = observation;
  if (!owner || probe?.instanceId !== owner.id || !isUnreached(observation))
    return { kind: 'none', reasons: [{ code: 'serving', volumeId: current.id }] };
  // An answer that came a minute before the others says nothing of that minute.
  const seconds = (reachAt - (since?.unreached ?? reachAt)) / 1000;
  const reason: Reason = { code: 'unreached', volumeId: current.id, instanceId: owner.id };
  if (seconds < UNREACHED_SECONDS) return briefly(reason);
  const contradiction = (why: Reason) => page(CONTRADICTION, reason, why);
  if (reachableOn.length > 0) return contradiction({ code: 'reachedElsewhere', instanceIds: reachableOn });
  if (answering.includes(owner.id)) return contradiction({ code: 'webAnswers' });
  const standby = usableInstances(observation, useless, current.zone).find(
    (i) => i.id !== owner.id && answering.includes(i.id),
  );
  if (!standby) return contradiction({ code: 'noWebServer' });
  return moveTo(observation, current, owner, standby, [reason]);
}

function mountAnywhere(observation: Observation, context: Context, current: Volume): Decision {
  const { id: volumeId, state } = current;
  if (state === 'creating') return wait({ code: 'creating', volumeId });
  if (state !== 'available') return page({ code: 'adrift', volumeId, state });
  const instance = usableInstances(observation, context.useless, current.zone)[0];
  const reason: Reason = { code: 'noOwner', volumeId };
  if (instance) return mountOn(observation, current, instance, reason);
  return nobodyHere(observation, context, { current }, [reason]);
}

function mountOn(observation: Observation, current: Volume, instance: Instance, reason: Reason): Decision {
  if (current.blank && !formattable(observation, current))
    return page({ code: 'blankWithHistory', volumeId: current.id, volume: observation.volume });
  return {
    kind: 'mount',
    volume: current,
    instance,
    generation: agreedGeneration(observation, current),
    spare: spareOn(observation, instance.id),
    format: current.blank,
    reasons: [reason],
  };
}

/** EC2 says that the owner runs no more, or soon will not: the volume moves once that is certain. */
function ownerGone(observation: Observation, context: Context, current: Volume, owner: Instance): Decision {
  const { id: instanceId, state } = owner;
  const reason: Reason = { code: 'ownerNotRunning', volumeId: current.id, instanceId, state };
  if (state === 'pending' || state === 'stopping' || state === 'shutting-down') return wait(reason);
  return failover(observation, context, current, owner, [reason]);
}

/**
 * The owner answers no command. While the load balancer reaches the content on it, or could not be asked, nothing is
 * touched: that the way to a host is lost says nothing of the host. EC2's status checks do: they look at the host from below, every
 * minute, and fail after two of them, so where they fail too it is not waited for.
 */
function ownerSilent(observation: Observation, context: Context, current: Volume, owner: Instance): Decision {
  const reason: Reason = { code: 'ownerSilent', volumeId: current.id, instanceId: owner.id };
  if (observation.reachableOn?.includes(owner.id)) return wait(reason, { code: 'contentReached' });
  const checks = owner.impaired ? 'instance' : owner.ebsImpaired ? 'volumes' : undefined;
  if (checks) return failover(observation, context, current, owner, [reason, { code: 'checksFail', checks }]);
  if (observation.reachableOn === undefined) return wait(reason, { code: 'balancerUnasked' });
  const nobody: readonly Reason[] = [reason, { code: 'unreachedToo' }];
  if (context.waitedSeconds < HANG_SECONDS) return wait(...nobody);
  return failover(observation, context, current, owner, nobody);
}

function failover(
  observation: Observation,
  context: Context,
  current: Volume,
  owner: Instance,
  reasons: readonly Reason[],
): Decision {
  const standby = usableInstances(observation, context.useless, current.zone).find((i) => i.id !== owner.id);
  if (standby) return moveTo(observation, current, owner, standby, reasons);
  return nobodyHere(observation, context, { current, owner }, reasons);
}

function moveTo(
  observation: Observation,
  current: Volume,
  owner: Instance,
  standby: Instance,
  reasons: readonly Reason[],
): Decision {
  const generation = agreedGeneration(observation, current);
  const spare = spareOn(observation, standby.id);
  return { kind: 'failover', volume: current, owner, standby, generation, spare, reasons };
}

function replace(
  observation: Observation,
  context: Context,
  old: Volume,
  oldOwner: Instance | undefined,
  reason: Reason,
): Decision {
  const standby = usableInstances(observation, context.useless, old.zone).find((i) => i.id !== oldOwner?.id);
  const next = standby
    ? replaceOn(observation, context, { kind: 'replace', old, standby, reasons: [reason] })
    : nobodyHere(observation, context, { current: old, owner: oldOwner, lost: true }, [reason]);
  return next.kind === 'wait' || next.kind === 'page' ? { ...next, suspect: old } : next;
}

/** A generation never goes back: what the ledger has agreed on counts, and where it has not yet, the volume's own. */
function agreedGeneration({ ledger }: Observation, { id, generation }: Volume): number {
  return ledger?.currentVolume === id ? Math.max(ledger.generation, generation) : generation;
}

/** A volume that nobody has or can have; `lost`: it is given up, and a copy is to serve. */
interface Stranded {
  readonly current: Volume;
  readonly owner?: Instance | undefined;
  readonly lost?: boolean;
}

/** Nobody in the zone can take the volume: somebody may be coming; else, after a while, another zone has to do. */
function nobodyHere(
  observation: Observation,
  context: Context,
  { current, owner, lost = false }: Stranded,
  reasons: readonly Reason[],
): Decision {
  const { zone } = current;
  const coming = comingInstance(observation, zone, [owner?.id, ...context.useless]);
  if (coming) return wait(...reasons, { code: 'coming', instanceId: coming.id, zone, state: coming.state });
  const elsewhere = usableInstances(observation, context.useless).find((i) => i.zone !== zone && i.id !== owner?.id);
  // A sound volume is not given up for hosts that are there and do not do what commands ask.
  const failing = observation.instances.filter((i) => i.zone === zone && context.failing.includes(i.id));
  if (!lost && failing.length > 0)
    return { ...page(...reasons, { code: 'failedToTake', instanceIds: failing.map((i) => i.id) }), open: true };
  if (!elsewhere)
    return context.useless.length > 0
      ? { ...page(...reasons, { code: 'didNotAct', instanceIds: context.useless }), open: true }
      : page(...reasons, { code: 'nobodyAnswers', zone, elsewhere: true });
  const nobody: readonly Reason[] = [...reasons, { code: 'nobodyAnswers', zone, elsewhere: false }];
  if (context.waitedSeconds < RELOCATE_SECONDS) return wait(...nobody);
  if (current.blank) return page(...nobody, { code: 'nothingToMake' });
  return replaceOn(observation, context, { kind: 'relocate', old: current, standby: elsewhere, reasons: nobody });
}

function replaceOn(
  observation: Observation,
  context: Context,
  to: Pick<Replace, 'kind' | 'old' | 'standby' | 'reasons'>,
): Decision {
  const { old, standby, reasons } = to;
  const recoveryPoints = usablePoints(observation, failedAt(observation, context.alarmedAt));
  if (recoveryPoints.length === 0) return page(...reasons, noPoint(observation));
  const newest = Math.max(observation.ledger?.generation ?? 0, ...observation.volumes.map((v) => v.generation));
  const spare = spareOn(observation, standby.id);
  const oldOwner = holderOf(observation, old);
  return { ...to, oldOwner, spare, recoveryPoints, generation: newest + 1 };
}

function noPoint({ volume, recoveryPoints }: Observation): Reason {
  const count = recoveryPoints.filter((p) => p.state === 'completed' && p.verdict === 'rejected').length;
  return count === 0 ? { code: 'noPoint', volume } : { code: 'pointsRejected', volume, count };
}

function wait(...reasons: readonly Reason[]): Wait {
  return { kind: 'wait', reasons };
}

/** For something that has a time of its own. */
function briefly(reason: Reason): Wait {
  return { kind: 'wait', reasons: [reason], brief: true };
}

function page(...reasons: readonly Reason[]): Page {
  return { kind: 'page', reasons };
}

/**
 * What pages claim, each judged on the world at the moment that the page is sent: the codes are the healer's, what makes them true is not.
 * A page that claims nothing that can be checked counts as false.
 */
import type { ReasonCode } from '../../../contract/reasons.ts';
import type { Stated } from '../../../rehearsal/judge/heard.ts';
import { Seen, type Witness } from './seen.ts';

/** @returns whether it is so */
type Holds<C extends ReasonCode> = (world: Seen, stated: Stated<C>) => boolean;

/** What nobody can check, or needs to: it comes with what can be, and says more of it, or what is tried next. */
const UNCHECKED = 'unchecked';

const HOLDS: { readonly [C in ReasonCode]: Holds<C> | typeof UNCHECKED } = {
  serving: (w, r) => w.live(r.volumeId),
  tagsBehind: (w, r) => w.live(r.volumeId),
  dead: (w, { volumeId, state }) => {
    switch (state) {
      case 'timeout':
        return w.happened((e) => e.kind === 'stalls' && e.volumeId === volumeId);
      case 'stuck':
        return w.stuck(volumeId);
      case 'hung':
        return w.hungOnTwo(volumeId);
      default:
        return !w.witness.truth.sound({ volumeId });
    }
  },
  mayGoOn: (w, { volumeId }) => w.happened((e) => e.kind === 'stalls' && e.volumeId === volumeId),
  quarantined: (w, r) => w.quarantined(r.volumeId),
  quarantinedServes: (w, r) => w.quarantined(r.volumeId),
  inError: (w, r) => w.vol(r.volumeId)?.state === 'error',
  unseen: (w, r) => w.vol(r.volumeId) === undefined,
  creating: (w, r) => w.vol(r.volumeId)?.state === 'creating',
  noOwner: (w, r) => !w.live(r.volumeId),
  notServed: (w, r) => !w.live(r.volumeId),
  adrift: (w, { volumeId, state }) => {
    const volume = w.vol(volumeId);
    return volume?.attachment === undefined && volume?.state === state;
  },
  unsettled: (w, { volumeId, instanceId }) => {
    const at = w.vol(volumeId)?.attachment;
    return at?.instanceId === instanceId && at.state !== 'attached';
  },
  misplaced: (w, r) => w.vol(r.volumeId)?.state === r.state && w.host(r.instanceId)?.zone === r.instanceZone,
  holderUnseen: (w, r) => w.outsideFleet(r.instanceId),
  unreached: (w) => w.downLately(w.witness.volume),
  blankWithHistory: (w, r) => w.blank(r.volumeId),
  noCurrentVolume: (w) => w.current().length === 0,

  ownerServesNot: (w, r) => !w.live(r.volumeId),
  ownerNotRunning: (w, { instanceId, state }) => {
    const now = w.host(instanceId)?.state;
    return now === state || now !== 'running';
  },
  ownerSilent: (w, r) => w.mute(r.instanceId),
  probeUnclear: (w, { instanceId, state = 'unreachable' }) => w.answered(instanceId, state),

  contradiction: UNCHECKED,
  reachedThere: UNCHECKED,
  contentReached: UNCHECKED,
  checksFail: UNCHECKED,
  balancerUnasked: UNCHECKED,
  unreachedToo: UNCHECKED,
  reachedElsewhere: UNCHECKED,
  webAnswers: UNCHECKED,
  noWebServer: UNCHECKED,
  coming: UNCHECKED,
  failedToTake: (w, r) => w.allFailed(r.instanceIds),
  didNotAct: (w, r) => w.allFailed(r.instanceIds),
  nobodyAnswers: (w, { zone, elsewhere }) => w.answering(elsewhere ? undefined : zone).length === 0,
  nothingToMake: (w) => w.points().length === 0,
  noPoint: (w) => w.points().length === 0,
  pointsRejected: (w, { count }) => {
    const points = w.points();
    return points.length === count && points.every((point) => w.rejected(point));
  },
  waited: UNCHECKED,

  pointsFailed: (w) => w.refused(),
  verbFailed: (w, r) => w.answered(r.instanceId, r.result),
  holderUnknown: (w, r) => w.outsideFleet(r.instanceId),
  notReleased: (w, r) => w.answered(r.instanceId, r.result),
  notStopped: (w, r) => !w.offBefore(r.instanceId),
  stepFailed: (w, r) => w.wentWrong(r.error),
  stillNotServing: (w, r) => w.downLately(r.volume),
  nothing: UNCHECKED,

  servedBy: UNCHECKED,
  replaced: UNCHECKED,
  spareServes: UNCHECKED,
  tagsFollow: UNCHECKED,

  // What came of the journal is judged by its scenarios.
  journalDrained: UNCHECKED,
  journalBehind: UNCHECKED,
  journalUnsealed: UNCHECKED,
  journalUnread: UNCHECKED,

  leaseLost: UNCHECKED,
  leaseRanOut: UNCHECKED,
  unanswered: (w, r) => w.wentWrong(r.error),
  // No page of a heal says so.
  copyDamaged: UNCHECKED,
};

/** @returns what the page claims and is not so; `undefined`: all of it is */
export function falseClaim(stated: readonly Stated[], witness: Witness): string | undefined {
  const world = new Seen(witness);
  const claims = stated.filter(({ code }) => HOLDS[code] !== UNCHECKED);
  if (claims.length === 0) return `it claims nothing that can be checked: ${JSON.stringify(stated)}`;
  const wrong = claims.find((claim) => !holds(world, claim));
  return wrong && `${JSON.stringify(wrong)} is not so: ${JSON.stringify(stated)}`;
}

function holds<C extends ReasonCode>(world: Seen, stated: Stated<C>): boolean {
  const judge = HOLDS[stated.code] as Holds<C> | typeof UNCHECKED;
  return judge === UNCHECKED || judge(world, stated);
}

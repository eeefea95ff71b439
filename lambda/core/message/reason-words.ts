import type { DeadState, Reason, ReasonCode, ReasonOf } from '../../../contract/reasons.ts';

/** What a reason says, and what stands between it and the one before it. */
interface Words<C extends ReasonCode> {
  readonly text: (reason: ReasonOf<C>) => string;
  /** @default `; ` */
  readonly after?: string;
  /** It is about what follows. */
  readonly leads?: true;
}

/** Why a heal ended as it did, in a sentence: for records, and people. */
export function reasonText(reasons: readonly Reason[]): string {
  return reasons.map((reason, i) => between(reasons[i - 1], reason) + textOf(reason)).join('');
}

function textOf<C extends ReasonCode>(reason: ReasonOf<C>): string {
  return wordsOf(reason.code).text(reason);
}

function wordsOf<C extends ReasonCode>(code: C): Words<C> {
  return WORDS[code];
}

function between(before: Reason | undefined, reason: Reason): string {
  if (!before) return '';
  return wordsOf(before.code).leads ? ' ' : (wordsOf(reason.code).after ?? '; ');
}

const DEAD: Readonly<Record<DeadState, string>> = {
  shutdown: 'its file system is shut down',
  unmountable: 'its file system cannot be mounted',
  timeout: 'its I/O hangs',
  stuck: 'it cannot be moved',
  hung: 'its mount hangs, on two hosts',
};

const inBrackets = (detail: string | undefined) => (detail === undefined ? '' : ` (${detail})`);

const until = ({ upTo }: { readonly upTo?: number }) =>
  upTo === undefined ? '' : ` (${new Date(upTo).toISOString()})`;

const WORDS: { readonly [C in ReasonCode]: Words<C> } = {
  serving: { text: (r) => `${r.volumeId} is serving` },
  tagsBehind: { text: (r) => `${r.volumeId} is serving, but the tags say otherwise` },
  dead: { text: (r) => `${r.volumeId}: ${DEAD[r.state]}${inBrackets(r.detail)}` },
  mayGoOn: { text: (r) => `${r.volumeId}: ${DEAD.timeout}${inBrackets(r.detail)}, and may go on` },
  quarantined: { text: (r) => `${r.volumeId} is in quarantine` },
  quarantinedServes: { text: (r) => `${r.volumeId} is in quarantine and serving` },
  inError: { text: (r) => `${r.volumeId} is in state error` },
  unseen: { text: (r) => `EC2 does not show ${r.volumeId}, which the ledger names` },
  creating: { text: (r) => `${r.volumeId} is being created` },
  noOwner: { text: (r) => `${r.volumeId} has no owner` },
  notServed: { text: (r) => `${r.volumeId} is attached to ${r.instanceId} and not served` },
  adrift: { text: (r) => `${r.volumeId} is attached nowhere and in state ${r.state}` },
  unsettled: { text: (r) => `${r.volumeId} is ${r.state} at ${r.instanceId}` },
  misplaced: {
    text: (r) => `${r.volumeId} in ${r.zone} is ${r.state} and attached to ${r.instanceId} in ${r.instanceZone}`,
  },
  holderUnseen: {
    text: (r) => `${r.volumeId} is attached to ${r.instanceId}, which EC2 does not show in the fleet`,
  },
  unreached: {
    text: (r) =>
      `${r.volumeId} is serving by the probe of ${r.instanceId}, and the load balancer does not reach it there`,
  },
  blankWithHistory: {
    text: (r) => `${r.volumeId} is blank, but ${r.volume} has a history: a blank volume is never served in its place`,
  },
  noCurrentVolume: {
    text: (r) => `no current volume of ${r.volume} exists; deploy the stack to let the keeper restore it`,
  },

  ownerServesNot: { text: (r) => `${r.instanceId} does not serve ${r.volumeId}` },
  ownerNotRunning: { text: (r) => `${r.instanceId}, the owner of ${r.volumeId}, is ${r.state}` },
  ownerSilent: { text: (r) => `${r.instanceId}, the owner of ${r.volumeId}, answers no command` },
  probeUnclear: {
    text: (r) =>
      `${r.volumeId} on ${r.instanceId}: the probe says ${r.state ?? 'nothing'}, for which no safe action is known`,
  },

  contradiction: { text: () => 'evidence contradicts itself:', leads: true },
  reachedThere: { text: () => 'the load balancer reaches it there', after: ', but ' },
  contentReached: { text: () => 'the load balancer reaches the content on it', after: ', but ' },
  checksFail: {
    text: (r) => (r.checks === 'instance' ? 'fails its status checks' : 'fails its status check of its volumes'),
    after: ', and ',
  },
  balancerUnasked: { text: () => 'the load balancer could not be asked', after: ', and ' },
  unreachedToo: { text: () => 'nor the load balancer', after: ' ' },
  reachedElsewhere: { text: (r) => `on ${r.instanceIds.join(', ')}`, after: ', but ' },
  webAnswers: { text: () => 'though its web server answers', after: ', ' },
  noWebServer: { text: () => 'nor any web server in its zone that could take over', after: ', ' },
  coming: { text: (r) => `${r.instanceId} in ${r.zone} is ${r.state}, its agent does not answer yet` },
  failedToTake: { text: (r) => `${r.instanceIds.join(', ')} failed to take it` },
  didNotAct: { text: (r) => `${r.instanceIds.join(', ')} did not do what was asked, and there is no other` },
  nobodyAnswers: {
    text: (r) =>
      r.elsewhere ? `no other instance answers in ${r.zone} or elsewhere` : `nobody else answers in ${r.zone}`,
    after: ', and ',
  },
  nothingToMake: { text: () => 'it is blank, so there is nothing to make anew elsewhere' },
  noPoint: { text: (r) => `no completed snapshot of ${r.volume} exists`, after: ', and ' },
  pointsRejected: {
    text: (r) => `no completed snapshot of ${r.volume} is left: all ${r.count} are rejected`,
    after: ', and ',
  },
  waited: { text: (r) => `after ${r.seconds} s of waiting`, after: ', ' },

  pointsFailed: { text: (r) => `none of the ${r.tried} recovery points that were tried could be mounted and read` },
  verbFailed: { text: (r) => `${r.verb} on ${r.instanceId}: ${r.result}: ${r.detail}` },
  holderUnknown: { text: (r) => `${r.volumeId} is attached to ${r.instanceId}, of which EC2 says nothing` },
  notReleased: {
    text: (r) =>
      `${r.instanceId} did not release ${r.volumeId} (${r.result}: ${r.detail})${r.probe === undefined ? '' : `, and its probe says ${r.probe}`}`,
  },
  notStopped: {
    text: (r) => `and EC2 does not say within ${r.seconds} s that ${r.instanceId} is stopped`,
  },
  stepFailed: { text: (r) => `the heal failed at the step after ${r.after}: ${r.detail}` },
  stillNotServing: {
    text: (r) => `was done, and ${r.volume} is still not serving after ${r.seconds} s`,
    after: ' ',
  },
  nothing: { text: () => 'nothing' },

  servedBy: { text: (r) => `${r.volumeId} is served by ${r.instanceId}`, after: ': ' },
  replaced: { text: (r) => `${r.volumeId} serves in its place`, after: ': ' },
  spareServes: { text: (r) => `the spare ${r.volumeId} serves in its place`, after: ': ' },
  tagsFollow: { text: (r) => `its tags are to follow: ${r.detail}` },

  journalDrained: { text: (r) => `all of the journal is in it, up to number ${r.number}${until(r)}` },
  journalBehind: {
    text: (r) =>
      `of the journal it has what stands up to number ${r.number}${until(r)}, and ${
        r.missing === undefined
          ? 'whatever was written after that has expired: nothing was written for as long as it is kept'
          : `${r.missing} numbers are missing`
      }`,
  },
  journalUnsealed: {
    text: (r) => `S3 did not answer: of the journal it has what stands up to number ${r.number}${until(r)}`,
  },
  journalUnread: { text: (r) => `the journal could not be read onto it: ${r.detail}` },

  leaseLost: { text: (r) => r.detail },
  leaseRanOut: {
    text: () => 'the lease ran out, and the next heal notifies people of what holds then, not this:',
    leads: true,
  },
  unanswered: { text: (r) => r.detail },
  copyDamaged: { text: (r) => `${r.snapshotId}: ${r.result}` },
};

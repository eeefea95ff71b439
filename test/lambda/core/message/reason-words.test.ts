import { describe, expect, test } from '@jest/globals';
import type { Reason, ReasonCode, ReasonOf } from '../../../../contract/reasons.ts';
import { reasonText } from '../../../../lambda/core/message/reason-words.ts';

const volumeId = 'vol-1';
const instanceId = 'i-1';
const both = { volumeId, instanceId } as const;
const volume = 'alpha';
const detail = 'as it was said';

/** One of each code, with what it says where it stands alone. */
const SAMPLES: { readonly [C in ReasonCode]: readonly [Omit<ReasonOf<C>, 'code'>, string] } = {
  serving: [{ volumeId }, 'vol-1 is serving'],
  tagsBehind: [{ volumeId }, 'vol-1 is serving, but the tags say otherwise'],
  dead: [{ volumeId, state: 'shutdown' }, 'vol-1: its file system is shut down'],
  mayGoOn: [{ volumeId, detail }, 'vol-1: its I/O hangs (as it was said), and may go on'],
  quarantined: [{ volumeId }, 'vol-1 is in quarantine'],
  quarantinedServes: [{ volumeId }, 'vol-1 is in quarantine and serving'],
  inError: [{ volumeId }, 'vol-1 is in state error'],
  unseen: [{ volumeId }, 'EC2 does not show vol-1, which the ledger names'],
  creating: [{ volumeId }, 'vol-1 is being created'],
  noOwner: [{ volumeId }, 'vol-1 has no owner'],
  notServed: [both, 'vol-1 is attached to i-1 and not served'],
  adrift: [{ volumeId, state: 'deleting' }, 'vol-1 is attached nowhere and in state deleting'],
  unsettled: [{ ...both, state: 'busy' }, 'vol-1 is busy at i-1'],
  misplaced: [
    { ...both, zone: 'z-a', state: 'in-use', instanceZone: 'z-b' },
    'vol-1 in z-a is in-use and attached to i-1 in z-b',
  ],
  holderUnseen: [both, 'vol-1 is attached to i-1, which EC2 does not show in the fleet'],
  unreached: [both, 'vol-1 is serving by the probe of i-1, and the load balancer does not reach it there'],
  blankWithHistory: [
    { volumeId, volume },
    'vol-1 is blank, but alpha has a history: a blank volume is never served in its place',
  ],
  noCurrentVolume: [{ volume }, 'no current volume of alpha exists; deploy the stack to let the keeper restore it'],
  ownerServesNot: [both, 'i-1 does not serve vol-1'],
  ownerNotRunning: [{ ...both, state: 'stopping' }, 'i-1, the owner of vol-1, is stopping'],
  ownerSilent: [both, 'i-1, the owner of vol-1, answers no command'],
  probeUnclear: [both, 'vol-1 on i-1: the probe says nothing, for which no safe action is known'],
  contradiction: [{}, 'evidence contradicts itself:'],
  reachedThere: [{}, 'the load balancer reaches it there'],
  contentReached: [{}, 'the load balancer reaches the content on it'],
  checksFail: [{ checks: 'volumes' }, 'fails its status check of its volumes'],
  balancerUnasked: [{}, 'the load balancer could not be asked'],
  unreachedToo: [{}, 'nor the load balancer'],
  reachedElsewhere: [{ instanceIds: ['i-1', 'i-2'] }, 'on i-1, i-2'],
  webAnswers: [{}, 'though its web server answers'],
  noWebServer: [{}, 'nor any web server in its zone that could take over'],
  coming: [{ instanceId, zone: 'z-a', state: 'pending' }, 'i-1 in z-a is pending, its agent does not answer yet'],
  failedToTake: [{ instanceIds: ['i-1', 'i-2'] }, 'i-1, i-2 failed to take it'],
  didNotAct: [{ instanceIds: ['i-1'] }, 'i-1 did not do what was asked, and there is no other'],
  nobodyAnswers: [{ zone: 'z-a', elsewhere: true }, 'no other instance answers in z-a or elsewhere'],
  nothingToMake: [{}, 'it is blank, so there is nothing to make anew elsewhere'],
  noPoint: [{ volume }, 'no completed snapshot of alpha exists'],
  pointsRejected: [{ volume, count: 3 }, 'no completed snapshot of alpha is left: all 3 are rejected'],
  waited: [{ seconds: 600 }, 'after 600 s of waiting'],
  pointsFailed: [{ tried: 5 }, 'none of the 5 recovery points that were tried could be mounted and read'],
  verbFailed: [{ verb: 'mount', instanceId, result: 'foreign', detail }, 'mount on i-1: foreign: as it was said'],
  holderUnknown: [both, 'vol-1 is attached to i-1, of which EC2 says nothing'],
  notReleased: [
    { ...both, result: 'busy', detail, probe: 'serving' },
    'i-1 did not release vol-1 (busy: as it was said), and its probe says serving',
  ],
  notStopped: [{ instanceId, seconds: 420 }, 'and EC2 does not say within 420 s that i-1 is stopped'],
  stepFailed: [{ after: 'mount', error: 'Denied', detail }, 'the heal failed at the step after mount: as it was said'],
  stillNotServing: [{ volume, seconds: 900 }, 'was done, and alpha is still not serving after 900 s'],
  nothing: [{}, 'nothing'],
  servedBy: [both, 'vol-1 is served by i-1'],
  replaced: [{ volumeId }, 'vol-1 serves in its place'],
  spareServes: [{ volumeId }, 'the spare vol-1 serves in its place'],
  journalDrained: [
    { volumeId, number: 9, upTo: Date.UTC(2026, 0, 7, 11, 59), files: 3 },
    'all of the journal is in it, up to number 9 (2026-01-07T11:59:00.000Z)',
  ],
  journalBehind: [
    { volumeId, number: 9, missing: 4 },
    'of the journal it has what stands up to number 9, and 4 numbers are missing',
  ],
  journalUnsealed: [{ volumeId, number: 9 }, 'S3 did not answer: of the journal it has what stands up to number 9'],
  journalUnread: [{ volumeId, result: 'failed', detail }, 'the journal could not be read onto it: as it was said'],
  tagsFollow: [{ detail }, 'its tags are to follow: as it was said'],
  leaseLost: [{ detail }, 'as it was said'],
  leaseRanOut: [{}, 'the lease ran out, and the next heal notifies people of what holds then, not this:'],
  unanswered: [{ service: 'EC2', error: 'TimeoutError', detail }, 'as it was said'],
  copyDamaged: [{ snapshotId: 'snap-1', result: 'corrupt' }, 'snap-1: corrupt'],
};

test.each(Object.entries(SAMPLES))('%s', (code, [fields, says]) => {
  expect(reasonText([{ code, ...fields } as Reason])).toBe(says);
});

describe('several in one sentence', () => {
  test.each<[string, readonly Reason[]]>([
    [
      'i-1, the owner of vol-1, answers no command nor the load balancer, and nobody else answers in z-a; it is blank, so there is nothing to make anew elsewhere',
      [
        { code: 'ownerSilent', ...both },
        { code: 'unreachedToo' },
        { code: 'nobodyAnswers', zone: 'z-a', elsewhere: false },
        { code: 'nothingToMake' },
      ],
    ],
    [
      'evidence contradicts itself: vol-1 is serving by the probe of i-1, and the load balancer does not reach it there, but on i-2',
      [{ code: 'contradiction' }, { code: 'unreached', ...both }, { code: 'reachedElsewhere', instanceIds: ['i-2'] }],
    ],
    [
      'nothing was done, and alpha is still not serving after 900 s',
      [{ code: 'nothing' }, { code: 'stillNotServing', volume, seconds: 900 }],
    ],
    [
      'vol-1: its file system is shut down: the spare vol-2 serves in its place; its tags are to follow: as it was said',
      [
        { code: 'dead', volumeId, state: 'shutdown' },
        { code: 'spareServes', volumeId: 'vol-2' },
        { code: 'tagsFollow', detail },
      ],
    ],
    [
      'vol-1 is in state error; none of the 2 recovery points that were tried could be mounted and read',
      [
        { code: 'inError', volumeId },
        { code: 'pointsFailed', tried: 2 },
      ],
    ],
  ])('%s', (says, reasons) => {
    expect(reasonText(reasons)).toBe(says);
  });
});

import { expect, test } from '@jest/globals';
import type { Refusal, RefusalCode, RefusalOf } from '../../../../contract/refusals.ts';
import { refusalText } from '../../../../lambda/core/message/refusal-words.ts';

const volumeId = 'vol-1';
const instanceId = 'i-1';
const volume = 'alpha';
const detail = 'as it was said';

/** One of each code, with what it says. */
const SAMPLES: { readonly [C in RefusalCode]: readonly [Omit<RefusalOf<C>, 'code'>, string] } = {
  healUnderWay: [{ volume, healId: 'heal-1' }, 'heal heal-1 of alpha is under way; deploy again when it has ended'],
  inQuarantine: [
    { volumeId, volume },
    'vol-1, the current volume of alpha, is in quarantine and no heal has ended well since; see the runbook',
  ],
  beingMade: [{ volumeId }, 'vol-1 is being created; deploy again when it is there'],
  unsettled: [
    { volumeId, volume },
    'vol-1 has taken over for alpha, and does not carry its tags yet; deploy again in a few minutes',
  ],
  otherZone: [
    { volumeId, volume, received: 'z-b', allowed: 'z-a' },
    'zone: received z-b; the current volume vol-1 of alpha is in z-a, and only that is allowed',
  ],
  onlyHistory: [
    { volume, detail },
    'alpha has a history but no volume to adopt and no completed snapshot to restore: as it was said; a blank volume is made only where nothing ever existed',
  ],
  staysInZone: [
    { received: 'z-b', allowed: 'z-a' },
    'zone: received z-b, allowed: z-a (a content volume stays where it is)',
  ],
  doesNotShrink: [
    { received: 100, allowed: 160 },
    'sizeGiB: received 100, allowed: 160 or more (volumes do not shrink)',
  ],
  notServed: [
    { volumeId, instanceId, state: 'shutdown', detail },
    'vol-1 is changed only while it is served; the probe of i-1 says shutdown: as it was said',
  ],
  notGrown: [
    { volumeId, instanceId, sizeGiB: 160, detail },
    'vol-1 has 160 GiB now, but its file system on i-1 has not: as it was said',
  ],
  otherKey: [
    { volumeId, key: 'key/2', allowed: 'key/1' },
    "vol-1 is encrypted with key/2, and this stack's functions may use key/1: docs/removal.md",
  ],
  failed: [{ error: 'IncorrectState', detail }, 'as it was said'],
};

test.each(Object.entries(SAMPLES))('%s', (code, [fields, says]) => {
  expect(refusalText([{ code, ...fields } as Refusal])).toBe(`${code}: ${says}`);
});

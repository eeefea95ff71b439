import type { Refusal, RefusalCode, RefusalOf } from '../../../contract/refusals.ts';

type Words = { readonly [C in RefusalCode]: (refusal: RefusalOf<C>) => string };

/** One or more, in a line: for CloudFormation, and the logs. */
export function refusalText(refusals: readonly Refusal[]): string {
  return refusals.map((refusal) => `${refusal.code}: ${sentence(refusal)}`).join('; ');
}

/** Without its code: for a message to people. */
export function sentence<C extends RefusalCode>(refusal: RefusalOf<C>): string {
  return (WORDS[refusal.code] as Words[C])(refusal);
}

const WORDS: Words = {
  healUnderWay: (r) => `heal ${r.healId} of ${r.volume} is under way; deploy again when it has ended`,
  inQuarantine: (r) =>
    `${r.volumeId}, the current volume of ${r.volume}, is in quarantine and no heal has ended well since; see the runbook`,
  beingMade: (r) => `${r.volumeId} is being created; deploy again when it is there`,
  unsettled: (r) =>
    `${r.volumeId} has taken over for ${r.volume}, and does not carry its tags yet; deploy again in a few minutes`,
  otherZone: (r) =>
    `zone: received ${r.received}; the current volume ${r.volumeId} of ${r.volume} is in ${r.allowed}, and only that is allowed`,
  onlyHistory: (r) =>
    `${r.volume} has a history but no volume to adopt and no completed snapshot to restore: ${r.detail}; a blank volume is made only where nothing ever existed`,
  staysInZone: (r) => `zone: received ${r.received}, allowed: ${r.allowed} (a content volume stays where it is)`,
  doesNotShrink: (r) => `sizeGiB: received ${r.received}, allowed: ${r.allowed} or more (volumes do not shrink)`,
  notServed: (r) =>
    `${r.volumeId} is changed only while it is served; the probe of ${r.instanceId} says ${r.state}: ${r.detail}`,
  notGrown: (r) =>
    `${r.volumeId} has ${r.sizeGiB} GiB now, but its file system on ${r.instanceId} has not: ${r.detail}`,
  otherKey: (r) =>
    `${r.volumeId} is encrypted with ${r.key}, and this stack's functions may use ${r.allowed}: docs/removal.md`,
  failed: (r) => r.detail,
};

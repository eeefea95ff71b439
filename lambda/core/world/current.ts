import type { Holder, Observation, Volume } from './model.ts';

/**
 * Which physical volume of a content volume is the current one. The ledger names it once a heal has run; before that the tags do (the
 * keeper's work). Where both speak and differ, three readings are needed, and no others:
 *
 * - {@link currentVolume}: who serves, heals and drills;
 * - {@link undisputedVolume}: who copies and deletes by it, and does neither in doubt;
 * - {@link taggedCurrent}: who has only the tags, or adopts what is there when the ledger's has been missing for long enough.
 */

/** Those that carry the tag of the current one, the newest first. */
export function taggedCurrent(volumes: readonly Volume[]): Volume[] {
  return volumes
    .filter((v) => v.role === 'current')
    .sort((a, b) => b.generation - a.generation || b.createdAt - a.createdAt);
}

/**
 * What the ledger names, else what the tags do. Where the one that it names is not there, a later generation that was made from a
 * snapshot is what a deployment has restored: no heal gives that role before the ledger has it noted.
 */
export function currentVolume({ ledger, volumes }: Pick<Observation, 'ledger' | 'volumes'>): Volume | undefined {
  const named = ledger?.currentVolume;
  const byLedger = volumes.find((v) => v.id === named);
  if (byLedger) return byLedger;
  return taggedCurrent(volumes).find((v) => !named || (v.madeFrom && v.generation > ledger.generation));
}

/** The one that is there and current by its tag. With two of them the evidence contradicts itself, and the ledger decides, or nobody. */
export function undisputedVolume({ ledger, volumes }: Pick<Observation, 'ledger' | 'volumes'>): Volume | undefined {
  const live = taggedCurrent(volumes).filter((v) => v.state === 'in-use' || v.state === 'available');
  return live.length === 1 ? live[0] : live.find((v) => v.id === ledger?.currentVolume);
}

/** Who has it, as far as EC2 shows. */
export function holderOf({ instances }: Pick<Observation, 'instances'>, volume: Volume): Holder {
  const attachment = volume.attachments.find((a) => a.state !== 'detached');
  if (!attachment) return { kind: 'nobody' };
  const id = attachment.instanceId;
  const state = instances.find((i) => i.id === id)?.state;
  return state === undefined ? { kind: 'unseen', id } : { kind: 'instance', id, state };
}

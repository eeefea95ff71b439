/** What becomes of what was made: nothing that costs money is forgotten. Judged on tags and the ledger, at the end of the rest. */
import { TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { duration } from '../../../rehearsal/command/duration.ts';
import { check } from '../../../rehearsal/judge/checks.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { Watch } from '../../../rehearsal/world/watch.ts';
import type { Check } from '../../../rehearsal/world/world.ts';
import type { SimVolume } from '../../../simulator/aws/ec2/state.ts';

const MINUTE_MS = 60_000;
/** The lease of the heal that was to end it runs out (15 min), and two sweeps come by (5 min each): what it prepared is set aside. */
const CANDIDATE_MS = 25 * MINUTE_MS;
/** The guard marks in one round and deletes in the next (5 min each), and keeps still while a heal has the lease (15 min). */
const DISCARDED_MS = 25 * MINUTE_MS;
/** A drill that died holds its lease (45 min), and the one of the next copy (an hour) clears away, at a sweep (10 min). */
const DRILLED_MS = (45 + 60 + 10) * MINUTE_MS;
/** What a drill leaves attached nowhere is the guard's after two hours, in two rounds. */
const SCRATCH_MS = (120 + 10) * MINUTE_MS;
/** Tags that DLM gives to what it makes, and expires by itself. */
const DLM_POLICY = 'aws:dlm:lifecycle-policy-id';

/** How long a volume may be what it is without being in use; `undefined`: a person ends it, or it is in use for good. */
const BOUNDS: Readonly<Record<string, number | undefined>> = {
  [VOLUME_ROLE.candidate]: CANDIDATE_MS,
  [VOLUME_ROLE.discarded]: DISCARDED_MS,
  [VOLUME_ROLE.scratch]: SCRATCH_MS,
  [VOLUME_ROLE.spare]: DRILLED_MS,
  [VOLUME_ROLE.current]: undefined,
  [VOLUME_ROLE.quarantined]: undefined,
};

/**
 * Every volume of a content volume is in use, or on its way out, or marked for a person.
 *
 * @param left people were notified that it is theirs to decide
 */
export function nothingForgotten(
  { world, stage, services }: Strike,
  watch: Watch,
  volume: string,
  left: boolean,
): Check {
  const promise = 'every volume and snapshot that was made is in use, reaped or marked for a person';
  const item = services.dynamodb.all().find((i) => i.pk?.S === `VOLUME#${volume}` && i.sk?.S === 'STATE');
  const spare =
    item?.spare?.S === undefined ? undefined : (JSON.parse(item.spare.S) as { readonly volumeId?: unknown });
  const used: unknown[] = [item?.currentVolume?.S, spare?.volumeId];
  // While it is down heals go on, and the guard keeps still; where what serves is in quarantine, people were notified, and it is theirs.
  const served = stage.servedBy(volume) !== undefined && !left;
  const forgotten = (v: SimVolume): string[] => {
    const role = v.tags[TAG.role] ?? 'nothing';
    if (!(role in BOUNDS)) return [`${v.id} is ${role}`];
    if (role === VOLUME_ROLE.quarantined && !v.tags[TAG.heal])
      return [`${v.id} is in quarantine, and no heal says why`];
    const bound = BOUNDS[role];
    const age = world.clock.now() - (watch.roleSince(v.id) ?? v.createdAt);
    if (!served || bound === undefined || used.includes(v.id) || v.state === 'deleting' || age <= bound) return [];
    return [
      `${v.id} is ${role}${v.attachment ? `, attached to ${v.attachment.instanceId}` : ''}, for ${duration(age)}`,
    ];
  };
  const wrong = stage.physical(volume).flatMap(forgotten);
  return check(promise, wrong.length === 0, wrong, 'yes');
}

/** What functions made is found by whoever looks for it: by its content volume, and by who ends it. */
export function nothingNameless({ services, first }: Strike): Check {
  const { volumes, snapshots } = services.ec2;
  const made = [...volumes.values()].filter((v) => v.createdAt > first.at && !(TAG.volume in v.tags));
  const copies = [...snapshots.values()].filter(
    ({ startedAt, tags }) =>
      startedAt > first.at &&
      !(DLM_POLICY in tags) &&
      !(
        TAG.volume in tags &&
        (tags[TAG.guard] === 'true' || (tags[TAG.role] === VOLUME_ROLE.quarantined && TAG.heal in tags))
      ),
  );
  const wrong = [...made, ...copies].map((r) => r.id);
  return check('whatever a function makes says whose it is and who ends it', wrong.length === 0, wrong, 'yes');
}

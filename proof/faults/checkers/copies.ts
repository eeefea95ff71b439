/** What must hold of the copies that content comes back from, judged on what they hold: nothing here knows how one is chosen. */
import { TAG, VERDICT } from '../../../contract/contract.ts';
import { check } from '../../../rehearsal/judge/checks.ts';
import { valuesIn } from '../../../rehearsal/judge/heard.ts';
import { recoveryPoint } from '../../../rehearsal/judge/measure.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { Check } from '../../../rehearsal/world/world.ts';
import type { Truth } from './convergence.ts';

/** A verdict is of the copy: what goes wrong on a host, or on the way to it, rejects nothing that is sound. */
export function soundNotRejected({ services }: Strike, truth: Truth): Check {
  const wrong = [...services.ec2.snapshots.values()].filter(
    ({ id, tags }) => tags[TAG.verdict] === VERDICT.rejected && truth.sound({ snapshotId: id }),
  );
  const said = wrong.map(({ id, tags }) => `${id}: ${tags[TAG.finding] ?? 'no finding'}`);
  return check('no sound copy is rejected', wrong.length === 0, said, 'none');
}

/** What was on record as rejected when a function last ended is of no use to whoever begins then. */
export class RejectedWatch {
  readonly #rejected = new Set<string>();
  readonly #used = new Set<string>();

  constructor({ services: { cloud, ec2 } }: Strike) {
    cloud.listen(({ who, event }) => {
      if (who.endsWith('Function'))
        for (const { id, tags } of ec2.snapshots.values())
          if (tags[TAG.verdict] === VERDICT.rejected) this.#rejected.add(id);
      if (event?.kind !== 'volumeCreated' || event.from === undefined) return;
      // By a heal: a person may do so, to see for himself.
      const heal = ec2.volumes.get(event.volumeId)?.orderedFor;
      if (heal !== undefined && this.#rejected.has(event.from)) this.#used.add(`${event.from} by ${heal}`);
    });
  }

  judge(): Check {
    return check('no heal tries a copy that is rejected', this.#used.size === 0, [...this.#used], 'none');
  }
}

/** Content that went back to a copy lacks what was uploaded since: people are notified of which copy, or up to when its data reach. */
export function wayBackNotified({ world, stage, failures }: Strike, volume: string): Check {
  const promise = 'whoever goes back to a copy says so to people';
  const failure = failures.find((f) => f.volume === volume);
  const owner = stage.servedBy(volume);
  if (!failure || !owner) return check(promise, true, 'not served');
  const { at, snapshot } = recoveryPoint(world, failure, owner);
  if (!snapshot) return check(promise, true, 'the volume that served before');
  const notified = world.services.sns.messages.some(
    (m) => m.at >= failure.at && valuesIn(m).some((value) => value === snapshot.id || value === at),
  );
  const of = [snapshot.id, new Date(at).toISOString()].join(', ');
  return check(promise, notified, `${notified ? 'notified of' : 'nobody was notified of'} ${of}`);
}

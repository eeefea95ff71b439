/** What must hold of the copies that content comes back from, judged on what they hold: nothing here knows how one is chosen. */
import { TAG, VERDICT } from '../../../contract/contract.ts';
import { check } from '../../../rehearsal/judge/checks.ts';
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

const MADE = /^volume (\S+) is created in \S+ from (\S+)$/;

/** What was on record as rejected when a function last ended is of no use to whoever begins then. */
export class RejectedWatch {
  readonly #rejected = new Set<string>();
  readonly #used = new Set<string>();

  constructor({ services: { cloud, ec2 } }: Strike) {
    cloud.listen(({ who, what }) => {
      if (who.endsWith('Function'))
        for (const { id, tags } of ec2.snapshots.values())
          if (tags[TAG.verdict] === VERDICT.rejected) this.#rejected.add(id);
      const [, volumeId = '', snapshotId = ''] = who === 'ec2' ? (MADE.exec(what) ?? []) : [];
      // By a heal: a person may do so, to see for himself.
      const heal = ec2.volumes.get(volumeId)?.orderedFor;
      if (heal !== undefined && this.#rejected.has(snapshotId)) this.#used.add(`${snapshotId} by ${heal}`);
    });
  }

  judge(): Check {
    return check('no heal tries a copy that is rejected', this.#used.size === 0, [...this.#used], 'none');
  }
}

/** Content that went back to a copy lacks what was uploaded since: people are told which copy, or up to when its data reach. */
export function wayBackTold({ world, stage, failures }: Strike, volume: string): Check {
  const promise = 'whoever goes back to a copy says so to people';
  const failure = failures.find((f) => f.volume === volume);
  const owner = stage.servedBy(volume);
  if (!failure || !owner) return check(promise, true, 'not served');
  const { at, snapshot } = recoveryPoint(world, failure, owner);
  if (!snapshot) return check(promise, true, 'the volume that served before');
  const names = [snapshot.id, new Date(at).toISOString()];
  const told = world.services.sns.messages.some(
    ({ at: when, message }) => when >= failure.at && names.some((name) => sentences(message).includes(name)),
  );
  return check(promise, told, `${told ? 'told of' : 'nobody was told of'} ${names.join(', ')}`);
}

/** A message without the steps that it lists: that a volume was made from a copy tells nobody that it serves. */
function sentences(message: string): string {
  return message
    .split('\n')
    .filter((line) => !STEP.test(line))
    .join('\n');
}
const STEP = /^\d{4}-\d\d-\d\dT[\d:.]+Z \S/;

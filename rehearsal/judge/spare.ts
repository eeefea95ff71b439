/** Promises of a stack whose spares follow a journal, judged on disks and in the ledger: nothing of who follows is asked. */
import { LEDGER } from '../../contract/contract.ts';
import { DiskError } from '../../simulator/disks/disks.ts';
import type { Library } from '../world/courses.ts';
import type { Check, World } from '../world/world.ts';
import { check, incidents } from './checks.ts';
import { type Failure, servedVolume } from './measure.ts';

/** Written out here, for it is judged. */
export interface LedgerSpare {
  readonly volumeId: string;
  readonly instanceId: string;
}

/** The spare that the ledger names. */
export function spareOf({ services }: World, volume: string): LedgerSpare | undefined {
  const item = services.dynamodb
    .all()
    .find((each) => each.pk?.S === `${LEDGER.volume}${volume}` && each.sk?.S === LEDGER.state);
  const text = item?.spare?.S;
  return text === undefined ? undefined : (JSON.parse(text) as LedgerSpare);
}

/** Courses on a volume that is mounted on a host; `undefined`: it is not, or it cannot be read. */
export function coursesOn({ disks }: World, { instanceId, volumeId }: LedgerSpare): readonly string[] | undefined {
  try {
    return disks.coursesOn(instanceId, volumeId);
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

/** While its owner serves, the spare has what was closed before that moment, and nothing that was deleted before it. */
export function spareHas(world: World, volume: string, library: Library, moment: number): Check {
  const spare = spareOf(world, volume);
  const there = spare && coursesOn(world, spare);
  const promise = 'the spare has what its owner has, while that serves';
  if (!there) return check(promise, false, spare ? `${spare.volumeId} is not mounted` : 'there is no spare');
  const now = new Set(library.ids());
  const owed = library
    .at(moment)
    .map(({ id }) => id)
    .filter((id) => now.has(id));
  const missing = owed.filter((id) => !there.includes(id));
  const back = library.deletedBefore(moment).filter((id) => there.includes(id));
  return check(
    promise,
    owed.length > 0 && missing.length === 0 && back.length === 0,
    `${owed.length - missing.length} of ${owed.length} courses${missing[0] ? `; not ${missing[0]}` : ''}${back[0] ? `; ${back[0]} is there still` : ''}`,
  );
}

/** What serves now is the volume that was the spare when it failed. @param owner who serves now */
export function spareServes(
  world: World,
  { volume }: Failure,
  owner: string | undefined,
  spare: LedgerSpare | undefined,
): Check {
  const serves = owner === undefined ? undefined : servedVolume(world, owner, volume);
  return check(
    'the spare serves',
    spare !== undefined && serves === spare.volumeId,
    `${serves ?? 'nothing'}; the spare was ${spare?.volumeId}`,
  );
}

/** By the record: from the command on, while content is not served. */
export function drainTook(world: World, { volume, at }: Failure): number | undefined {
  const steps = incidents(world, volume, at).flatMap(({ steps }) => steps ?? []);
  const step = steps.find((each) => each?.name === 'drain');
  return step && Number(step.endedAt) - Number(step.startedAt);
}

/** What people do, and what befalls them, in stories of the journal: through whoever serves by then. */
import { servedVolume } from '../../rehearsal/judge/measure.ts';
import { breakFileSystem, once } from '../../rehearsal/scenarios/story/breaking.ts';
import { upload } from '../../rehearsal/scenarios/story/deployed-stack.ts';
import type { Strike } from '../../rehearsal/scenarios/story/incident.ts';
import { makeCourse } from '../../rehearsal/world/courses.ts';
import { DiskError } from '../../simulator/disks/disks.ts';
import { Random } from '../../simulator/time/random.ts';

/** The file system of whatever serves by now shuts down; where nothing does, nothing is broken. */
export function breaks(strike: Strike): void {
  const { world, stage, first } = strike;
  const owner = stage.servedBy(first.volume);
  const volumeId = owner && servedVolume(world, owner, first.volume);
  if (!volumeId || world.disks.list(owner, first.volume).length === 0) return;
  breakFileSystem(strike, { ...first, at: world.clock.now(), owner, volumeId });
}

export function whenServed(strike: Strike, act: () => void): void {
  const { first } = strike;
  once(strike, 'message', ({ attributes }) => attributes.kind === 'served' && attributes.volume === first.volume, act);
}

/** Through whoever serves, where anybody does. */
export function uploads(strike: Strike, id: string): void {
  const { world, stage, first, libraries } = strike;
  if (!stage.servedBy(first.volume)) return;
  // What is in it matters to no run.
  const course = makeCourse(id, new Random(1, id));
  try {
    upload(world, stage, first.volume, course);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return;
  }
  libraries.get(first.volume)?.add(course, world.clock.now());
}

export function removes({ world, stage, first, libraries }: Strike, id: string): void {
  const owner = stage.servedBy(first.volume);
  if (!owner || !world.disks.list(owner, first.volume).includes(id)) return;
  world.disks.remove(owner, first.volume, id);
  libraries.get(first.volume)?.delete(id, world.clock.now());
}

/** A directory gets another name; where it is by now nobody's, nothing happens. */
export function renames({ world, stage, first, libraries }: Strike, from: string, to: string): void {
  const owner = stage.servedBy(first.volume);
  const library = libraries.get(first.volume);
  const course = library?.at(world.clock.now()).find(({ id }) => id === from);
  if (!owner || !library || !course || !world.disks.list(owner, first.volume).includes(from)) return;
  world.disks.renameCourse(owner, first.volume, from, to);
  library.delete(from, world.clock.now());
  library.add({ ...course, id: to }, world.clock.now());
}

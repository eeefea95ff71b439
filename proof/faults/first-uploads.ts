import { TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import { PERSON } from '../../rehearsal/scenarios/story/breaking.ts';
import { type Stage, upload } from '../../rehearsal/scenarios/story/deployed-stack.ts';
import { Library, makeCourse } from '../../rehearsal/world/courses.ts';
import type { World } from '../../rehearsal/world/world.ts';
import { Random } from '../../simulator/time/random.ts';
import type { Story } from './stories.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** What is on a volume matters to no run: the same for all of them. */
const COURSES = ['first', 'second', 'third', 'fourth'].map((id) => makeCourse(id, new Random(1, id)));

/** A few uploads, with a recovery point after all but the last of them. */
export async function prelude(
  world: World,
  stage: Stage,
  { volumes: names, drills }: Story,
): Promise<Map<string, Library>> {
  const { clock, services } = world;
  const libraries = new Map(names.map((name) => [name, new Library()]));
  for (const [n, course] of COURSES.entries()) {
    for (const name of names) {
      upload(world, stage, name, course);
      libraries.get(name)?.add(course, clock.now());
    }
    await clock.run(clock.now() + 20 * SECOND_MS);
    if (n === COURSES.length - 1) break;
    clock.spawn('person', async () => {
      for (const name of names) {
        const volume = stage.physical(name)[0];
        if (!volume) throw new Error(`no volume of ${name} to copy`);
        const Tags = Object.entries(volume.tags).map(([Key, Value]) => ({ Key, Value }));
        const TagSpecifications = [{ ResourceType: 'snapshot', Tags }];
        await services.cloud.call(PERSON, 'ec2', 'CreateSnapshot', { VolumeId: volume.id, TagSpecifications });
      }
    });
  }
  const { snapshots } = services.ec2;
  const pending = () => [...snapshots.values()].filter((s) => s.state === 'pending' && s.tags[TAG.volume]);
  await clock.run(clock.now() + 30 * MINUTE_MS, () => pending().length === 0);
  if (pending().length > 0 || snapshots.size === 0) throw new Error('the recovery points were not completed');
  if (!drills) return libraries;
  // One: while a drill puts a new spare in the place of the one before, there are two.
  const spared = (name: string) =>
    stage.physical(name).filter((v) => v.tags[TAG.role] === VOLUME_ROLE.spare).length === 1;
  await clock.run(clock.now() + 60 * MINUTE_MS, () => names.every(spared));
  if (!names.every(spared)) throw new Error('no drill has left a spare');
  return libraries;
}

/** `killed.script.ts [SEED STORIES]`: an intake that is killed at each of its calls, and stories by chance. On real XFS. */
import { end, Volume } from '../kernel/lab.ts';
import { type Form, run, Story } from './story.ts';

const [seed, stories] = process.argv.slice(2).map(Number);
const answers: Record<string, unknown> = {};

/** Each call of one upload in turn is the last one. */
async function atEachCall(form: Form, before: readonly Form[]): Promise<unknown> {
  const volume = new Volume(`each-${form}-${before.length}`);
  const faults: string[] = [];
  for (let calls = 1; ; calls++) {
    const story = new Story(false, volume);
    for (const one of before) {
      story.upload('course', one);
      await run(story);
    }
    story.upload('course', form);
    const how = await run(story, calls);
    story.look('after a kill');
    await run(story);
    story.judge();
    faults.push(...story.faults.map((fault) => `${calls}: ${fault}`));
    if (how === 'done') {
      volume.close();
      return [calls > 15, faults.slice(0, 5)];
    }
  }
}

/** Numbers that look like chance. Source: mulberry32, of public domain. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What took over has the number with the course, and not the next one with its note. */
async function withoutItsNote(): Promise<readonly string[]> {
  const story = new Story(true, new Volume('noteless'));
  story.upload('course', 'zip');
  await run(story);
  story.takeOver(1);
  await run(story);
  if (!story.delete('course')) story.fault('nothing was taken over');
  await run(story);
  story.judge();
  story.close();
  return story.faults;
}

async function byChance(seed: number): Promise<readonly string[]> {
  const pick = chance(seed);
  const story = new Story(true, new Volume(`blank-${seed}`));
  const mishaps = ['unheard', 'lost', 'broken'] as const;
  story.bucket.mishap = () => (pick(20) === 0 ? mishaps[pick(3)] : undefined);
  const forms: readonly Form[] = ['zip', 'zip', 'file', 'folder', 'bad', 'same'];
  for (let step = 0; step < 12; step++) {
    const course = `course-${pick(3)}`;
    const kind = pick(10);
    if (kind < 5) story.upload(course, forms[pick(forms.length)] ?? 'zip');
    else if (kind === 5) story.withdraw(course);
    else if (kind === 6) {
      if (story.delete(course)) await story.flush();
    } else if (kind === 7) story.takeOver(pick(3));
    else await run(story, pick(3) === 0 ? undefined : 1 + pick(40));
    story.look(`after step ${step}`);
  }
  await run(story);
  story.judge();
  story.close();
  return story.faults;
}

if (seed === undefined) {
  answers['a new course'] = await atEachCall('zip', []);
  answers['a course that replaces one'] = await atEachCall('zip', ['zip']);
  answers['a folder'] = await atEachCall('folder', []);
  answers['taken over without its note, and deleted'] = await withoutItsNote();
  answers['one that is refused'] = await atEachCall('bad', ['file']);
}
for (let i = 0; i < (stories ?? 6); i++) {
  const faults = await byChance((seed ?? 1) + i).catch((error: Error) => {
    throw new Error(`seed ${(seed ?? 1) + i}: ${error.message}`, { cause: error });
  });
  if (faults.length > 0) answers[`seed ${(seed ?? 1) + i}`] = faults;
}
end(answers);

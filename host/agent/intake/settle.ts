import { isSame, type Stamp } from '../../../intake/decide.ts';
import type { Refusal } from '../../../intake/refusal.ts';
import { uploadOf } from '../../../intake/upload.ts';
import { doneText, type Facts, refusedText } from './answer.ts';
import type { Courses } from './courses.ts';
import { inLanes } from './lanes.ts';
import { type AnswerWorld, answerOlder, answerSame, hiddenAfter, say } from './others.ts';
import type { Version } from './store.ts';
import type { Answerable } from './take.ts';

/** Courses that are answered at once: each answer is several requests of S3, a tenth of a second each, one after the other. */
const AT_ONCE = 8;

/** A course that is placed, and waits for the journal. */
export interface Placed {
  readonly course: string;
  readonly upload: Answerable;
  /** `undefined`: an earlier start has placed it. */
  readonly facts?: Facts;
}

export interface SettleWorld extends AnswerWorld {
  readonly courses: Courses;
  /** @returns the number up to which the journal has all that was on the volume when this was called; `undefined`: not yet */
  readonly flush: () => Promise<number | undefined>;
}

/**
 * Answers uploads whose courses are in place. In this order, and each step may be done again: the journal has the courses; they are noted; the journal has the notes; answers; the uploads are hidden.
 * So no copy of the volume has a note without having had the course, and whoever reads an answer may rely on both.
 */
export async function settle(world: SettleWorld, placed: readonly Placed[]): Promise<void> {
  const number = await hold(
    world,
    placed.map(({ course, upload }) => ({ course, stamp: stampOf(upload) })),
  );
  // What is of one course is answered in its order.
  const courses = [...Map.groupBy(placed, ({ course }) => course).values()];
  await inLanes(courses, AT_ONCE, async (uploads) => {
    for (const one of uploads) await answer(world, one.upload, await textFor(world, one, number));
  });
}

/** Another one may have taken its place before the journal had it; then it is not said to be there. */
async function textFor(
  { volume, courses }: SettleWorld,
  { course, upload, facts }: Placed,
  number: number,
): Promise<string> {
  const { carried } = await courses.held(course);
  if (!carried || isSame(carried, upload)) return doneText(volume, stampOf(upload), number, facts);
  const by = { key: carried.key, version: carried.version };
  return refusedText(volume, stampOf(upload), [{ code: 'superseded', by }]);
}

/** @returns the number up to which the journal has the courses */
async function hold(
  world: SettleWorld,
  of: readonly { readonly course: string; readonly stamp: Stamp }[],
): Promise<number> {
  const number = await flushed(world);
  await world.courses.note(of);
  await flushed(world);
  return number;
}

/** Of an upload that is refused nothing is on the volume; an older one may be, which an earlier start has placed and not answered. */
export async function refuse(world: SettleWorld, upload: Answerable, refusals: readonly Refusal[]): Promise<void> {
  // Why it is refused is seen on this volume. Who was cut off while another took over has no say: its journal takes nothing any more.
  await world.courses.claim();
  await flushed(world);
  await answer(world, upload, refusedText(world.volume, stampOf(upload), refusals));
}

/** Before an upload is hidden nothing is forgotten of it: a start finds it waiting, and does all of this again. */
async function answer(world: SettleWorld, upload: Answerable, text: string): Promise<void> {
  const { store, again } = world;
  await answerOlder(world, upload, (one) => settlePlaced(world, one));
  await say(world, upload, text);
  while (!(await store.hide(upload.key, upload.etag)).heard) await again();
  await answerSame(world, await hiddenAfter(world, upload), { etag: upload.etag, text });
}

/** @returns whether it is what the course is of: an earlier start has placed it, and it is answered now */
async function settlePlaced(world: SettleWorld, one: Version): Promise<boolean> {
  const { volume, courses } = world;
  const upload = uploadOf(volume, one.key);
  if ('code' in upload) return false;
  const { carried } = await courses.held(upload.course);
  if (!carried || !isSame(carried, one)) return false;
  const number = await hold(world, [{ course: upload.course, stamp: stampOf(one) }]);
  await answerOlder(world, one, async () => false);
  await say(world, one, doneText(volume, stampOf(one), number, undefined));
  return true;
}

async function flushed({ flush, again }: SettleWorld): Promise<number> {
  for (;;) {
    const number = await flush();
    if (number !== undefined) return number;
    await again();
  }
}

function stampOf({ key, version, modified }: Stamp): Stamp {
  return { key, version, modified };
}

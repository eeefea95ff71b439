import { intakePrefix } from '../../../contract/intake.ts';
import { isSame } from '../../../intake/decide.ts';
import { uploadOf } from '../../../intake/upload.ts';
import { stateOf } from './answer.ts';
import type { Courses } from './courses.ts';
import { type AnswerWorld, answerSame, answerTo, versionsOf } from './others.ts';
import type { Listed, Version } from './store.ts';

export interface StartWorld extends AnswerWorld {
  readonly courses: Courses;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A note is kept that long in any case: its upload may have come while the bucket was read. Milliseconds. */
const YOUNG = 24 * 3_600_000;

/**
 * What was answered with `done` and is not here, or is here without its note: uploads to be taken in again, each with the version that is hidden. All versions that
 * the bucket has are looked at, key by key: of each the newest that was not refused counts. Notes of uploads that the bucket has no more are forgotten afterwards.
 */
export async function* owed(world: StartWorld): AsyncGenerator<Version> {
  const { volume, courses } = world;
  const noted = await courses.noted();
  const there = new Set<string>();
  for await (const versions of byKey(world)) {
    const [first] = versions;
    if (!first) continue;
    const upload = uploadOf(volume, first.key);
    if ('code' in upload) continue;
    there.add(upload.course);
    const version = await missing(world, upload.course, versions);
    if (version) yield version;
  }
  for (const course of noted) {
    if (there.has(course)) continue;
    const note = (await courses.held(course)).noted;
    if (!note || world.now() - note.modified > YOUNG) await courses.forget(course);
  }
}

/** The versions of each key, newest first. */
async function* byKey(world: StartWorld): AsyncGenerator<Listed[]> {
  let group: Listed[] = [];
  for await (const one of versionsOf(world, intakePrefix(world.volume))) {
    if (group[0] && group[0].key !== one.key) {
      yield group;
      group = [];
    }
    group.push(one);
  }
  if (group.length > 0) yield group;
}

async function missing(world: StartWorld, course: string, all: readonly Listed[]): Promise<Version | undefined> {
  const hidden = all[0]?.marker === true;
  const versions = all.filter((one) => !one.marker);
  const { carried, noted } = await world.courses.held(course);
  const unanswered: Version[] = [];
  const [newest] = versions;
  const known = [carried, noted].filter((one) => one !== undefined);
  // It is here, and a process has died before it was hidden: one of before would take its place.
  if (!hidden && newest && known.some((one) => isSame(one, newest))) return undefined;
  // What is not hidden waits, and is found by the queue.
  for (const one of hidden ? versions : versions.slice(1)) {
    const isNoted = noted !== undefined && isSame(noted, one);
    const here = isNoted || (carried !== undefined && isSame(carried, one));
    if (isNoted && unanswered.length === 0) return undefined;
    const answer = await answerTo(world, one);
    const state = answer === undefined ? undefined : stateOf(answer);
    if (state === undefined) unanswered.push(one);
    if (state !== 'done' || answer === undefined) {
      if (here) return undefined;
      continue;
    }
    if (hidden) await answerSame(world, unanswered, { etag: one.etag, text: answer });
    // Without its note it would come back once it is deleted: what took over may have less of the journal than was answered.
    return isNoted ? undefined : one;
  }
  return undefined;
}

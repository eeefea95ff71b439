import { type FileHandle, open } from 'node:fs/promises';
import { filesPrefix } from '../../../contract/intake.ts';
import { decide, type Held, type Stamp } from '../../../intake/decide.ts';
import { type Limits, overLimit, type Size, Sizes } from '../../../intake/limits.ts';
import { EMPTY, type Listed, readList } from '../../../intake/list.ts';
import { Names, type NamesOptions } from '../../../intake/names.ts';
import { type Refusal, Refused } from '../../../intake/refusal.ts';
import { type Upload, uploadOf } from '../../../intake/upload.ts';
import { Interrupted } from '../journal/store.ts';
import type { Facts } from './answer.ts';
import type { Aside, Courses } from './courses.ts';
import { inLanes } from './lanes.ts';
import { type Heard, type IntakeStore, type Opened, textOf } from './store.ts';
import { type TreeWriter, type Written, writeAll } from './tree.ts';
import { contentOf, readArchive } from './zip.ts';

/** An upload that is answered, or is to be. */
export interface Answerable extends Stamp {
  readonly etag: string;
}

/**
 * - `placed`, `held`: the course is there, or was; it is answered once the journal has it.
 * - `refused`: it is answered at once.
 * - `gone`: there is none any more, or it is not to be taken in again.
 * - `unheard`: the service does not answer; it is still waiting.
 */
export type Taken =
  | { readonly taken: 'placed'; readonly course: string; readonly upload: Answerable; readonly facts: Facts }
  | { readonly taken: 'held'; readonly course: string; readonly upload: Answerable }
  | { readonly taken: 'refused'; readonly upload: Answerable; readonly refusals: readonly Refusal[] }
  | { readonly taken: 'gone' | 'unheard' };

export interface TakeWorld {
  readonly volume: string;
  readonly store: IntakeStore;
  readonly courses: Courses;
  readonly limits: Limits;
  readonly ignoreCase: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Files of a folder that are fetched at once. */
const AT_ONCE = 4;
/** The service does not answer, in the midst of something. */
class Unheard extends Error {}

/**
 * Takes one upload in, up to its place among the courses; the journal does not have it yet.
 *
 * @param version one that is hidden, to be taken in again @default the current one, than which none is newer
 * @throws Error of the volume; StoreError
 */
export async function take(world: TakeWorld, key: string, version?: string): Promise<Taken> {
  try {
    const opened = heard(await world.store.read(key, version));
    if (!opened) return { taken: 'gone' };
    try {
      return await taken(world, opened, version !== undefined);
    } finally {
      opened.close();
    }
  } catch (error) {
    if (error instanceof Unheard || error instanceof Interrupted) return { taken: 'unheard' };
    throw error;
  }
}

async function taken(world: TakeWorld, opened: Opened, again: boolean): Promise<Taken> {
  const { key, version, modified, etag } = opened;
  const stamp: Stamp = { key, version, modified };
  const upload: Answerable = { ...stamp, etag };
  const found = uploadOf(world.volume, key);
  if ('code' in found) return { taken: 'refused', upload, refusals: [found] };
  const { course } = found;
  const held = await world.courses.held(course);
  const decided = decide(stamp, held);
  if (decided.decision === 'held') return { taken: 'held', course, upload };
  if (again && (decided.decision !== 'take' || (await isOvertaken(world, stamp, held)))) return { taken: 'gone' };
  if (decided.decision === 'superseded')
    return { taken: 'refused', upload, refusals: [{ code: 'superseded', by: decided.by }] };
  try {
    const facts = await unpack(world, found, { opened, stamp });
    return { taken: 'placed', course, upload, facts };
  } catch (error) {
    return { taken: 'refused', upload, refusals: refusalsOf(error, opened.size) };
  }
}

/** @throws whatever is none */
function refusalsOf(error: unknown, size: number): readonly Refusal[] {
  if (error instanceof Refused) return error.refusals;
  // Others have filled the volume meanwhile.
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  return [{ code: 'noRoom', of: 'bytes', wanted: size, allowed: 0 }];
}

/** Whether the volume has, or had, a version of this key that S3 has as a newer one. */
async function isOvertaken({ store }: TakeWorld, { key, version }: Stamp, held: Held): Promise<boolean> {
  const known = [held.carried, held.noted].flatMap((one) => (one?.key === key ? [one.version] : []));
  if (known.length === 0) return false;
  for (let from: string | undefined; ; ) {
    const page = heard(await store.versions(key, from));
    for (const one of page.items) {
      if (one.marker || one.key !== key) continue;
      if (one.version === version) return false;
      if (known.includes(one.version)) return true;
    }
    if (page.next === undefined) return false;
    from = page.next;
  }
}

interface Unpacking {
  readonly opened: Opened;
  readonly stamp: Stamp;
}

async function unpack(world: TakeWorld, upload: Upload, { opened, stamp }: Unpacking): Promise<Facts> {
  const { courses, limits, ignoreCase } = world;
  const over = overLimit(opened.size, opened.size, limits);
  if (over) throw new Refused(over);
  return courses.aside(async (aside) => {
    const { files, leftOut } = await contents(world, upload, { opened, aside, options: { limits, ignoreCase } });
    await courses.place(upload.course, files, { tree: aside.tree, stamp, now: world.now() });
    return { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0), leftOut };
  });
}

interface Coming {
  readonly opened: Opened;
  readonly aside: Aside;
  readonly options: NamesOptions;
}
interface Contents {
  readonly files: readonly Written[];
  readonly leftOut: number;
}

async function contents(world: TakeWorld, upload: Upload, coming: Coming): Promise<Contents> {
  switch (upload.form) {
    case 'zip':
      return ofZip(world, coming);
    case 'file':
      return ofFile(world, upload.name, coming);
    case 'folder':
      return ofFolder(world, upload.course, coming);
  }
}

async function ofZip(world: TakeWorld, { opened, aside, options }: Coming): Promise<Contents> {
  await mustFit(world, { files: 1, directories: 0, bytes: opened.size, stored: opened.size });
  const file = await open(aside.upload, 'wx+', 0o600);
  try {
    for await (const chunk of opened.bytes) await writeAll(file, chunk);
    const archive = await readArchive(file, opened.size, options);
    await mustFit(world, archive.size);
    for (const directory of archive.directories) await aside.tree.directory(directory);
    return { files: await unpacked(file, archive.files, aside.tree), leftOut: archive.leftOut };
  } finally {
    await file.close();
  }
}

async function unpacked(file: FileHandle, members: Awaited<ReturnType<typeof readArchive>>['files'], tree: TreeWriter) {
  const files: Written[] = [];
  for (const member of members) files.push(await tree.file(member.path, contentOf(file, member)));
  return files;
}

async function ofFile(world: TakeWorld, name: string, { opened, aside, options }: Coming): Promise<Contents> {
  const names = new Names(options);
  const found = names.add(name);
  if (!found || found.directory) throw new Refused(names.refusals[0] ?? EMPTY);
  const sizes = new Sizes();
  sizes.add(found.path, opened.size);
  await mustFit(world, sizes.size(names.directories));
  return { files: [await aside.tree.file(found.path, opened.bytes)], leftOut: 0 };
}

async function ofFolder(world: TakeWorld, course: string, { opened, aside, options }: Coming): Promise<Contents> {
  const { limits } = options;
  if (opened.size > limits.list) throw new Refused({ code: 'tooLarge', bytes: opened.size, most: limits.list });
  const { files: listed, names } = readList(await textOf(opened, limits.list), options);
  if (names.refusals.length > 0) throw new Refused(...names.refusals);
  if (listed.length === 0) throw new Refused(EMPTY);
  const files: Written[] = [];
  const sizes = new Sizes();
  // All have ended before what is aside is taken away.
  await inLanes(listed, AT_ONCE, async (one) => {
    files.push(await fetched(world, course, { one, tree: aside.tree, sizes }));
  });
  return { files, leftOut: names.leftOut };
}

interface Fetching {
  readonly one: Listed;
  readonly tree: TreeWriter;
  readonly sizes: Sizes;
}

async function fetched(world: TakeWorld, course: string, { one, tree, sizes }: Fetching): Promise<Written> {
  const { volume, store, limits } = world;
  const { path, name } = one;
  const opened = heard(await store.read(`${filesPrefix(volume, course)}${name}`));
  if (!opened) throw new Refused({ code: 'missing', path });
  try {
    sizes.add(path, opened.size);
    const over = overLimit(sizes.bytes, sizes.bytes, limits);
    if (over) throw new Refused(over);
    await mustFit(world, { files: 1, directories: 1, bytes: opened.size, stored: opened.size });
    const written = await tree.file(path, opened.bytes);
    if (written.sha256 !== one.sha256) throw new Refused({ code: 'altered', path });
    return written;
  } finally {
    opened.close();
  }
}

async function mustFit({ courses, limits }: TakeWorld, size: Size): Promise<void> {
  const refusal = await courses.refuses(size, limits);
  if (refusal) throw new Refused(refusal);
}

function heard<T>(answer: Heard<T>): T {
  if (!answer.heard) throw new Unheard();
  return answer.found;
}

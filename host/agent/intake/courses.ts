import { randomUUID } from 'node:crypto';
import {
  chmod,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { NOTES, UPLOAD_ATTRIBUTE } from '../../../contract/intake.ts';
import type { Held, Stamp } from '../../../intake/decide.ts';
import { type Limits, overRoom, type Room, type Size } from '../../../intake/limits.ts';
import { manifestOf } from '../../../intake/list.ts';
import type { Refusal } from '../../../intake/refusal.ts';
import { deviceOf } from '../journal/durable.ts';
import { OWN } from '../journal/own.ts';
import { KernelError } from '../kernel/helper.ts';
import type { Below } from '../kernel/places.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';
import { type Owner, TreeWriter, type Written } from './tree.ts';

const COURSES = 'courses';
const TOP = `${OWN}/intake`;
const ASIDE = `${TOP}/aside`;
const TREE = `${ASIDE}/tree`;
const TRASH = `${TOP}/trash`;
/** What is under way, and how often a process has died of it. */
const TRYING = `${TOP}/trying`;
const MANIFEST = 'manifest.sha256';

/** Changed by whoever is about to say something of its own volume. No course has a name that begins with a dot. */
const CLAIM = `${NOTES}/.owner`;

/** Milliseconds for which a course that was replaced is kept. */
const KEPT_MS = 24 * 3_600_000;
/** Percent of the volume below which the oldest in the trash goes. */
const FULL = 10;
/** How often a course may come and go between two calls. */
const TRIES = 10;
/** Digits of a time in milliseconds: names in the trash sort by it. */
const DIGITS = 15;

const STAMP = z.object({ key: z.string(), version: z.string(), modified: z.number() });
const TRIED = z.object({ key: z.string(), deaths: z.int() });

/** Where an upload is unpacked. */
export interface Aside {
  /** Of the file that is uploaded, before it is unpacked. */
  readonly upload: string;
  readonly tree: TreeWriter;
}

/**
 * The courses of a mounted content volume. Everything is reached through a descriptor of its root, which is on the device that the resolver watches: where the volume
 * was unmounted nothing is written to what is below it. No descriptor stays open between two calls.
 */
export class Courses {
  readonly #mountPoint: string;
  readonly #resolver: Resolver;
  #notes = 0;

  constructor(mountPoint: string, resolver: Resolver) {
    this.#mountPoint = mountPoint;
    this.#resolver = resolver;
  }

  /** What it keeps is there, and what a start before this one left aside is gone. */
  async begin(): Promise<void> {
    await this.#within(async (root) => {
      await rm(join(root, ASIDE), { recursive: true, force: true });
      for (const [path, mode] of [
        [TOP, 0o700],
        [ASIDE, 0o700],
        [TRASH, 0o700],
        [NOTES, 0o755],
        [COURSES, 0o755],
      ] as const)
        await mkdir(join(root, path), { recursive: true, mode });
      await chmod(join(root, TOP), 0o700);
    });
  }

  /** Of which upload a course is, and was. */
  async held(course: string): Promise<Held> {
    const [found] = await this.#resolver.look([at(COURSES, course)], { attributes: true });
    if (found instanceof Errno && found.code !== 'ENOENT') throw failed(`${course} cannot be looked at`, found);
    const carried = found instanceof Errno ? undefined : found?.attributes?.get(UPLOAD_ATTRIBUTE)?.toString('utf8');
    const noted = await this.#within((root) => textAt(join(root, NOTES, course)));
    return { carried: stampOf(carried), noted: stampOf(noted) };
  }

  /** All courses that there is a note of. */
  async noted(): Promise<string[]> {
    const names = await this.#within((root) => readdir(join(root, NOTES)));
    return names.filter((name) => !name.startsWith('.'));
  }

  /** Why a course does not fit, also once the trash is empty. */
  async refuses(size: Size, limits: Limits): Promise<Refusal | undefined> {
    return this.#within(async (root) => {
      for (;;) {
        const refusal = overRoom(size, await roomOf(root), limits);
        if (!refusal || !(await dropOldest(root))) return refusal;
      }
    });
  }

  /** @param use what it writes is gone afterwards, but for the tree where that was placed */
  async aside<T>(use: (aside: Aside) => Promise<T>): Promise<T> {
    return this.#within(async (root) => {
      const owner = await ownerOf(join(root, COURSES));
      const top = join(root, TREE);
      await rm(top, { recursive: true, force: true });
      await mkdir(top, { mode: 0o755 });
      await chmod(top, 0o755);
      const upload = join(root, ASIDE, 'upload');
      try {
        const tree = new TreeWriter(top, owner);
        await tree.own();
        return await use({ upload, tree });
      } finally {
        await rm(upload, { force: true });
        await rm(top, { recursive: true, force: true });
      }
    });
  }

  /**
   * Puts what is aside in the place of a course, with its manifest: readers find the old one or the new one, whole. What was there is in the trash by the same
   * call.
   *
   * @param now milliseconds since 1970
   */
  async place(course: string, files: readonly Written[], { tree, stamp, now }: Placing): Promise<void> {
    await tree.file(MANIFEST, bytesOf(manifestOf(files)));
    const attributes = new Map([[UPLOAD_ATTRIBUTE, Buffer.from(JSON.stringify(stamp))]]);
    must(await this.#resolver.dress([{ place: at(TREE), attributes }]), `${course} cannot be marked`);
    await this.sync();
    const slot = await this.#slot(course, now);
    const to = at(COURSES, course);
    for (let i = 0; i < TRIES; i++) {
      const [fresh] = await this.#resolver.rename([{ from: slot, to }], 'new');
      if (!fresh) return;
      if (fresh.code !== 'EEXIST') throw failed(`${course} cannot be put in place`, fresh);
      const [exchanged] = await this.#resolver.rename([{ from: slot, to }], 'exchange');
      if (!exchanged) return;
      if (exchanged.code !== 'ENOENT') throw failed(`${course} cannot be replaced`, exchanged);
    }
    throw new Error(`${course} comes and goes`);
  }

  /** Moves the tree to where the course that it replaces is to be. */
  async #slot(course: string, now: number): Promise<Below> {
    for (let i = 0; i < TRIES; i++) {
      const slot = at(TRASH, `${String(now + i).padStart(DIGITS, '0')}-${course}`);
      const [error] = await this.#resolver.rename([{ from: at(TREE), to: slot }], 'new');
      if (!error) return slot;
      if (error.code !== 'EEXIST') throw failed(`${course} cannot be moved`, error);
    }
    throw new Error(`the trash is full of ${course}`);
  }

  /** Writes down which uploads courses are of, for when they are deleted: on disk when it returns. */
  async note(of: readonly { readonly course: string; readonly stamp: Stamp }[]): Promise<void> {
    await this.#within(async (root) => {
      // Two may be at it at once.
      const notes = of.map((one) => ({ ...one, aside: join(root, TOP, `note.${this.#notes++}`) }));
      for (const { aside, stamp } of notes) await writeFile(aside, `${JSON.stringify(stamp)}\n`);
      await this.sync();
      for (const { aside, course } of notes) await rename(aside, join(root, NOTES, course));
      await this.sync();
    });
  }

  /** Changes something that the journal has to have: whoever is owner no more does not get it acknowledged. */
  async claim(): Promise<void> {
    await this.#within((root) => writeFile(join(root, CLAIM), `${randomUUID()}\n`));
  }

  /** Takes a note away, of an upload that cannot come back. */
  async forget(course: string): Promise<void> {
    await this.#within((root) => rm(join(root, NOTES, course), { force: true }));
  }

  /** Drops what has been in the trash for a day, and the oldest where the volume is full. */
  async trim(now: number): Promise<void> {
    await this.#within(async (root) => {
      for (const name of await inTrash(root))
        if (now - Number(name.slice(0, DIGITS)) > KEPT_MS)
          await rm(join(root, TRASH, name), { recursive: true, force: true });
      for (;;) {
        const { free, size } = await roomOf(root);
        if (free * 100 >= size * FULL || !(await dropOldest(root))) return;
      }
    });
  }

  /** What processes have died of, the last ones at least, and how often. */
  async tried(): Promise<{ readonly key: string; readonly deaths: number } | undefined> {
    const text = await this.#within((root) => textAt(join(root, TRYING)));
    return parsed(TRIED, text);
  }
  /** Before an upload is touched; `undefined`: none is. */
  async trying(tried: { readonly key: string; readonly deaths: number } | undefined): Promise<void> {
    await this.#within(async (root) => {
      if (tried) await writeFile(join(root, TRYING), JSON.stringify(tried));
      else await rm(join(root, TRYING), { force: true });
    });
  }

  async sync(): Promise<void> {
    const error = await this.#resolver.sync();
    if (error) throw failed(`the volume cannot be synced`, error);
  }

  async #within<T>(use: (root: string) => Promise<T>): Promise<T> {
    const root = await opened(this.#mountPoint);
    try {
      const { dev } = await root.stat({ bigint: true });
      if (deviceOf(dev) !== this.#resolver.device)
        throw new KernelError(
          'unmounted',
          `${this.#mountPoint} is on ${deviceOf(dev)}, and not on ${this.#resolver.device}`,
        );
      return await use(`/proc/self/fd/${root.fd}`);
    } finally {
      await root.close();
    }
  }
}

/** Whoever unmounts a volume may take the directory away, too. @throws KernelError */
async function opened(mountPoint: string): Promise<FileHandle> {
  try {
    return await open(mountPoint);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new KernelError('unmounted', `${mountPoint} is not there`);
  }
}

export interface Placing {
  readonly tree: TreeWriter;
  readonly stamp: Stamp;
  readonly now: number;
}

function at(...parts: readonly string[]): Below {
  return { path: Buffer.from(parts.join('/')) };
}

function must([error]: readonly (Errno | undefined)[], what: string): void {
  if (error) throw failed(what, error);
}

/** As an error of Node's own has it. */
function failed(what: string, { code }: Errno): Error {
  return Object.assign(new Error(`${what}: ${code}`), { code });
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function roomOf(root: string): Promise<Room> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(root);
  return { size: bsize * blocks, free: bsize * bavail, inodes: files, freeInodes: ffree };
}

async function inTrash(root: string): Promise<string[]> {
  return (await readdir(join(root, TRASH))).sort();
}

/** @returns whether there was any */
async function dropOldest(root: string): Promise<boolean> {
  const [oldest] = await inTrash(root);
  if (oldest === undefined) return false;
  await rm(join(root, TRASH, oldest), { recursive: true, force: true });
  return true;
}

/** `undefined`: whoever writes here. */
async function ownerOf(path: string): Promise<Owner | undefined> {
  const { uid, gid } = await stat(path);
  return uid === process.getuid?.() && gid === process.getgid?.() ? undefined : { uid, gid };
}

/** `undefined` where there is none. */
async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What is none says nothing: whoever wrote it, it is as if it were not there. */
function stampOf(text: string | undefined): Stamp | undefined {
  return parsed(STAMP, text);
}

function parsed<T>(schema: z.core.$ZodType<T>, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return z.parse(schema, JSON.parse(text));
  } catch {
    return undefined;
  }
}

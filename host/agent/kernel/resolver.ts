import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import * as z from 'zod/mini';
import { type Dress, type Move, wantedOf } from './changes.ts';
import { bytes } from './handle.ts';
import { Helper, type Watched } from './helper.ts';
import {
  type Entry,
  type Inode,
  LISTED,
  type Listed,
  LOOK,
  type Look,
  type LookOptions,
  type Place,
  placeOf,
  STRETCH,
  type Stretch,
  SWEPT,
  type Swept,
} from './places.ts';
import { Errno, type Question, Requests } from './requests.ts';

export interface ResolverOptions {
  /** How long an answer may take. Milliseconds. @default 30,000 */
  readonly deadlineMs?: number;
}

/** What is asked of a volume that works takes a fraction of it. Milliseconds. */
const DEADLINE_MS = 30_000;
/** How long syncfs(2) may take: all that is dirty goes to the device. Milliseconds. */
const SYNC_MS = 120_000;
/** Files that are open at once. */
const OPENED = 64;
const LIST: Question<Listed> = { op: 'list', answer: LISTED };
const SWEEP: Question<Swept> = { op: 'sweep', answer: SWEPT };
const nothing = z.null();
const descriptor = z.int();

/** Of a change: `undefined` where it is made. */
export type Done = Errno | undefined;

/**
 * What Node has no call for, about one mounted content volume. Each method takes many places and is one round trip for hundreds of them;
 * each place has an answer or an error of its own. All throw KernelError where the mount is gone or no answer comes.
 */
export class Resolver {
  readonly #requests: Requests;

  /** Number of the device that is mounted. */
  readonly device: string;

  private constructor(requests: Requests, device: string) {
    this.#requests = requests;
    this.device = device;
  }

  /** @throws KernelError where the mount is not what is expected */
  static async open(watched: Watched, { deadlineMs = DEADLINE_MS }: ResolverOptions = {}): Promise<Resolver> {
    const helper = await Helper.start('resolve.py', watched);
    return new Resolver(new Requests({ ...watched, device: helper.device }, helper, deadlineMs), helper.device);
  }

  get pid(): number | undefined {
    return this.#requests.pid;
  }

  close(): void {
    this.#requests.close();
  }

  look(places: readonly Place[], options: LookOptions = {}): Promise<(Look | Errno)[]> {
    const asked = { attributes: options.attributes ?? false, writers: options.openForWriting ?? false };
    return this.#requests.ask({ op: 'look', with: asked, answer: LOOK }, items(places));
  }

  /** Where directories are, from the mounted root on; that itself is empty. ENOTDIR for anything else: a file may have several names. */
  paths(directories: readonly Place[]): Promise<(Buffer | Errno)[]> {
    return this.#requests.ask({ op: 'path', answer: bytes }, items(directories));
  }

  /**
   * All names in a directory with what they are, some thousand at a time. A name that comes or goes meanwhile may be there or not.
   * @throws Error whose cause is an {@link Errno} where the directory cannot be read
   */
  async *list(directory: Place): AsyncGenerator<readonly Entry[], void> {
    let cursor: string | null = '0';
    do {
      const [listed]: readonly (Listed | Errno)[] = await this.#requests.ask(LIST, [[placeOf(directory), cursor]]);
      if (listed === undefined || listed instanceof Errno)
        throw new Error(`a directory cannot be read: ${listed?.code}`, { cause: listed });
      yield listed[0];
      cursor = listed[1];
    } while (cursor !== null);
  }

  /**
   * Opens files for reading, as what they are and not by their names, and closes them after `use`: until then nobody can unmount.
   * @param places at most 64
   */
  async reading<T>(places: readonly Place[], use: (files: readonly (FileHandle | Errno)[]) => Promise<T>): Promise<T> {
    if (places.length > OPENED) throw new Error(`received ${places.length} places to open at once; allowed: ${OPENED}`);
    const files = await this.#opened(places);
    try {
      return await use(files);
    } finally {
      for (const file of files) if (!(file instanceof Errno)) await file.close();
    }
  }

  /** Lent by their number in the helper, opened through its directory in /proc, and given back. */
  async #opened(places: readonly Place[]): Promise<(FileHandle | Errno)[]> {
    const lent = await this.#requests.ask({ op: 'lend', answer: descriptor }, items(places));
    const { pid } = this;
    try {
      return await Promise.all(lent.map((fd) => (fd instanceof Errno ? fd : opened(`/proc/${pid}/fd/${fd}`))));
    } finally {
      const back = lent.filter((fd) => !(fd instanceof Errno)).map((fd) => [fd]);
      await this.#requests.ask({ op: 'release', answer: nothing }, back);
    }
  }

  /**
   * Where there is content and no hole: the first stretch at or after an offset.
   * @returns for each file `undefined` where there is none
   */
  async data(
    asked: readonly { readonly file: Place; readonly offset: bigint }[],
  ): Promise<(Stretch | undefined | Errno)[]> {
    const items = asked.map(({ file, offset }) => [placeOf(file), String(offset)]);
    const found = await this.#requests.ask({ op: 'data', answer: STRETCH }, items);
    return found.map((stretch) => stretch ?? undefined);
  }

  /**
   * All inodes of the file system by their numbers, some thousand at a time, without a directory being read: a hundred times as fast as
   * walking (XFS_IOC_BULKSTAT). Those that have no name any more and are open are there too, and `.remount`.
   * @throws Error whose cause is an {@link Errno} where the kernel refuses
   */
  async *sweep(): AsyncGenerator<readonly Inode[], void> {
    let after: string | null = '0';
    do {
      const [swept]: readonly (Swept | Errno)[] = await this.#requests.ask(SWEEP, [[after]]);
      if (swept === undefined || swept instanceof Errno)
        throw new Error(`inodes cannot be read: ${swept?.code}`, { cause: swept });
      yield swept[0];
      after = swept[1];
    } while (after !== null);
  }

  /** Gives files what they are to be, their content apart; in this order: owner, mode, attributes, times. */
  dress(dresses: readonly Dress[]): Promise<Done[]> {
    return this.#change(
      'dress',
      dresses.map((dress) => [placeOf(dress.place), wantedOf(dress)]),
    );
  }

  /**
   * Renames. `new`: EEXIST where there is something of the new name; `exchange`: both have each other's name afterwards.
   * Source: man7.org/linux/man-pages/man2/rename.2.html
   */
  rename(moves: readonly Move[], how: 'replace' | 'new' | 'exchange' = 'replace'): Promise<Done[]> {
    return this.#change(
      'rename',
      moves.map(({ from, to }) => [placeOf(from), placeOf(to)]),
      { how },
    );
  }

  /** Gives what is at `from`, a handle as a rule, a further name. */
  link(moves: readonly Move[]): Promise<Done[]> {
    return this.#change(
      'link',
      moves.map(({ from, to }) => [placeOf(from), placeOf(to)]),
    );
  }

  async #change(op: string, items: readonly unknown[], options: object = {}): Promise<Done[]> {
    const done = await this.#requests.ask({ op, with: options, answer: nothing }, items);
    return done.map((error) => error ?? undefined);
  }

  /** All that was written before the call is on the device: syncfs(2). */
  async sync(): Promise<Done> {
    const [done] = await this.#requests.ask({ op: 'sync', answer: nothing, deadlineMs: SYNC_MS }, [[]]);
    return done ?? undefined;
  }

  /**
   * Touches the sentinel in a directory of the volume that is not served.
   *
   * @param id 32 hexadecimal digits, never used before; given, it can be waited for before this has answered
   * @returns what `reached` of the events will say once all that was done before this call has been said
   */
  async sentinel(directory: Place, id = newSentinel()): Promise<string | Errno> {
    const item = [placeOf(directory), Buffer.from(`sentinel.${id}`).toString('hex')];
    const [done] = await this.#requests.ask({ op: 'sentinel', answer: nothing }, [item]);
    return done ?? id;
  }
}

/** For {@link Resolver.sentinel}. */
export function newSentinel(): string {
  return randomBytes(16).toString('hex');
}

/** The error of Linux as it is: of a device, a pipe or a link there is nothing to read. */
async function opened(path: string): Promise<FileHandle | Errno> {
  try {
    // NONBLOCK: of a pipe without a writer nobody waits.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOATIME);
  } catch (error) {
    return new Errno((error as NodeJS.ErrnoException).code ?? 'EIO');
  }
}

function items(places: readonly Place[]): readonly [readonly string[]][] {
  return places.map((place) => [placeOf(place)]);
}

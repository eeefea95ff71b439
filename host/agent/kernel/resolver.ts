import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import * as z from 'zod/mini';
import { Asking, Errno, type Question } from './asking.ts';
import { bytes } from './handle.ts';
import { Helper, type Watched } from './helper.ts';
import { type Entry, LISTED, type Listed, LOOK, type Look, type LookOptions, type Place, placeOf } from './places.ts';

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
const nothing = z.null();
const descriptor = z.int();

/**
 * What Node has no call for, about one mounted content volume. Each method takes many places and is one round trip for hundreds of them;
 * each place has an answer or an error of its own. All throw KernelError where the mount is gone or no answer comes.
 */
export class Resolver {
  readonly #asking: Asking;

  private constructor(asking: Asking) {
    this.#asking = asking;
  }

  /** @throws KernelError where the mount is not what is expected */
  static async open(watched: Watched, { deadlineMs = DEADLINE_MS }: ResolverOptions = {}): Promise<Resolver> {
    const helper = await Helper.start('resolve.py', watched);
    return new Resolver(new Asking({ ...watched, device: helper.device }, helper, deadlineMs));
  }

  get pid(): number | undefined {
    return this.#asking.pid;
  }

  close(): void {
    this.#asking.close();
  }

  look(places: readonly Place[], options: LookOptions = {}): Promise<(Look | Errno)[]> {
    const asked = { attributes: options.attributes ?? false, writers: options.openForWriting ?? false };
    return this.#asking.ask({ op: 'look', with: asked, answer: LOOK }, items(places));
  }

  /** Where directories are, from the mounted root on; that itself is empty. ENOTDIR for anything else: a file may have several names. */
  paths(directories: readonly Place[]): Promise<(Buffer | Errno)[]> {
    return this.#asking.ask({ op: 'path', answer: bytes }, items(directories));
  }

  /**
   * All names in a directory with what they are, some thousand at a time. A name that comes or goes meanwhile may be there or not.
   * @throws Error whose cause is an {@link Errno} where the directory cannot be read
   */
  async *list(directory: Place): AsyncGenerator<readonly Entry[], void> {
    let cursor: string | null = '0';
    do {
      const [listed]: readonly (Listed | Errno)[] = await this.#asking.ask(LIST, [[placeOf(directory), cursor]]);
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
    const lent = await this.#asking.ask({ op: 'lend', answer: descriptor }, items(places));
    const { pid } = this;
    try {
      return await Promise.all(lent.map((fd) => (fd instanceof Errno ? fd : opened(`/proc/${pid}/fd/${fd}`))));
    } finally {
      const back = lent.filter((fd) => !(fd instanceof Errno)).map((fd) => [fd]);
      await this.#asking.ask({ op: 'release', answer: nothing }, back);
    }
  }

  /** All that was written before the call is on the device: syncfs(2). */
  async sync(): Promise<Errno | undefined> {
    const [done] = await this.#asking.ask({ op: 'sync', answer: nothing, deadlineMs: SYNC_MS }, [[]]);
    return done ?? undefined;
  }

  /**
   * Touches the sentinel in a directory of the volume that is not served.
   * @returns what `reached` of the events will say once all that was done before this call has been said
   */
  async sentinel(directory: Place): Promise<string | Errno> {
    const id = randomBytes(16).toString('hex');
    const item = [placeOf(directory), Buffer.from(`sentinel.${id}`).toString('hex')];
    const [done] = await this.#asking.ask({ op: 'sentinel', answer: nothing }, [item]);
    return done ?? id;
  }
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

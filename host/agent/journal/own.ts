import type { Handle } from '../kernel/handle.ts';
import type { Entry, Place } from '../kernel/places.ts';
import { Errno } from '../kernel/requests.ts';
import type { Resolver } from '../kernel/resolver.ts';

/** What the project keeps on a volume, at the top: no content. */
export const OWN = '.remount';
const OWN_PLACE: Place = { path: Buffer.from(OWN) };
const TYPE = 0o170000;
export const DIRECTORY = 0o040000;

export function isDirectory({ mode }: { readonly mode: number }): boolean {
  return (mode & TYPE) === DIRECTORY;
}

/** Directories and which is in which, by their handles. */
class Directories {
  readonly #above = new Map<Handle, Handle | undefined>();
  readonly #below = new Map<Handle, Set<Handle>>();

  has(directory: Handle): boolean {
    return this.#above.has(directory);
  }

  add(directory: Handle, above: Handle | undefined): void {
    const before = this.#above.get(directory);
    if (before !== undefined) this.#below.get(before)?.delete(directory);
    this.#above.set(directory, above);
    if (above === undefined) return;
    const below = this.#below.get(above) ?? new Set();
    this.#below.set(above, below.add(directory));
  }

  /** With all that is in it. */
  delete(directory: Handle): void {
    const above = this.#above.get(directory);
    if (above !== undefined) this.#below.get(above)?.delete(directory);
    const gone = [directory];
    for (const one of gone) {
      for (const below of this.#below.get(one) ?? []) gone.push(below);
      this.#below.delete(one);
      this.#above.delete(one);
    }
  }
}

/** Directories of `.remount`, by their handles: what happens there is nobody's content. */
export class Own {
  readonly #resolver: Resolver;
  #directories = new Directories();
  /** While they are read anew: what comes meanwhile is in both, and what goes is not found by what was read before. */
  #reading: { readonly directories: Directories; readonly left: Set<Handle> } | undefined;

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  has(directory: Handle): boolean {
    return this.#directories.has(directory);
  }
  /** @param above the directory that it is in now */
  add(directory: Handle, above: Handle): void {
    this.#directories.add(directory, above);
    this.#reading?.directories.add(directory, above);
    this.#reading?.left.delete(directory);
  }
  /** It has left `.remount`, and so has all that is in it. */
  delete(directory: Handle): void {
    this.#directories.delete(directory);
    this.#reading?.directories.delete(directory);
    this.#reading?.left.add(directory);
  }

  /** Reads them anew. @throws Error where `.remount` is not there, or cannot be read */
  async read(): Promise<void> {
    const [own] = await this.#resolver.look([OWN_PLACE]);
    if (!own || own instanceof Errno) throw new Error(`the volume has no ${OWN}: ${own?.code}`);
    const reading = { directories: new Directories(), left: new Set<Handle>() };
    this.#reading = reading;
    reading.directories.add(own.handle, undefined);
    const queue = [own.handle];
    for (const directory of queue) {
      for await (const { handle, ...entry } of entriesOf(this.#resolver, directory)) {
        // The directory itself, or this one, may have left since it was read.
        if (!isDirectory(entry) || !reading.directories.has(directory) || reading.left.has(handle)) continue;
        reading.directories.add(handle, directory);
        queue.push(handle);
      }
    }
    this.#directories = reading.directories;
    this.#reading = undefined;
  }
}

/** None where it is gone. @throws Error where it cannot be read */
export async function* entriesOf(resolver: Resolver, directory: Handle): AsyncGenerator<Entry> {
  try {
    for await (const entries of resolver.list(directory)) yield* entries;
  } catch (error) {
    const cause = (error as Error).cause as { code?: string } | undefined;
    if (cause?.code !== 'ESTALE' && cause?.code !== 'ENOENT') throw error;
  }
}

/** The handle of the directory at the top. @throws Error where it cannot be had */
export async function rootOf(resolver: Resolver): Promise<Handle> {
  const [root] = await resolver.look(['' as Handle]);
  if (!root || root instanceof Errno) throw new Error(`the top of the volume cannot be looked at: ${root?.code}`);
  return root.handle;
}

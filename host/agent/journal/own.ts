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

/** Directories of `.remount`, by their handles: what happens there is nobody's content. */
export class Own {
  readonly #resolver: Resolver;
  #directories = new Set<Handle>();
  /** While they are read anew: what comes meanwhile is in both. */
  #reading: Set<Handle> | undefined;

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  has(directory: Handle): boolean {
    return this.#directories.has(directory);
  }
  add(directory: Handle): void {
    this.#directories.add(directory);
    this.#reading?.add(directory);
  }
  delete(directory: Handle): void {
    this.#directories.delete(directory);
    this.#reading?.delete(directory);
  }

  /** Reads them anew. @throws Error where `.remount` is not there, or cannot be read */
  async read(): Promise<void> {
    const [own] = await this.#resolver.look([OWN_PLACE]);
    if (!own || own instanceof Errno) throw new Error(`the volume has no ${OWN}: ${own?.code}`);
    const reading = new Set<Handle>();
    this.#reading = reading;
    const queue = [own.handle];
    for (const directory of queue) {
      reading.add(directory);
      for await (const entry of entriesOf(this.#resolver, directory)) if (isDirectory(entry)) queue.push(entry.handle);
    }
    this.#directories = reading;
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

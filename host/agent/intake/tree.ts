import { createHash } from 'node:crypto';
import { chmod, type FileHandle, lchown, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A file as it was written. */
export interface Written {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal digits. */
  readonly sha256: string;
}

/** Whoever reads them may read all of it; nobody executes anything. */
const FILE = 0o644;
const DIRECTORY = 0o755;

/**
 * Writes a course into a directory that is empty, is nobody else's, and in which nothing but files and directories is ever made: so no path of a course leads
 * out of it. Nothing is written twice: what is there already is an error.
 */
export class TreeWriter {
  readonly #top: string;
  readonly #owner: Owner | undefined;
  readonly #made = new Map<string, Promise<void>>([['.', Promise.resolve()]]);

  /** @param owner whose it is to be @default whoever writes it */
  constructor(top: string, owner?: Owner) {
    this.#top = top;
    this.#owner = owner;
  }

  /** Gives the directory itself to its owner. */
  async own(): Promise<void> {
    if (this.#owner) await lchown(this.#top, this.#owner.uid, this.#owner.gid);
  }

  /** @param path within the course, judged before (`intake/path.ts`) @throws Error of Linux; whatever the bytes throw */
  async file(path: string, bytes: AsyncIterable<Uint8Array>): Promise<Written> {
    await this.directory(dirname(path));
    const file = await open(join(this.#top, path), 'wx', FILE);
    try {
      const { size, sha256 } = await this.#write(file, bytes);
      await file.chmod(FILE);
      if (this.#owner) await file.chown(this.#owner.uid, this.#owner.gid);
      return { path, size, sha256 };
    } finally {
      await file.close();
    }
  }

  /** With all above it. */
  directory(path: string): Promise<void> {
    const made = this.#made.get(path) ?? this.#make(path);
    this.#made.set(path, made);
    return made;
  }

  async #make(path: string): Promise<void> {
    await this.directory(dirname(path));
    const whole = join(this.#top, path);
    await mkdir(whole);
    await chmod(whole, DIRECTORY);
    if (this.#owner) await lchown(whole, this.#owner.uid, this.#owner.gid);
  }

  async #write(file: FileHandle, bytes: AsyncIterable<Uint8Array>) {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of bytes) {
      hash.update(chunk);
      await writeAll(file, chunk);
      size += chunk.length;
    }
    return { size, sha256: hash.digest('hex') };
  }
}

/** A write may take less than it was given: write(2). */
export async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}

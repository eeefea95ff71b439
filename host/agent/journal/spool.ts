import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalRecord } from '../../../journal/record.ts';
import { encode } from '../../../journal/segment/encode.ts';
import type { Header } from '../../../journal/segment/layout.ts';
import type { Stage } from '../../../journal/write/source.ts';
import type { Body } from './store.ts';

/** A segment that is made, with the sum of all its bytes. */
export interface Made extends Body {
  readonly sum: string;
}

/**
 * The writer's files on the root disk: content that is gathered, and the one segment that is made of it. What is there from before is of no use: what it
 * stated is dirty again.
 */
export class Spool {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async clear(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** An empty stage, in the place of the one before. */
  async stage(): Promise<SpoolStage> {
    return new SpoolStage(await open(this.#stage, 'w', 0o600));
  }

  /** The segment of what was staged: written out, since each attempt sends the same bytes. */
  async make(header: Header, records: readonly JournalRecord[]): Promise<Made> {
    const path = join(this.#directory, 'segment');
    const file = await open(path, 'w', 0o600);
    try {
      const hash = createHash('sha256');
      let size = 0;
      for await (const bytes of encode(header, records, createReadStream(this.#stage))) {
        hash.update(bytes);
        size += bytes.length;
        await file.writeFile(bytes);
      }
      return { path, size, sum: hash.digest('hex') };
    } finally {
      await file.close();
    }
  }

  get #stage(): string {
    return join(this.#directory, 'stage');
  }
}

export class SpoolStage implements Stage {
  readonly #file: FileHandle;
  size = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.size);
      at += bytesWritten;
      this.size += bytesWritten;
    }
  }

  async truncate(size: number): Promise<void> {
    await this.#file.truncate(size);
    this.size = size;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

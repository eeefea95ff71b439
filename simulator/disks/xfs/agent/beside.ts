import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { UploadAct, UploadVersion } from '../../uploads.ts';
import type { S3State } from './http-s3.ts';

export interface WrittenObject {
  /** Bucket and key. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** As headers name it. */
  readonly metadata: Readonly<Record<string, string>>;
}

export type Question =
  | { readonly endpoint: true }
  | { readonly state: S3State }
  | { readonly written: true }
  | { readonly gone: readonly string[] }
  | { readonly uploads: readonly UploadVersion[]; readonly bucket: string }
  | { readonly idle: string; readonly bucket: string; readonly looks: number; readonly withinMs: number }
  | { readonly acts: true }
  | { readonly socket: string; readonly line: string; readonly withinMs: number };

export interface Answers {
  readonly endpoint: string;
  readonly state: null;
  readonly written: readonly WrittenObject[];
  readonly gone: null;
  readonly uploads: null;
  readonly idle: boolean;
  readonly acts: readonly UploadAct[];
  readonly socket: string | null;
}

/** Longer than any question takes. Milliseconds. */
const PATIENCE_MS = 300_000;

/**
 * What goes on beside a rehearsal, which is asked and waited for: where verbs of hosts run, and so in virtual time, this process does nothing else. See
 * `beside.worker.ts`.
 */
export class Beside {
  readonly endpoint: string;
  readonly #port: MessagePort;
  readonly #asked = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#worker = new Worker(new URL('./beside.worker.ts', import.meta.url), {
      workerData: { port: port2, asked: this.#asked },
      transferList: [port2],
    });
    this.#worker.unref();
    this.#port.unref();
    this.endpoint = this.#ask<'endpoint'>({ endpoint: true });
  }

  set state(state: S3State) {
    this.#ask({ state });
  }

  /** Objects that were written since this was asked last, in that order. */
  written(): readonly WrittenObject[] {
    return this.#ask<'written'>({ written: true });
  }

  /** Objects are there no more, by bucket and key. */
  forget(paths: readonly string[]): void {
    this.#ask<'gone'>({ gone: paths });
  }

  /** All that a bucket of uploads has. */
  give(bucket: string, uploads: readonly UploadVersion[]): void {
    this.#ask<'uploads'>({ uploads, bucket });
  }

  /** Waits until nothing waits below a prefix, in so many looks in a row. @returns whether that came in time */
  idle(bucket: string, idle: string, looks: number, withinMs: number): boolean {
    return this.#ask<'idle'>({ idle, bucket, looks, withinMs });
  }

  /** What was done with uploads since this was asked last, in that order. */
  acts(): readonly UploadAct[] {
    return this.#ask<'acts'>({ acts: true });
  }

  /** A line to a socket. @returns the answer; `null`: nobody listens, or whoever did has ended */
  line(socket: string, line: string, withinMs: number): string | null {
    return this.#ask<'socket'>({ socket, line, withinMs });
  }

  close(): void {
    this.#port.close();
    void this.#worker.terminate();
  }

  #ask<Kind extends keyof Answers>(question: Question): Answers[Kind] {
    Atomics.store(this.#asked, 0, 0);
    this.#port.postMessage(question);
    // Whoever is woken may be so by the question before.
    while (Atomics.load(this.#asked, 0) === 0)
      if (Atomics.wait(this.#asked, 0, 0, PATIENCE_MS) === 'timed-out')
        throw new Error(`real disks: no answer from beside: ${JSON.stringify(question)}`);
    return receiveMessageOnPort(this.#port)?.message as Answers[Kind];
  }
}

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod/mini';

/** Which mount is meant, and what runs the helpers. */
export interface Watched {
  /** The directory that the volume is mounted on, and no link to it. */
  readonly mountPoint: string;
  /** Number of the device that must be mounted there, `major:minor`. Left out: whatever is mounted. */
  readonly device?: string;
  /** Python 3.9 or later, by its whole path. @default `/usr/bin/python3` */
  readonly python?: string;
  /** Where the `.py` files are. @default beside this file */
  readonly helpers?: string;
}

/**
 * Why there are no events or answers.
 *
 * - `notMounted`, `otherDevice`, `notXfs`: not what was to be watched is mounted there.
 * - `unmounted`, `replaced`: it was, and is not any more.
 * - `failed`: the kernel or Python refuses; the message has the call and its error.
 * - `ended`: the helper ended by itself, or was killed.
 * - `late`: no answer in time; the file system is frozen, or its device stalls.
 */
export class KernelError extends Error {
  readonly code: KernelErrorCode;
  constructor(code: KernelErrorCode, message: string) {
    super(message);
    this.name = 'KernelError';
    this.code = code;
  }
}

const REFUSALS = ['notMounted', 'otherDevice', 'notXfs', 'unmounted', 'replaced', 'failed'] as const;
export type KernelErrorCode = (typeof REFUSALS)[number] | 'ended' | 'late';

const GREETING = z.union([
  z.object({ watching: z.string().check(z.regex(/^\d+:\d+$/)) }),
  z.object({ refused: z.enum(REFUSALS), message: z.string() }),
]);

/** What is kept of what it says on standard error, in characters. */
const COMPLAINT = 2000;
/** No line is longer; of more, something is wrong. Bytes. */
const LONGEST_LINE = 256 * 2 ** 20;

/** A helper of this folder, running: a mount that is watched, lines that it says, lines that are said to it. */
export class Helper {
  /** Number of the device that is mounted. */
  readonly device: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<unknown, undefined>;
  readonly #ended: Promise<string>;

  private constructor(started: Started, device: string) {
    this.#child = started.child;
    this.#lines = started.lines;
    this.#ended = started.ended;
    this.device = device;
  }

  /** Starts one, and waits until its mark is set. @throws KernelError */
  static async start(
    script: 'events.py' | 'resolve.py',
    watched: Watched,
    ...more: readonly string[]
  ): Promise<Helper> {
    const { mountPoint, device = '-', python = '/usr/bin/python3', helpers = import.meta.dirname } = watched;
    const args = ['-E', '-s', '-S', '-B', join(helpers, script), mountPoint, device, ...more];
    const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'pipe'], env: {} });
    const started = { child, lines: linesOf(child.stdout), ended: endOf(child) };
    // A write to one that has ended fails; that it has ended is said by its end.
    child.stdin.on('error', () => {});
    const first = await started.lines.next();
    if (first.done) throw new KernelError('failed', `${script} did not start: ${await started.ended}`);
    const greeting = z.parse(GREETING, first.value);
    if ('watching' in greeting) return new Helper(started, greeting.watching);
    await started.ended;
    throw new KernelError(greeting.refused, greeting.message);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @returns the next document that it says; `undefined` once it has ended */
  async next(): Promise<unknown> {
    return (await this.#lines.next()).value;
  }

  say(document: object): void {
    this.#child.stdin.write(`${JSON.stringify(document)}\n`);
  }

  /** What there is to say of its end, once it has ended: exit code or signal, and its last words. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  /** Ends it at once. One that waits for a stalled device ends when the device answers. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

interface Started {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly lines: AsyncIterator<unknown, undefined>;
  readonly ended: Promise<string>;
}

function endOf(child: Started['child']): Promise<string> {
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT);
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(`${signal ?? `exit ${code}`} ${complaint.trim()}`.trim()));
  });
}

/** The documents of a stream, a line each. What a killed process has not finished is none. */
async function* linesOf(stream: Readable): AsyncGenerator<unknown, undefined> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...parts, rest.subarray(0, end)]).toString();
      parts = [];
      length = 0;
      rest = rest.subarray(end + 1);
      yield JSON.parse(line);
    }
    parts.push(rest);
    length += rest.length;
    if (length > LONGEST_LINE)
      throw new KernelError('failed', `a helper said a line of more than ${LONGEST_LINE} bytes`);
  }
  return undefined;
}

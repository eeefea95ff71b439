import * as z from 'zod/mini';
import { Helper, KernelError, type Watched } from './helper.ts';

/** Items of one request: some ten milliseconds of work, and no more of other people's waiting. */
const ITEMS = 512;

const ERROR = z.string().check(z.regex(/^E[A-Z0-9]+$/));
const ANSWER = z.union([
  z.object({ id: z.int(), of: z.array(z.unknown()) }),
  z.object({ id: z.int(), gone: z.enum(['notMounted', 'notXfs', 'unmounted', 'replaced']) }),
]);

/** An error of Linux, by its name, such as ENOENT; ESTALE where nothing has that handle any more. */
export class Errno {
  readonly code: string;
  constructor(code: string) {
    this.code = code;
  }
}

/** One operation of the helper. */
export interface Question<T> {
  readonly op: string;
  readonly with?: object;
  /** What the answer of one item looks like. */
  readonly answer: z.ZodMiniType<T>;
  /** Where it takes longer than others. Milliseconds. */
  readonly deadlineMs?: number;
}

/**
 * Asks a helper, one request at a time: it answers in turn. One that has ended is started again by the next request. One that does not
 * answer in time is killed; should it hang in the kernel even so, no other is started beside it, and all requests fail at once until it ends.
 */
export class Requests {
  readonly #watched: Watched;
  readonly #deadlineMs: number;
  #helper: Helper | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;
  #hanging = false;
  #closed = false;

  constructor(watched: Watched, helper: Helper, deadlineMs: number) {
    this.#watched = watched;
    this.#helper = helper;
    this.#deadlineMs = deadlineMs;
  }

  /** Process id of the helper; `undefined` while there is none. */
  get pid(): number | undefined {
    return this.#helper?.pid;
  }

  close(): void {
    this.#closed = true;
    this.#helper?.kill();
  }

  /**
   * @returns an answer or an error for each item, in their order
   * @throws KernelError where none can be had
   */
  async ask<T>(question: Question<T>, items: readonly unknown[]): Promise<(T | Errno)[]> {
    const found: (T | Errno)[] = [];
    for (let at = 0; at < items.length; at += ITEMS) {
      const turn = this.#last.then(() => this.#request(question, items.slice(at, at + ITEMS)));
      this.#last = turn.catch(() => {});
      found.push(...(await turn));
    }
    return found;
  }

  async #request<T>(question: Question<T>, of: readonly unknown[]): Promise<(T | Errno)[]> {
    if (this.#closed) throw new KernelError('ended', 'closed');
    if (this.#hanging) throw new KernelError('late', 'the helper that was killed still waits for the file system');
    this.#helper ??= await Helper.start('resolve.py', this.#watched);
    const id = ++this.#count;
    this.#helper.say({ id, op: question.op, with: question.with ?? {}, of });
    const said = await this.#answer(this.#helper, question.deadlineMs ?? this.#deadlineMs);
    const answer = z.parse(ANSWER, said);
    if ('gone' in answer) throw new KernelError(answer.gone, `${this.#watched.mountPoint}: ${answer.gone}`);
    if (answer.id !== id || answer.of.length !== of.length)
      throw new KernelError('failed', `answer ${answer.id} of ${answer.of.length}, and not ${id} of ${of.length}`);
    const one = z.union([
      z.pipe(
        ERROR,
        z.transform((code) => new Errno(code)),
      ),
      question.answer,
    ]);
    return answer.of.map((each) => z.parse(one, each) as T | Errno);
  }

  async #answer(helper: Helper, deadlineMs: number): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, deadlineMs, 'late');
    });
    const said = await Promise.race([helper.next(), late]).finally(() => clearTimeout(timer));
    if (said !== undefined && said !== 'late') return said;
    this.#helper = undefined;
    helper.kill();
    if (said === undefined) throw new KernelError('ended', `the helper has ended: ${await helper.ended}`);
    this.#hanging = true;
    helper.ended.then(() => {
      this.#hanging = false;
    });
    throw new KernelError('late', `no answer within ${deadlineMs} ms`);
  }
}

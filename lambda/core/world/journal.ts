import type { Clock } from './clock.ts';
import type { StepRecord } from './model.ts';
import type { Workflow } from './ports.ts';
import { type Asked, asking, type NoAnswer } from './unanswered.ts';

/** Once a service has not answered for so long, people are notified. An attempt takes up to 25 s (`lambda/aws/patience.ts`). */
const NOTIFY_AFTER_MS = 20_000;
const ASK_AGAIN_SECONDS = 5;

/** Hears that a service has not answered for a while; what it throws ends the heal. */
type Outage = (none: NoAnswer) => Promise<void>;

interface Timed<T> {
  readonly value: T;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Why a run may not act any more: `lostLease`, to another heal or to time; `yields`, a drill to a heal or to time. */
export interface Stop {
  readonly tag: 'lostLease' | 'yields';
  readonly why: string;
}

/**
 * Ends a run that may not act any more. It is thrown beside steps and never within one: of an error that a step throws a durable
 * execution keeps the text and little else, so that within a step the same is a result with a tag.
 */
export class Stopped extends Error {
  readonly stop: Stop;

  constructor(stop: Stop) {
    super(stop.why);
    this.name = 'Stopped';
    this.stop = stop;
  }
}

/** Whether that is why a run ended. */
export function isStopped(error: unknown, tag: Stop['tag']): error is Stopped {
  return error instanceof Stopped && error.stop.tag === tag;
}

/** Runs the steps of one heal and keeps when each began and ended. The times are taken inside the step, so a replay repeats them. */
export class Journal {
  readonly steps: StepRecord[] = [];
  readonly #workflow: Workflow;
  readonly #clock: Clock;
  #guard: (() => Promise<Stop | undefined>) | undefined;
  #outage: Outage | undefined;

  constructor(workflow: Workflow, clock: Clock) {
    this.#workflow = workflow;
    this.#clock = clock;
  }

  /** From now on {@link act} asks this first. @param guard says why this run may not act any more; `undefined`: it may */
  guardBy(guard: () => Promise<Stop | undefined>): void {
    this.#guard = guard;
  }

  /** From now on, who waits for a service that does not answer says so. Its own steps are those of {@link ask}. */
  outageBy(notify: Outage): void {
    this.#outage = notify;
  }

  /**
   * A step that changes the world. It asks for leave within the step, and so each time that it runs: a heal whose function was
   * dead for longer than its lease comes back in the middle of a step, and others have acted since.
   * @throws Stopped when it may not act any more
   */
  async act<T>(name: string, run: () => Promise<T>, note?: (value: T) => string): Promise<T> {
    const done = await this.#done(name, async (): Promise<{ readonly stop: Stop } | { readonly value: T }> => {
      if (!this.#guard) throw new Error(`${name}: this heal has no lease`);
      const stop = await this.#guard();
      return stop ? { stop } : { value: await run() };
    });
    if ('stop' in done.value) throw new Stopped(done.value.stop);
    return this.#noted(name, { ...done, value: done.value.value }, note);
  }

  /**
   * A step that only looks, or whose effect is conditional by itself. Where a service does not answer it is tried again, as any step
   * is, and people are notified of it before that has taken a minute.
   */
  async step<T>(name: string, run: () => Promise<T>, note?: (value: T) => string): Promise<T> {
    return this.#noted(name, await this.#done(name, run), note);
  }

  #done<T>(name: string, run: () => Promise<T>): Promise<Timed<T>> {
    return this.#outage ? this.#persist(name, run, this.#outage) : this.#timed(name, run);
  }

  #noted<T>(name: string, { value, startedAt, endedAt }: Timed<T>, note: (value: T) => string = () => ''): T {
    this.steps.push({ name, startedAt, endedAt, note: note(value) });
    return value;
  }

  async #persist<T>(name: string, run: () => Promise<T>, notify: Outage): Promise<Timed<T>> {
    for (let first: number | undefined; ; ) {
      const asked = await this.#timed(name, () => asking(run));
      first ??= asked.startedAt;
      const { value } = asked;
      if (value.answered) return { value: value.value, startedAt: first, endedAt: asked.endedAt };
      if (asked.endedAt - first >= NOTIFY_AFTER_MS) {
        await notify(value);
        return { ...(await this.#timed(name, run)), startedAt: first };
      }
      await this.#workflow.pause('await-answer', ASK_AGAIN_SECONDS);
    }
  }

  /** A step whose service may not answer, which is an answer. Nobody is notified. */
  async ask<T>(name: string, run: () => Promise<T>): Promise<Asked<T>> {
    const { value, startedAt, endedAt } = await this.#timed(name, () => asking(run));
    this.steps.push({ name, startedAt, endedAt, note: value.answered ? '' : value.why });
    return value;
  }

  async #timed<T>(name: string, run: () => Promise<T>): Promise<Timed<T>> {
    return this.#workflow.step(name, async () => {
      const startedAt = this.#clock.now();
      const value = await run();
      return { value, startedAt, endedAt: this.#clock.now() };
    });
  }

  /** From the first step's beginning to the last one's end: the same in a replay. */
  elapsedSeconds(): number {
    const [first] = this.steps;
    return first ? ((this.steps.at(-1)?.endedAt ?? first.endedAt) - first.startedAt) / 1000 : 0;
  }

  async pause(name: string, seconds: number): Promise<void> {
    await this.#workflow.pause(name, seconds);
  }
}

import type { Clock } from './clock.ts';
import type { StepRecord } from './model.ts';
import type { Workflow } from './ports.ts';

/** Runs the steps of one heal and keeps when each began and ended. The times are taken inside the step, so a replay repeats them. */
export class Journal {
  readonly steps: StepRecord[] = [];
  readonly #workflow: Workflow;
  readonly #clock: Clock;
  #guard: (() => Promise<void>) | undefined;

  constructor(workflow: Workflow, clock: Clock) {
    this.#workflow = workflow;
    this.#clock = clock;
  }

  /** From now on {@link act} asks this first. It throws when this heal may not act any more. */
  guardBy(guard: () => Promise<void>): void {
    this.#guard = guard;
  }

  /**
   * A step that changes the world. It asks for leave within the step, and so each time that it runs: a heal whose function was
   * dead for longer than its lease comes back in the middle of a step, and others have acted since.
   */
  async act<T>(name: string, run: () => Promise<T>, note?: (value: T) => string): Promise<T> {
    const asked = async () => {
      if (!this.#guard) throw new Error(`${name}: this heal has no lease`);
      await this.#guard();
      return run();
    };
    return this.step(name, asked, note);
  }

  /** A step that only looks, or whose effect is conditional by itself. */
  async step<T>(name: string, run: () => Promise<T>, note: (value: T) => string = () => ''): Promise<T> {
    const done = await this.#workflow.step(name, async () => {
      const startedAt = this.#clock.now();
      const value = await run();
      return { value, startedAt, endedAt: this.#clock.now() };
    });
    this.steps.push({ name, startedAt: done.startedAt, endedAt: done.endedAt, note: note(done.value) });
    return done.value;
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

import { stepRetry } from '../../lambda/aws/durable.ts';
import type { Workflow } from '../../lambda/core/world/ports.ts';
import type { VirtualClock } from '../../simulator/time/clock.ts';
import type { Random } from '../../simulator/time/random.ts';
import { DIE_LONG_MS, Died, type Injector, type Life, type Made } from './injector.ts';

/** A checkpoint is a call of its own; between the end of a wait, or a death, and the function running again (milliseconds). */
const CHECKPOINT_MS = 15;
const RESUME_MS = 80;
const REVIVE = { median: 3000, p99: 20_000 };
/** An execution that dies more often than any schedule can ask for is a defect of the simulation. */
const MAX_DEATHS = 400;

type Recorded = { readonly value: string | undefined } | { readonly error: unknown };

/**
 * What a Lambda durable execution does, in memory: steps are checkpointed and run at least once each, a dead invocation is
 * replayed from its checkpoints, pauses and retries let virtual time pass. The real SDK does the same at a hundredth of the speed
 * (`--durable`).
 */
export async function executeVirtually<T>(
  parts: {
    readonly clock: VirtualClock;
    readonly random: Random;
    readonly injector: Injector;
    readonly died: () => void;
    /** Counts the calls of the execution. */
    readonly made: Made;
  },
  run: (workflow: Workflow) => Promise<T>,
): Promise<T> {
  const { clock, injector } = parts;
  const done: Recorded[] = [];
  for (let deaths = 0; deaths < MAX_DEATHS; deaths++) {
    const life: Life = { dead: false, restMs: 0, made: parts.made };
    try {
      const result = await injector.lives.run(life, () => run(new Replay(parts, life, done)));
      if (!life.dead) return result;
    } catch (error) {
      if (!life.dead) throw error;
    }
    parts.died();
    await clock.sleep(Math.max(1500, parts.random.delay(REVIVE)) + life.restMs);
  }
  throw new Error(`an execution died ${MAX_DEATHS} times`);
}

class Replay implements Workflow {
  #at = 0;
  readonly #clock: VirtualClock;
  readonly #injector: Injector;
  readonly #life: Life;
  readonly #done: Recorded[];

  constructor(
    { clock, injector }: { readonly clock: VirtualClock; readonly injector: Injector },
    life: Life,
    done: Recorded[],
  ) {
    this.#clock = clock;
    this.#injector = injector;
    this.#life = life;
    this.#done = done;
  }

  async step<T>(name: string, run: () => Promise<T>): Promise<T> {
    if (this.#life.dead) throw new Died();
    const known = this.#done[this.#at++];
    if (known) {
      if ('error' in known) throw known.error;
      return known.value === undefined ? (undefined as T) : (JSON.parse(known.value) as T);
    }
    const due = this.#injector.due(`step:${name}`);
    const after = this.#life.step;
    this.#life.step = name;
    const visit = this.#injector.visited(`step:${name}`, after);
    if (due.includes('dieBefore')) this.#die();
    if (due.includes('dieLong')) this.#die(DIE_LONG_MS);
    for (let attempt = 1; ; attempt++) {
      let outcome: Recorded;
      try {
        outcome = { value: JSON.stringify(await run()) };
      } catch (error) {
        if (this.#life.dead) throw new Died();
        const { shouldRetry, delay } = stepRetry(error as Error, attempt);
        if (shouldRetry) {
          await this.#clock.sleep(delay.seconds * 1000 + RESUME_MS);
          continue;
        }
        outcome = { error };
      }
      if (this.#life.dead) throw new Died();
      visit(outcome);
      if (due.includes('dieAfter')) this.#die();
      await this.#clock.sleep(CHECKPOINT_MS);
      if (this.#life.dead) throw new Died();
      this.#done.push(outcome);
      if (name === 'begin' && 'value' in outcome)
        Object.assign(this.#life.made, JSON.parse(outcome.value ?? '{}') as { readonly healId?: string });
      if ('error' in outcome) throw outcome.error;
      return outcome.value === undefined ? (undefined as T) : (JSON.parse(outcome.value) as T);
    }
  }

  async pause(_name: string, seconds: number): Promise<void> {
    if (this.#life.dead) throw new Died();
    if (this.#done[this.#at++]) return;
    await this.#clock.sleep(seconds * 1000 + RESUME_MS);
    if (this.#life.dead) throw new Died();
    this.#done.push({ value: undefined });
  }

  #die(restMs = 0): never {
    Object.assign(this.#life, { dead: true, restMs });
    throw new Died();
  }
}

import { Courses } from '../../../../host/agent/intake/courses.ts';
import { Intake, type IntakeWorld, type Wake } from '../../../../host/agent/intake/intake.ts';
import type { IntakeStore } from '../../../../host/agent/intake/store.ts';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { LIMITS, type Limits } from '../../../../intake/limits.ts';
import { Life } from '../journal/mortal.ts';
import type { Volume } from '../kernel/lab.ts';

/** Of real time: a whole story is a second or two. Milliseconds. */
const FAST = { lookMs: 20, againMs: 5, trimMs: 50, owedMs: 50 };

const pause = (ms: number, wake: Wake) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake.on(() => {
      clearTimeout(timer);
      resolve();
    });
  });

export interface Taking {
  readonly volume: Volume;
  readonly store: IntakeStore;
  readonly flush: IntakeWorld['flush'];
  readonly now?: () => number;
  readonly limits?: Partial<Limits>;
  readonly life?: Life;
}

/** An intake on a mounted volume, which may be killed at any call. */
export class Taker {
  readonly intake: Intake;
  readonly courses: Courses;
  readonly #resolver: Resolver;
  readonly #begun: Promise<unknown>[] = [];
  #ended!: Promise<unknown>;

  private constructor(world: Taking, resolver: Resolver) {
    const { life = new Life(), store, volume, flush } = world;
    this.#resolver = resolver;
    this.courses = new Courses(volume.mountPoint, life.of(resolver));
    this.intake = new Intake({
      volume: 'alpha',
      store: life.of(store),
      courses: life.of(this.#remembered(this.courses)),
      limits: { ...LIMITS, ...world.limits },
      ignoreCase: false,
      flush: () => life.of({ flush }).flush(),
      now: world.now ?? Date.now,
      pause,
      pace: FAST,
    });
  }

  static async start(world: Taking): Promise<Taker> {
    const taker = new Taker(world, await Resolver.open(world.volume));
    taker.#ended = taker.intake
      .run()
      .then(() => 'stopped')
      .catch((error: unknown) => error)
      .finally(() => Promise.allSettled(taker.#begun))
      .finally(() => taker.#resolver.close());
    return taker;
  }

  /** What a dead process has begun on the volume ends before another one starts: two at once there never are. */
  #remembered<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          const result = value.apply(target, args);
          this.#begun.push(result);
          return result;
        };
      },
    });
  }

  /** How it ended: `stopped`, or its error. */
  ended(): Promise<unknown> {
    return this.#ended;
  }
  async stop(): Promise<unknown> {
    this.intake.stop();
    return this.#ended;
  }
}

/** Waits for something, in real time: a watchdog for what never comes, and no limit. @throws Error where it does not come */
export async function until(what: string, is: () => boolean | Promise<boolean>, ms = 600_000): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (await is()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never: ${what}`);
}

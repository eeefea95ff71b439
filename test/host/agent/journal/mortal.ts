/** It is dead: whatever it asks for fails, whether or not what it asked for last was done. */
export class Killed extends Error {}

/** One process, as its ports see it: killed at any call, before or after that is done. */
export class Life {
  #left = Number.POSITIVE_INFINITY;
  #dead = false;

  /** After so many more calls. */
  killAfter(calls: number): void {
    this.#left = calls;
  }
  get isDead(): boolean {
    return this.#dead;
  }

  check(): void {
    if (this.#dead) throw new Killed();
  }
  spend(): void {
    this.check();
    if (--this.#left <= 0) this.#dead = true;
  }

  /** A port whose calls count. */
  of<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function' || name === 'close')
          return typeof value === 'function' ? value.bind(target) : value;
        return (...args: unknown[]) => this.#call(() => value.apply(target, args));
      },
    });
  }

  #call(call: () => unknown): unknown {
    const result = call();
    if (result instanceof Promise) return this.#promised(result);
    if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
      return this.#iterated(result as AsyncIterable<unknown>);
    return result;
  }
  async #promised(result: Promise<unknown>): Promise<unknown> {
    // Nobody hears of it any more where this was the last call.
    result.catch(() => {});
    this.spend();
    try {
      return await result;
    } finally {
      this.check();
    }
  }
  async *#iterated(result: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    for await (const one of result) {
      this.spend();
      yield one;
      this.check();
    }
  }
}

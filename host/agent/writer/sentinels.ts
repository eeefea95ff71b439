import { OWN } from '../journal/own.ts';
import { Errno } from '../kernel/requests.ts';
import { newSentinel, type Resolver } from '../kernel/resolver.ts';

/** Where sentinels are touched. */
const HERE = { path: Buffer.from(OWN) };
/** An event of a volume that is not frozen comes in milliseconds. */
const LONGEST = 60_000;

/** Says when all that was done up to a moment has been heard. */
export class Sentinels {
  readonly #resolver: Resolver;
  readonly #waiting = new Map<string, (reached: boolean) => void>();

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  /** @returns whether all that was done before the call has been heard; `false`: there is doubt, or nothing came */
  async heard(): Promise<boolean> {
    const id = newSentinel();
    let timer: NodeJS.Timeout | undefined;
    const reached = new Promise<boolean>((resolve) => {
      this.#waiting.set(id, resolve);
      timer = setTimeout(resolve, LONGEST, false);
    });
    try {
      const touched = await this.#resolver.sentinel(HERE, id);
      if (touched instanceof Errno) throw new Error(`the sentinel cannot be touched: ${touched.code}`);
      return await reached;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  reached(id: string): void {
    this.#waiting.get(id)?.(true);
  }

  /** What was touched before may never be said. */
  doubt(): void {
    for (const resolve of this.#waiting.values()) resolve(false);
  }
}

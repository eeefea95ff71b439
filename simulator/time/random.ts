/**
 * Seeded chance. Each part of the simulation draws from a stream of its own, named after it, so that one part drawing once
 * more does not change what the others see.
 */
export class Random {
  #state: number;

  constructor(seed: number, stream = '') {
    this.#state = seed >>> 0;
    for (const letter of stream) this.#state = Math.imul(this.#state ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  }

  stream(name: string): Random {
    return new Random(this.#state, name);
  }

  /** Uniform in [0, 1). The generator is mulberry32 (public domain). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** Whole number in [from, to]. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => Math.floor(this.next() * 16).toString(16)).join('');
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.next() * 256));
  }

  /**
   * Milliseconds of a delay whose logarithm is normal, given by its median and 99th percentile: the shape that waiting
   * times of services have. 2.326 is the 99th percentile of the normal distribution.
   */
  delay(shape: { readonly median: number; readonly p99: number }): number {
    const sigma = Math.log(shape.p99 / shape.median) / 2.326;
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return Math.round(shape.median * Math.exp(sigma * normal));
  }
}

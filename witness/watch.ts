import { WATCH } from '../contract/witness.ts';

/** What one host's witness reaches the world through. */
export interface World {
  /** This instance. */
  readonly self: string;
  /** Milliseconds, of no particular beginning. */
  now(): number;
  /** Whether the instance says that it serves the content volume, in time. Never fails. */
  asks(owner: string, volume: string): Promise<boolean>;
  /** Whom the ledger names. @returns `undefined`: nobody, or somebody is just being fenced. @throws Error where it does not answer */
  owner(volume: string): Promise<string | undefined>;
  /** Says that this owner does not answer. @throws Error where nobody hears it */
  says(volume: string, owner: string): Promise<void>;
}

/** Watches over one content volume: docs/decisions/0041-witness.md. */
export class Watch {
  readonly #world: World;
  readonly #volume: string;
  #owner: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #saidAt = Number.NEGATIVE_INFINITY;
  #missed = 0;

  constructor(world: World, volume: string) {
    this.#world = world;
    this.#volume = volume;
  }

  /** From one question to the next: whoever has missed an answer asks again sooner. Milliseconds. */
  get pauseMs(): number {
    return this.#missed > 0 && this.#missed < WATCH.misses ? WATCH.soonMs : WATCH.askMs;
  }

  /** One question. The owner is read anew before anything is said of it. @throws Error where the ledger, or the table, does not answer */
  async turn(): Promise<void> {
    const { now, self } = this.#world;
    if (now() - this.#readAt >= WATCH.ownerMs) await this.#learn();
    const owner = this.#owner;
    if (owner === undefined || owner === self) return;
    if (await this.#world.asks(owner, this.#volume)) {
      this.#missed = 0;
      return;
    }
    this.#missed++;
    if (this.#missed < WATCH.misses || now() - this.#saidAt < WATCH.againMs) return;
    await this.#learn();
    if (this.#owner !== owner) return;
    await this.#world.says(this.#volume, owner);
    this.#saidAt = now();
  }

  async #learn(): Promise<void> {
    const owner = await this.#world.owner(this.#volume);
    if (owner !== this.#owner) {
      this.#missed = 0;
      this.#saidAt = Number.NEGATIVE_INFINITY;
    }
    this.#owner = owner;
    this.#readAt = this.#world.now();
  }
}

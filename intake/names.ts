import type { Limits } from './limits.ts';
import { pathOf } from './path.ts';
import { MOST_REFUSALS, type Refusal } from './refusal.ts';

interface Named {
  readonly path: string;
  readonly directory: boolean;
}

export interface NamesOptions {
  readonly limits: Limits;
  /** Two names that differ in case alone are one: for content that is opened elsewhere, too. @default false */
  readonly ignoreCase?: boolean;
}

/** All names of a course, as they come: each is looked at beside those before it. Nothing of it depends on their order, but who is named as the other one. */
export class Names {
  readonly #options: NamesOptions;
  readonly #named = new Map<string, Named>();
  readonly #refusals: Refusal[] = [];
  #directories = 1;
  #leftOut = 0;
  #count = 0;

  constructor(options: NamesOptions) {
    this.#options = options;
  }

  /** What is wrong with them, the first ones. */
  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }
  /** How many were left out, for they are nobody's content. */
  get leftOut(): number {
    return this.#leftOut;
  }
  /** How many directories there are, the course's own included. */
  get directories(): number {
    return this.#directories;
  }
  /** More names than are looked at: what comes after does not matter. */
  get isFull(): boolean {
    return this.#refusals.some(({ code }) => code === 'tooMany');
  }

  refuse(refusal: Refusal): void {
    if (this.#refusals.length < MOST_REFUSALS) this.#refusals.push(refusal);
  }

  /**
   * @param name as the upload spells it
   * @returns where it is within the course; `undefined` where it is refused, or left out
   */
  add(name: string): Named | undefined {
    if (this.isFull) return undefined;
    if (++this.#count > this.#options.limits.names) return this.#tooMany();
    const found = pathOf(name);
    if ('code' in found) {
      this.refuse(found);
      return undefined;
    }
    if (found.leftOut) {
      this.#leftOut++;
      return undefined;
    }
    const { parts, directory } = found;
    for (let depth = 1; depth < parts.length; depth++)
      if (!this.#name(parts.slice(0, depth).join('/'), true)) return undefined;
    const path = parts.join('/');
    return this.#name(path, directory, true) ? { path, directory } : undefined;
  }

  /** @param said it is listed itself, and not only what is in it: a file, then, may not be there before */
  #name(path: string, directory: boolean, said = false): boolean {
    const key = this.#key(path);
    const other = this.#named.get(key);
    if (!other) {
      if (this.#named.size >= this.#options.limits.names) return this.#tooMany() !== undefined;
      this.#named.set(key, { path, directory });
      if (directory) this.#directories++;
      return true;
    }
    if (other.directory !== directory) this.refuse({ code: 'fileAndDirectory', path });
    else if (other.path !== path) this.refuse({ code: 'twice', path, as: other.path, by: howOne(path, other.path) });
    else if (said && !directory) this.refuse({ code: 'twice', path, as: other.path, by: 'same' });
    else return true;
    return false;
  }

  #tooMany(): undefined {
    this.#refusals.unshift({ code: 'tooMany', most: this.#options.limits.names });
    this.#named.clear();
    return undefined;
  }

  #key(path: string): string {
    const composed = path.normalize('NFC');
    return this.#options.ignoreCase ? composed.toUpperCase().toLowerCase().normalize('NFC') : composed;
  }
}

function howOne(one: string, other: string): 'unicode' | 'case' {
  return one.normalize('NFC') === other.normalize('NFC') ? 'unicode' : 'case';
}

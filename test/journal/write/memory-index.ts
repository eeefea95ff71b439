import { type Identity, ROOT } from '../../../journal/record.ts';
import type { Index, IndexChanges, Known } from '../../../journal/write/index.ts';

/** An index in memory: on a host it is on the root disk. */
export class MemoryIndex implements Index {
  readonly #nodes = new Map<Identity, Known>();
  readonly #names = new Map<Identity, Map<string, Identity>>();

  node(identity: Identity): Known | undefined {
    return this.#nodes.get(identity);
  }

  name(directory: Identity, name: string): Identity | undefined {
    return this.#names.get(directory)?.get(name);
  }

  names(directory: Identity): [string, Identity][] {
    return [...(this.#names.get(directory) ?? [])];
  }

  unnamed(): Identity[] {
    const named = new Set([ROOT, ...[...this.#names.values()].flatMap((names) => [...names.values()])]);
    return [...this.#nodes.keys()].filter((identity) => !named.has(identity));
  }

  apply({ nodes, names }: IndexChanges): void {
    for (const [identity, known] of nodes) {
      if (known) this.#nodes.set(identity, known);
      else {
        this.#nodes.delete(identity);
        this.#names.delete(identity);
      }
    }
    for (const { directory, name, identity } of names) {
      const all = this.#names.get(directory) ?? new Map<string, Identity>();
      this.#names.set(directory, all);
      if (identity) all.set(name, identity);
      else all.delete(name);
    }
  }
}

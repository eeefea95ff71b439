import { createHash } from 'node:crypto';
import type {
  Heard,
  IntakeStore,
  Listed,
  Opened,
  Page,
  Version,
  Waiting,
} from '../../../../host/agent/intake/store.ts';
import { Interrupted } from '../../../../host/agent/journal/store.ts';

interface Stored extends Version {
  readonly bytes: Buffer;
}
/** `undefined`: a delete marker. */
type Kept = Stored | undefined;

/**
 * - `unheard`: it is done, and the answer is lost; `lost`: it never arrives;
 * - `broken`: the object that is read breaks off.
 */
export type Mishap = 'unheard' | 'lost' | 'broken' | undefined;

/**
 * A bucket with versions, as strict as S3: order of keys by their bytes, pages, conditions. Nobody may delete a version. Its clock has whole seconds and goes on by one with each upload,
 * unless a test says otherwise.
 */
export class MemoryBucket implements IntakeStore {
  readonly #keys = new Map<string, Kept[]>();
  #count = 0;
  /** Milliseconds since 1970. */
  clock = 1_700_000_000_000;
  readonly pageSize: number;
  mishap: () => Mishap = () => undefined;
  /** Requests by their names. */
  readonly calls = new Map<string, number>();
  readonly log: string[] = [];
  /** Called before each request. */
  before: (call: string, key: string) => Promise<void> | void = () => {};

  constructor(pageSize = 1000) {
    this.pageSize = pageSize;
  }

  /** As whoever uploads. @returns the version */
  upload(key: string, content: Buffer | string, modified?: number): string {
    this.clock += 1000;
    const bytes = Buffer.from(content);
    const version = `v${String(++this.#count).padStart(6, '0')}`;
    const etag = `"${bytes.length}-${createHash('md5').update(bytes).digest('hex')}"`;
    this.#kept(key).unshift({ key, version, modified: modified ?? this.clock, etag, size: bytes.length, bytes });
    return version;
  }
  /** As whoever withdraws an upload by hand. */
  remove(key: string): void {
    this.#kept(key).unshift(undefined);
  }
  /** As a lifecycle rule. */
  expire(key: string): void {
    this.#keys.delete(key);
  }
  /** What an answer says; `undefined`: there is none. */
  answered(key: string): Record<string, unknown> | undefined {
    const kept = this.#keys.get(key) ?? [];
    if (kept.length > 1) throw new Error(`${key} was written ${kept.length} times`);
    return kept[0] && (JSON.parse(kept[0].bytes.toString()) as Record<string, unknown>);
  }
  /** Keys below a prefix that have a current version. */
  current(prefix: string): string[] {
    return this.#sorted(prefix).filter((key) => this.#keys.get(key)?.[0] !== undefined);
  }

  async list(prefix: string, from?: string): Promise<Heard<Page<Waiting>>> {
    return this.#call('list', prefix, () => {
      const all = this.current(prefix).filter((key) => from === undefined || order(key, from) > 0);
      const items = all.slice(0, this.pageSize).flatMap((key) => this.#keys.get(key)?.[0] ?? []);
      const next = all.length > this.pageSize ? items.at(-1)?.key : undefined;
      return { items: items.map(({ key, modified, size }) => ({ key, modified, size })), next };
    });
  }

  async versions(prefix: string, from?: string): Promise<Heard<Page<Listed>>> {
    return this.#call('versions', prefix, () => {
      const all = this.#sorted(prefix).flatMap((key) => {
        const kept = this.#keys.get(key) ?? [];
        const marker = kept[0] === undefined ? [{ key, marker: true as const }] : [];
        const listed = kept
          .filter((one) => one !== undefined)
          .map(({ bytes: _, ...one }) => ({ ...one, marker: false as const }));
        return [...marker, ...listed];
      });
      const start = from === undefined ? 0 : Number(from);
      const next = start + this.pageSize < all.length ? `${start + this.pageSize}` : undefined;
      return { items: all.slice(start, start + this.pageSize), next };
    });
  }

  async read(key: string, version?: string): Promise<Heard<Opened | undefined>> {
    return this.#call('read', key, (mishap) => {
      const kept = this.#keys.get(key) ?? [];
      const found = version === undefined ? kept[0] : kept.find((one) => one?.version === version);
      if (!found) return undefined;
      const { bytes, ...of } = found;
      return { ...of, bytes: chunks(bytes, mishap === 'broken'), close: () => {} };
    });
  }

  async answer(key: string, text: string): Promise<Heard<'written' | 'taken'>> {
    return this.#call('answer', key, () => {
      if (this.#keys.get(key)?.[0]) return 'taken';
      this.upload(key, text);
      return 'written';
    });
  }

  async hide(key: string, etag: string): Promise<Heard<'hidden' | 'changed'>> {
    return this.#call('hide', key, () => {
      if (this.#keys.get(key)?.[0]?.etag !== etag) return 'changed';
      this.remove(key);
      return 'hidden';
    });
  }

  async #call<T>(name: string, key: string, of: (mishap: Mishap) => T): Promise<Heard<T>> {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    await this.before(name, key);
    const mishap = this.mishap();
    if (name !== 'list') this.log.push(`${name} ${key} ${mishap ?? ''}`);
    if (mishap === 'lost') return { heard: false };
    const found = of(mishap);
    return mishap === 'unheard' ? { heard: false } : { heard: true, found };
  }

  #kept(key: string): Kept[] {
    const kept = this.#keys.get(key) ?? [];
    this.#keys.set(key, kept);
    return kept;
  }
  #sorted(prefix: string): string[] {
    return [...this.#keys.keys()].filter((key) => key.startsWith(prefix)).sort(order);
  }
}

/** Of keys, as S3 has them: by their bytes in UTF-8. */
function order(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

async function* chunks(bytes: Buffer, broken: boolean): AsyncGenerator<Uint8Array> {
  const end = broken ? Math.floor(bytes.length / 2) : bytes.length;
  for (let at = 0; at < end; at += 65536) yield bytes.subarray(at, Math.min(at + 65536, end));
  if (broken) throw new Interrupted('broken');
}

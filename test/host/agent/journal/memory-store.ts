import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Body, FirstAnswer, JournalStore, LookAnswer, ReadAnswer } from '../../../../host/agent/journal/store.ts';
import type { PutAnswer, Signature } from '../../../../journal/protocol.ts';

interface Stored {
  readonly signature: Signature;
  readonly bytes: Buffer;
}

/** A journal in memory that holds to conditional writes. What goes wrong with a call is said by `mishap`. */
export class MemoryJournal implements JournalStore {
  readonly objects = new Map<number, Stored>();
  /**
   * - `unheard`: it is written, and the answer is lost; `lost`: it never arrives; `late`: it arrives after the answer was given up;
   * - `busy`: 409, or the service fails.
   */
  mishap: () => 'unheard' | 'lost' | 'late' | 'busy' | undefined = () => undefined;

  /** Numbers whose time is over, and which are there all the same. */
  readonly due = new Set<number>();
  now = () => Date.now();

  async put(number: number, signature: Signature, { path }: Body): Promise<PutAnswer> {
    const bytes = readFileSync(path);
    const mishap = this.mishap();
    if (mishap === 'busy') return 'busy';
    if (mishap === 'lost') return 'unheard';
    if (mishap === 'late') {
      setTimeout(300).then(() => this.#write(number, { signature, bytes }));
      return 'unheard';
    }
    const answer = this.#write(number, { signature, bytes });
    return mishap === 'unheard' ? 'unheard' : answer;
  }

  #write(number: number, stored: Stored): PutAnswer {
    if (this.objects.has(number)) return 'taken';
    this.objects.set(number, stored);
    return 'written';
  }

  async look(number: number): Promise<LookAnswer> {
    const found = this.objects.get(number);
    if (this.mishap() === 'busy') return { answer: 'unheard' };
    return found ? { answer: 'found', signature: found.signature, isDue: this.due.has(number) } : { answer: 'nothing' };
  }

  async first(from: number): Promise<FirstAnswer> {
    if (this.mishap() === 'busy') return { answer: 'unheard' };
    const numbers = [...this.objects.keys()].filter((number) => number >= from);
    return numbers.length === 0
      ? { answer: 'nothing', now: this.now() }
      : { answer: 'found', number: Math.min(...numbers) };
  }

  async read(number: number): Promise<ReadAnswer> {
    const found = this.objects.get(number);
    if (this.mishap() === 'busy') return { answer: 'unheard' };
    return found ? { answer: 'found', signature: found.signature, bytes: chunks(found.bytes) } : { answer: 'nothing' };
  }
}

async function* chunks(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536);
}

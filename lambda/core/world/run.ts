import type { Journal } from './journal.ts';
import type { Ports } from './ports.ts';

/** One run of the healer for one content volume: what each of its parts is handed. */
export interface HealRun {
  readonly ports: Ports;
  readonly journal: Journal;
  /** The lease is asked for under this name, and what is made or set aside carries it. */
  readonly healId: string;
  readonly volume: string;
}

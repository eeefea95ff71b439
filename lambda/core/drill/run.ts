import type { Journal } from '../world/journal.ts';
import type { DrillPorts } from './ports.ts';

/** One run of the drill for one content volume: what each of its parts is handed. */
export interface DrillRun {
  readonly ports: DrillPorts;
  readonly journal: Journal;
  readonly volume: string;
  readonly id: string;
  /** When its lease is over. Unix milliseconds. */
  readonly until: number;
}

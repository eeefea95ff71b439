import type { Incident } from '../lambda/core/world/model.ts';

/** Rows of the timeline, from those who notice to those who act. `owner`: the host that had the volume; `standby`: the one that takes over. */
export const LANES = ['users', 'probe', 'alarm', 'healer', 'owner', 'standby', 'journal'] as const;
export type Lane = (typeof LANES)[number];

/** Something on the timeline. Times are Unix milliseconds. */
export interface PageEvent {
  readonly lane: Lane;
  readonly at: number;
  /** When it ended. @default it took no time */
  readonly until?: number;
  readonly tone: 'bad' | 'good' | 'work';
  readonly what: string;
}

/** What was done, and what it was decided by. */
export interface Decided {
  readonly at: number;
  readonly what: string;
  readonly evidence: string;
}

/** What does not serve any more that once did. */
export type Lost =
  /** `sameVolume`: what served before serves again. `journal`: all that the journal had is in it. `compared`: each file was read back. */
  | { readonly kind: 'nothing'; readonly by: 'sameVolume' | 'journal' | 'compared' }
  | { readonly kind: 'named'; readonly names: readonly string[]; readonly keptOn?: string }
  /** Whatever changed between two moments; only a look at the old volume names it. */
  | { readonly kind: 'unnamed'; readonly since: number; readonly until: number; readonly keptOn?: string }
  /** It is not served yet, or nobody can say. */
  | { readonly kind: 'open' };

/** A measurement beside what is aimed at. Milliseconds. */
export interface Achieved {
  readonly ms: number;
  readonly objectiveMs: number;
}

/** All that the page of an incident says, before it is set in HTML. `schema` is raised where a member changes its meaning or goes. */
export interface PageData {
  readonly schema: 1;
  readonly volume: string;
  readonly id: string;
  /** Where it happened. */
  readonly place: { readonly stack: string; readonly region: string };
  /** Nothing real happened: it was rehearsed, and how it is played again. */
  readonly replay?: string;
  readonly outcome: Incident['outcome'];
  readonly summary: string;
  readonly trigger: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** When it began, and by whose word. The alarm is later than the failure. */
  readonly failed: { readonly at: number; readonly by: 'world' | 'probe' | 'alarm' | 'heal' };
  readonly servingAt?: number;
  readonly recoveryTime?: Achieved;
  /** `atMost`: what was written last may be older than the failure, so less was lost, or nothing. */
  readonly recoveryPoint?: Achieved & { readonly at: number; readonly atMost: boolean };
  /** Damage that a drill found before anything failed. */
  readonly damage?: { readonly aroseAt?: number; readonly foundAt: number };
  readonly events: readonly PageEvent[];
  readonly steps: readonly { readonly at: number; readonly ms: number; readonly name: string; readonly note: string }[];
  readonly decisions: readonly Decided[];
  readonly lost: Lost;
}

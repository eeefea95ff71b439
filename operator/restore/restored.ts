import type { Point } from '../points/points.ts';
import { type Entry, type Lack, wantedOf } from './plan.ts';
import type { Question, Stated, Told } from './read.ts';

/** What came of a restore. Times are Unix milliseconds; names that are not UTF-8 have U+DC80 to U+DCFF for each such byte. */
export interface Restored {
  /** Raised where a member changes its meaning or goes. */
  readonly schema: 1;
  readonly volume: string;
  readonly path: string;
  /** The moment that was asked for. */
  readonly at: number;
  /** `restored`: all that was there, as far as the journal says. `partly`: what is not is named. `absent`: nothing is written. */
  readonly state: 'restored' | 'partly' | 'absent';
  /** The last number that was taken, and up to when all changes are in it. */
  readonly asOf?: Stated & { readonly complete?: number };
  /** How far back the journal reaches. */
  readonly since: Stated;
  /** Numbers in between that are not there, and that are damaged. */
  readonly missing: readonly (readonly [number, number])[];
  readonly damaged: readonly { readonly number: number; readonly code: string }[];
  /** What was stated before this number may have changed without anybody hearing of it; `doubtful`: so many entries were. */
  readonly doubted?: number;
  readonly doubtful?: number;
  /** Where it was put. */
  readonly to?: string;
  readonly entries: readonly RestoredEntry[];
  /** Extended attributes that could not be set: of how many entries, and why. */
  readonly unset?: readonly { readonly entries: number; readonly why: string }[];
  /** Of `absent`: when it was there last, before that number said that it is not. */
  readonly gone?: Stated;
  /** Of `absent` and `partly`: the newest verified copy of before that moment, or why nobody could say which that is. */
  readonly copy?: { readonly snapshotId: string; readonly at: number } | { readonly unasked: string };
}

export interface RestoredEntry {
  readonly path: string;
  readonly kind: Entry['kind'];
  readonly size?: number;
  /** Nanoseconds since 1970, as text. */
  readonly mtime?: string;
  /** That states it. */
  readonly number?: number;
  /** It was written to while it was read: it may never have been like this as a whole. */
  readonly changing?: true;
  /** Why it was not restored. `failed`: its content is not what its record says. */
  readonly lack?: Lack | 'failed';
  readonly why?: string;
}

export interface Outcome {
  readonly to: string;
  readonly failed: ReadonlyMap<string, string>;
  readonly unset: ReadonlyMap<string, number>;
}

/** @param entries none: it was not there */
export function restoredOf(
  question: Question,
  told: Told,
  entries: readonly Entry[],
  { outcome, copy }: { readonly outcome?: Outcome; readonly copy?: Restored['copy'] },
): Restored {
  const { asOf, complete, since, missing, damaged, doubted, last } = told;
  const listed = entries.map((entry) => listedOf(question.path, entry, outcome?.failed.get(entry.identity)));
  const unset = [...(outcome?.unset ?? [])].map(([why, entries]) => ({ entries, why }));
  const doubtful = entries.filter(({ node }) => node && node.number < (doubted ?? 0)).length;
  const state = entries.length === 0 ? 'absent' : listed.some(({ lack }) => lack) ? 'partly' : 'restored';
  return {
    ...{ schema: 1, ...question, state },
    ...(asOf && { asOf: { ...asOf, ...(complete !== undefined && { complete }) } }),
    ...{ since, missing, damaged },
    ...(doubted !== undefined && { doubted, doubtful }),
    ...(outcome && wantsPlace(entries) && { to: outcome.to }),
    entries: listed,
    ...(unset.length > 0 && { unset }),
    ...(state === 'absent' && last && { gone: last }),
    ...(state !== 'restored' && copy && { copy }),
  };
}

/** Whether there is anything to write. */
export function wantsPlace(entries: readonly Entry[]): boolean {
  return entries.some(({ kind }) => kind === 'directory' || kind === 'symlink') || wantedOf(entries).length > 0;
}

function listedOf(above: string, { names, kind, node, lack }: Entry, failed: string | undefined): RestoredEntry {
  const { record, number } = node ?? {};
  return {
    path: [...(above === '' ? [] : [above]), ...names].join('/'),
    kind,
    ...(record?.record === 'file' && { size: record.size }),
    ...(record && { mtime: `${record.mtime}` }),
    ...(number !== undefined && { number }),
    ...(record?.record === 'file' && record.changing && { changing: true as const }),
    ...(lack && { lack }),
    ...(failed !== undefined && { lack: 'failed' as const, why: failed }),
  };
}

/** The newest copy that was verified, of that moment or of before it. */
export function copyFor(points: readonly Point[], moment: number): Restored['copy'] {
  const found = points.find(({ verdict, passedBy, at }) => verdict === 'verified' && !passedBy && at <= moment);
  return found && { snapshotId: found.snapshotId, at: found.at };
}

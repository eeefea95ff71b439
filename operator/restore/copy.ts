import { toBytes } from '../../journal/name.ts';
import type { Point } from '../points/points.ts';
import { printable } from './path.ts';
import type { Entry } from './plan.ts';
import type { Question } from './read.ts';
import { bytesText } from './text.ts';

/** Lines of a plan: who wants all of them has --json. */
const MOST_LINES = 40;

/** What came out of a copy. Times are Unix milliseconds. */
export interface FromCopy {
  /** Raised where a member changes its meaning or goes. */
  readonly schema: 1;
  readonly volume: string;
  readonly path: string;
  /** The moment that was asked for. */
  readonly at: number;
  /** `partly`: what is not, fifos and devices, is named. `absent`: the copy has nothing of that name. */
  readonly state: 'restored' | 'partly' | 'absent';
  readonly copy: { readonly snapshotId: string; readonly at: number; readonly verified: boolean };
  /** Where it was put. */
  readonly to?: string;
  readonly entries: readonly {
    readonly path: string;
    readonly kind: Entry['kind'];
    readonly size?: number;
    readonly lack?: Entry['lack'];
  }[];
  /** Extended attributes that could not be set: of how many entries, and why. */
  readonly unset?: readonly { readonly entries: number; readonly why: string }[];
}

/** The nearest copy of that moment or of before it: a verified one, and where there is none, one that nobody has checked. @param points the newest first */
export function nearest(points: readonly Point[], moment: number): Point | undefined {
  const before = points.filter(({ passedBy, at }) => !passedBy && at <= moment);
  return before.find(({ verdict }) => verdict === 'verified') ?? before[0];
}

/** As the function takes it: `BUNDLE_PATH`. */
export function asked(path: string): string {
  return Buffer.concat([Buffer.of(0x2f), toBytes(path)]).toString('base64');
}

export function fromCopyOf(
  { volume, path, at }: Question,
  copy: Point,
  entries: readonly Entry[],
  done: { readonly to?: string; readonly unset?: ReadonlyMap<string, number> } = {},
): FromCopy {
  const unset = [...(done.unset ?? [])].map(([why, of]) => ({ entries: of, why }));
  const listed = entries.map(({ names, kind, node, lack }) => ({
    path: [...(path === '' ? [] : [path]), ...names].join('/'),
    kind,
    ...(node?.record.record === 'file' && { size: node.record.size }),
    ...(lack && { lack }),
  }));
  const state = entries.length === 0 ? 'absent' : listed.some(({ lack }) => lack) ? 'partly' : 'restored';
  const { snapshotId, at: of, verdict } = copy;
  return {
    ...{ schema: 1, volume, path, at, state, copy: { snapshotId, at: of, verified: verdict === 'verified' } },
    ...(done.to !== undefined && { to: done.to }),
    entries: listed,
    ...(unset.length > 0 && { unset }),
  };
}

const time = (at: number) => new Date(at).toISOString();
const quoted = (path: string) => (path === '' ? 'all of it' : printable(path));

/** Before anything is made. */
export function copyPlanText({ volume, path, at }: Question, copy: Point): string {
  const what =
    copy.verdict === 'verified'
      ? 'verified'
      : 'which nobody has checked: there is no verified one of before that moment';
  return [
    `${volume}: ${quoted(path)} out of the copy ${copy.snapshotId}, of ${time(copy.at)}, ${what}`,
    ...(copy.at < at ? [`What was changed between that and ${time(at)} is not in it.`] : []),
    'A volume is made of it for some minutes, on a standby. What serves is not touched; a heal comes first.',
    '',
  ].join('\n');
}

/** What would be written, before anything is. */
export function archivePlanText(plan: FromCopy, to: string, isReplaced: boolean): string {
  const here = plan.entries.filter(({ lack }) => !lack);
  const lines = here.map(
    ({ path, kind, size }) => `  ${(kind === 'file' ? bytesText(size ?? 0) : kind).padStart(11)}  ${printable(path)}`,
  );
  const left = lines.length - MOST_LINES;
  return [
    `${plan.volume}: ${quoted(plan.path)} as it was at ${time(plan.copy.at)}, to ${printable(to)}`,
    ...(isReplaced ? ['What is there now goes.'] : []),
    ...lines.slice(0, MOST_LINES),
    ...(left > 0 ? [`  ... and ${left} more (--json has all of them)`] : []),
    ...summary(plan),
    '',
  ].join('\n');
}

export function fromCopyText(done: FromCopy): string {
  const to = done.to === undefined ? 'nothing of it could be placed' : `is in ${printable(done.to)}`;
  return [
    `${done.volume}: ${quoted(done.path)} as it was at ${time(done.copy.at)} ${to}`,
    ...(done.unset ?? []).map(({ entries, why }) => `Extended attributes of ${entries} could not be set: ${why}`),
    ...summary(done),
    '',
  ].join('\n');
}

function summary({ entries }: FromCopy): string[] {
  const files = entries.filter(({ kind }) => kind === 'file');
  const lacks = entries.filter(({ lack }) => lack).length;
  return [
    `${files.length} files, ${bytesText(files.reduce((sum, { size = 0 }) => sum + size, 0))}`,
    ...(lacks > 0 ? [`Not restored: ${lacks}, fifos and devices`] : []),
  ];
}

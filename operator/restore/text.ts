import { filesText } from '../age.ts';
import { printable } from './path.ts';
import type { Lack } from './plan.ts';
import type { Restored, RestoredEntry } from './restored.ts';

const RUNBOOK = 'docs/runbook.md#a-copy-by-hand';
/** Lines of a plan: who wants all of them has --json. */
const MOST_LINES = 40;
const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

const LACKS: Readonly<Record<Lack | 'failed', string>> = {
  unstated: 'not changed since the journal begins',
  content: 'its content was not changed since the journal begins',
  missing: 'its content stands in a number that is not there any more, or is damaged',
  special: 'a fifo, socket or device: a journal has the name alone',
  failed: 'its content is not what was written',
};

const time = (at: number) => new Date(at).toISOString();
const quoted = (path: string) => (path === '' ? 'all of it' : printable(path));

export function bytesText(bytes: number): string {
  let at = 0;
  let size = bytes;
  for (; size >= 1024 && at < UNITS.length - 1; at++) size /= 1024;
  return `${at === 0 ? size : size.toFixed(1)} ${UNITS[at]}`;
}

/** What would be written, before anything is. */
export function restorePlanText(plan: Restored, to: string, isReplaced: boolean): string {
  const { volume, path, entries } = plan;
  const here = entries.filter(({ lack }) => !lack);
  const files = here.filter(({ kind }) => kind === 'file');
  const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
  return [
    `${volume}: ${quoted(path)} as it was at ${time(plan.at)}, to ${printable(to)}`,
    ...(isReplaced ? ['What is there now goes.'] : []),
    ...facts(plan),
    ...cut(here.map(line), (left) => `  ... and ${left} more (--json has all of them)`),
    `${filesText(files.length)}, ${bytesText(bytes)}`,
    ...lacks(plan),
    '',
  ].join('\n');
}

function cut(lines: readonly string[], rest: (left: number) => string): string[] {
  return lines.length <= MOST_LINES ? [...lines] : [...lines.slice(0, MOST_LINES), rest(lines.length - MOST_LINES)];
}

function line({ path, kind, size, mtime, changing }: RestoredEntry): string {
  const when = mtime === undefined ? '' : time(clamped(mtime)).slice(0, 19);
  const what = kind === 'file' ? bytesText(size ?? 0) : kind;
  const note = changing ? '  (was written to while it was read)' : '';
  return `  ${when.padEnd(19)}  ${what.padStart(11)}  ${printable(path) || '.'}${note}`;
}

/** A file may have any time; a date of JavaScript may not. */
function clamped(nanoseconds: string): number {
  return Math.min(8.64e15, Math.max(-8.64e15, Number(nanoseconds) / 1e6));
}

/** What it rests on, and what it cannot know. */
function facts({ asOf, since, missing, damaged, doubted, doubtful = 0, entries }: Restored): string[] {
  const upTo = asOf?.complete === undefined ? '' : `; all changes up to ${time(asOf.complete)} are in it`;
  const gaps = missing.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  return [
    ...(asOf ? [`As of number ${asOf.number}, of ${time(asOf.at)}${upTo}.`] : []),
    `The journal reaches back to ${time(since.at)} (number ${since.number}): what was not changed since then stands in a copy alone.`,
    ...(gaps.length === 0 ? [] : [`Not there any more: numbers ${gaps.join(', ')}; what they stated nobody knows.`]),
    ...damaged.map(({ number, code }) => `Number ${number} is damaged (${code}), and was passed over.`),
    ...(doubtful === 0
      ? []
      : [
          `${doubtful} of ${entries.length} were stated before number ${doubted}, before which changes may have gone unheard: they may have been changed or deleted by then.`,
        ]),
  ];
}

/** What was there, and is not to be had. */
function lacks({ entries, copy }: Restored): string[] {
  const found = entries.filter(({ lack }) => lack);
  if (found.length === 0) return [];
  const lines = found.map(({ path, lack, why }) => `  ${printable(path)}: ${why ?? (lack ? LACKS[lack] : '')}`);
  return [
    `Not restored, ${found.length}:`,
    ...cut(lines, (left) => `  ... and ${left} more (--json has all of them)`),
    ...(found.some(({ lack }) => lack !== 'special') ? [copyText(copy)] : []),
  ];
}

function copyText(copy: Restored['copy']): string {
  if (!copy) return `There is no verified copy of before that moment; how to look into another one: ${RUNBOOK}`;
  if ('unasked' in copy) return `Which copy would have it could not be asked (${copy.unasked}): ${RUNBOOK}`;
  return `The newest verified copy of before that moment is ${copy.snapshotId}, of ${time(copy.at)}: ${RUNBOOK}`;
}

/** One line: why nothing is written, since when the journal reaches back, and where else it may be. */
export function absentText({ volume, path, at, since, gone, asOf, copy }: Restored): string {
  const reaches = `it reaches back to ${time(since.at)} (number ${since.number})`;
  const why = !asOf
    ? `the journal does not reach back to ${time(at)}: ${reaches}`
    : gone
      ? `number ${gone.number}, of ${time(gone.at)}, says that it is not there any more: ask for a moment before that`
      : `the journal has nothing of it at ${time(at)}: ${reaches}`;
  return `${volume}: ${quoted(path)}: ${why}. ${copyText(copy)}`;
}

export function restoredText(done: Restored): string {
  const { volume, path, at, to, entries, unset = [] } = done;
  const files = entries.filter(({ kind, lack }) => kind === 'file' && !lack);
  const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
  return [
    ...(to === undefined
      ? [`${volume}: nothing of ${quoted(path)} could be restored`]
      : [
          `${volume}: ${quoted(path)} as it was at ${time(at)} is in ${printable(to)}: ${filesText(files.length)}, ${bytesText(bytes)}`,
        ]),
    ...unset.map(({ entries, why }) => `Extended attributes of ${entries} could not be set: ${why}`),
    ...lacks(done),
    '',
  ].join('\n');
}

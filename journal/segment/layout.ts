import { contentOf, type FileRecord, type JournalRecord, keyOf, keyText, type PieceRecord } from '../record.ts';
import { fromLine, isObject, toLine } from './line.ts';
import { END, header, type Member, padding } from './tar.ts';

/**
 * How a segment is laid out: first its index, a line of JSON a record, then what a person unpacks. Everything but the content follows from the index, byte
 * for byte: it is made here for whoever writes, and for whoever reads and compares.
 */

/** Raised by each change after which an older reader would read wrongly. */
export const VERSION = 1;
export const INDEX = 'remount-index.jsonl';

export interface Header {
  readonly volume: string;
  readonly term: number;
  readonly writer: string;
  readonly run: number;
  readonly kind: 'segment' | 'seal';
  /** When reading for it began, by the host's clock: milliseconds since 1970. */
  readonly taken: number;
  /** Every change before this moment is stated up to here, as far as it was heard of; `undefined` while a scan is to say what was missed. */
  readonly complete: number | undefined;
}

export function toIndex(of: Header, records: readonly JournalRecord[]): Buffer {
  const { volume, term, writer, run, kind, taken, complete } = of;
  const first = JSON.stringify({
    journal: VERSION,
    volume,
    term,
    writer,
    run,
    kind,
    taken: new Date(taken).toISOString(),
    complete: complete === undefined ? null : new Date(complete).toISOString(),
  });
  return Buffer.from([first, ...records.map(toLine), ''].join('\n'));
}

export type Index =
  | { readonly read: 'index'; readonly header: Header; readonly records: readonly JournalRecord[] }
  | { readonly read: 'version'; readonly found: unknown }
  /** `line`: the first that is wrong, from 1. */
  | { readonly read: 'wrong'; readonly line: number };

export function fromIndex(bytes: Buffer): Index {
  const lines = bytes.toString('utf8').split('\n');
  // What stands after the last line break is no line.
  if (lines.pop() !== '') return { read: 'wrong', line: lines.length + 1 };
  const [first = '', ...rest] = lines;
  const of = headerOf(first);
  if (of.read !== 'header') return of;
  const records: JournalRecord[] = [];
  const keys = new Set<string>();
  for (const [i, line] of rest.entries()) {
    const record = fromLine(line);
    const key = record && keyOf(record);
    if (!record || (key && keys.has(keyText(key)))) return { read: 'wrong', line: i + 2 };
    if (key) keys.add(keyText(key));
    records.push(record);
  }
  return toIndex(of.header, records).equals(bytes)
    ? { read: 'index', header: of.header, records }
    : { read: 'wrong', line: 1 };
}

function headerOf(
  line: string,
): { readonly read: 'header'; readonly header: Header } | Exclude<Index, { read: 'index' }> {
  const wrong = { read: 'wrong', line: 1 } as const;
  let plain: unknown;
  try {
    plain = JSON.parse(line);
  } catch {
    return wrong;
  }
  if (!isObject(plain)) return wrong;
  if (plain.journal !== VERSION) return { read: 'version', found: plain.journal };
  const { volume, term, writer, run, kind } = plain;
  const moment = (text: unknown) => (typeof text === 'string' ? Date.parse(text) : Number.NaN);
  const taken = moment(plain.taken);
  const complete = plain.complete === null ? undefined : moment(plain.complete);
  if (typeof volume !== 'string' || typeof writer !== 'string' || !(kind === 'segment' || kind === 'seal'))
    return wrong;
  if (!isCounter(term) || !isCounter(run) || Number.isNaN(taken) || Number.isNaN(complete)) return wrong;
  return { read: 'header', header: { volume, term, writer, run, kind, taken, complete } };
}

function isCounter(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A stretch of a segment: bytes that are known, or the content of a record. */
export type Stretch =
  | { readonly bytes: Buffer }
  | { readonly content: FileRecord | PieceRecord; readonly length: number };

export function* stretches(of: Header, records: readonly JournalRecord[]): Generator<Stretch> {
  const index = toIndex(of, records);
  yield { bytes: Buffer.concat([indexHeader(index.length), index, padding(index.length)]) };
  for (const record of records) {
    const member = memberOf(record);
    if (!member) continue;
    yield { bytes: header(member) };
    const content = contentOf(record);
    if (!content || (record.record !== 'file' && record.record !== 'piece')) continue;
    yield { content: record, length: content.length };
    yield { bytes: padding(content.length) };
  }
  for (const member of links(records)) yield { bytes: header(member) };
  yield { bytes: END };
}

const PLAIN = { mode: 0o600, uid: 0, gid: 0, mtime: 0n };

/** The first header of a segment, whose only figure is the length of the index. */
export function indexHeader(length: number): Buffer {
  return header({ path: INDEX, type: 'file', size: length, ...PLAIN });
}

function memberOf(record: JournalRecord): Member | undefined {
  switch (record.record) {
    case 'file':
      return record.content === 'here' ? { ...record, path: `content/${record.path}`, type: 'file' } : undefined;
    case 'directory':
      return { ...record, path: `content/${record.path}/`.replace('//', '/'), type: 'directory', size: 0 };
    case 'symlink':
      return { ...record, path: `content/${record.path}`, type: 'symlink', size: 0 };
    case 'piece': {
      // In the order of their offsets, so that `cat` makes the file of them.
      const path = `pieces/${record.path}/${`${record.offset}`.padStart(20, '0')}`;
      return { path, type: 'file', size: record.length, ...PLAIN };
    }
    default:
      return undefined;
  }
}

/** Further names of what is in this segment. */
function links(records: readonly JournalRecord[]): Member[] {
  const members = new Map<string, Member>();
  for (const record of records) {
    const member = memberOf(record);
    if (member && (record.record === 'file' || record.record === 'symlink')) members.set(record.identity, member);
  }
  return records.flatMap((record) => {
    const of = record.record === 'name' && record.identity ? members.get(record.identity) : undefined;
    const path = `content/${record.record === 'name' ? record.path : ''}`;
    return of && of.path !== path
      ? [{ ...PLAIN, path, type: 'link' as const, size: 0, target: of.path, mode: of.mode }]
      : [];
  });
}

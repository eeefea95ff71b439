import { crc32, deflateRawSync } from 'node:zlib';

/** A member as a test wants it: what is not given is as an honest archive has it. Sizes and sums may lie, in the list or in the member's own header. */
export interface Made {
  readonly name: string | Buffer;
  readonly content?: Buffer | string;
  readonly deflate?: boolean;
  /** General purpose bits. */
  readonly flags?: number;
  readonly method?: number;
  /** Type and permissions, as Unix has them. */
  readonly mode?: number;
  readonly size?: number;
  readonly packed?: number;
  readonly sum?: number;
  readonly extra?: Buffer;
  readonly comment?: Buffer;
  /** Name in its own header. */
  readonly called?: string | Buffer;
  readonly ownMethod?: number;
  readonly ownFlags?: number;
  /** Offset of its header, as the list has it; a function is given that of the member itself, and those of members before. */
  readonly at?: (own: number, before: readonly number[]) => number;
  /** Bytes that stand for its content, whatever that is. */
  readonly raw?: Buffer;
}

export interface Ended {
  readonly count?: number;
  readonly offset?: (own: number) => number;
  readonly comment?: Buffer;
  /** A zip64 end record, which says this many members. */
  readonly zip64?: { readonly count: bigint; readonly offset?: bigint };
  readonly after?: Buffer;
  readonly before?: Buffer;
}

const UTF8 = 0x800;

/** An archive, as APPNOTE.TXT of PKWARE has it. */
export function zip(members: readonly Made[], end: Ended = {}): Buffer {
  const parts: Buffer[] = [end.before ?? Buffer.alloc(0)];
  const list: Buffer[] = [];
  const before: number[] = [];
  const length = () => parts.reduce((sum, part) => sum + part.length, 0);
  for (const made of members) {
    const at = length();
    const { own, listed } = memberOf(made, made.at?.(at, before) ?? at);
    parts.push(...own);
    list.push(listed);
    before.push(at);
  }
  const offset = length();
  const directory = Buffer.concat(list);
  return Buffer.concat([
    ...parts,
    directory,
    endOf(members.length, offset, directory.length, end),
    end.after ?? Buffer.alloc(0),
  ]);
}

function memberOf(made: Made, at: number): { readonly own: readonly Buffer[]; readonly listed: Buffer } {
  const name = Buffer.from(made.name);
  const called = Buffer.from(made.called ?? made.name);
  const content = Buffer.from(made.content ?? '');
  const { deflate = false, flags = UTF8, extra = Buffer.alloc(0), comment = Buffer.alloc(0) } = made;
  const raw = made.raw ?? (deflate ? deflateRawSync(content) : content);
  const method = made.method ?? (deflate ? 8 : 0);
  const sum = made.sum ?? crc32(content);
  const packed = made.packed ?? raw.length;
  const size = made.size ?? content.length;
  const own = Buffer.alloc(30);
  own.writeUInt32LE(0x04034b50, 0);
  own.writeUInt16LE(20, 4);
  own.writeUInt16LE(made.ownFlags ?? flags, 6);
  own.writeUInt16LE(made.ownMethod ?? method, 8);
  own.writeUInt32LE(sum, 14);
  own.writeUInt32LE(raw.length, 18);
  own.writeUInt32LE(size % 2 ** 32, 22);
  own.writeUInt16LE(called.length, 26);
  const listed = Buffer.alloc(46);
  listed.writeUInt32LE(0x02014b50, 0);
  listed.writeUInt16LE((3 << 8) | 20, 4);
  listed.writeUInt16LE(20, 6);
  listed.writeUInt16LE(flags, 8);
  listed.writeUInt16LE(method, 10);
  listed.writeUInt32LE(sum, 16);
  listed.writeUInt32LE(packed, 20);
  listed.writeUInt32LE(size, 24);
  listed.writeUInt16LE(name.length, 28);
  listed.writeUInt16LE(extra.length, 30);
  listed.writeUInt16LE(comment.length, 32);
  listed.writeUInt32LE(((made.mode ?? 0) << 16) >>> 0, 38);
  listed.writeUInt32LE(at, 42);
  return { own: [own, called, raw], listed: Buffer.concat([listed, name, extra, comment]) };
}

function endOf(members: number, offset: number, size: number, end: Ended): Buffer {
  const { comment = Buffer.alloc(0) } = end;
  const count = end.count ?? members;
  const record = Buffer.alloc(22);
  record.writeUInt32LE(0x06054b50, 0);
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(size, 12);
  record.writeUInt32LE(end.offset?.(offset) ?? offset, 16);
  record.writeUInt16LE(comment.length, 20);
  if (!end.zip64) return Buffer.concat([record, comment]);
  const big = Buffer.alloc(56);
  big.writeUInt32LE(0x06064b50, 0);
  big.writeBigUInt64LE(44n, 4);
  big.writeBigUInt64LE(end.zip64.count, 24);
  big.writeBigUInt64LE(end.zip64.count, 32);
  big.writeBigUInt64LE(BigInt(size), 40);
  big.writeBigUInt64LE(end.zip64.offset ?? BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([big, locator, record, comment]);
}

/** A zip64 extra field, of the sizes that the list has no room for. */
export function zip64(...values: readonly bigint[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) field.writeBigUInt64LE(value, 4 + 8 * i);
  return field;
}

/** Info-ZIP's field for a name in UTF-8, beside one that is none. */
export function unicodeName(of: string, name: string): Buffer {
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x7075, 0);
  field.writeUInt16LE(5 + Buffer.byteLength(name), 2);
  field.writeUInt8(1, 4);
  field.writeUInt32LE(crc32(of), 5);
  return Buffer.concat([field, Buffer.from(name)]);
}

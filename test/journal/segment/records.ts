import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { fromBytes, isName } from '../../../journal/name.ts';
import { type Content, identity, type JournalRecord, keyOf, keyText } from '../../../journal/record.ts';
import type { Header } from '../../../journal/segment/layout.ts';

/** Any segment: records with the content that goes with them, in their order. */
export interface Segment {
  readonly header: Header;
  readonly records: readonly JournalRecord[];
  readonly staged: Buffer;
}

const count = fc.oneof(fc.nat(700), fc.nat());
const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const id = fc.tuple(fc.nat(400), fc.nat(3)).map(([inode, generation]) => identity(`${inode}.${generation}`));
const name = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 255 }).map(fromBytes),
    fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }),
  )
  .filter(isName);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const time = fc.oneof(
  fc.bigInt({ min: -(10n ** 19n), max: 10n ** 20n }),
  fc.constantFrom(0n, -1n, 1_700_000_000_000_000_000n),
);
const attributes = fc.record({
  mode: fc.nat(0o7777),
  uid: fc.oneof(fc.nat(70000), fc.constant(2 ** 32 - 2)),
  gid: fc.nat(),
  mtime: time,
  ctime: time,
  xattrs: fc.dictionary(
    fc.constantFrom('user.a', 'user.ü', 'trusted.remount'),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    { noNullPrototype: true },
  ),
});
const pieces: fc.Arbitrary<{ size: number; content: Content }> = fc
  .array(fc.record({ segment: fc.integer({ min: 1, max: 9 }), gap: fc.nat(5), length: fc.integer({ min: 1, max: 9 }) }))
  .map((all) => {
    let size = 0;
    const content = all.map(({ segment, gap, length }) => {
      size += gap + length;
      return { segment, offset: size - length, length };
    });
    return { size, content };
  });

const stated = fc.record({ identity: id, path });
const bytes = fc.uint8Array({ maxLength: 1500 });
interface One {
  readonly record: JournalRecord;
  readonly bytes?: Uint8Array;
}
const one: fc.Arbitrary<One> = fc.oneof(
  fc.record({ s: stated, a: attributes, bytes }).map(({ s, a, bytes }) => ({
    record: { record: 'file' as const, ...s, ...a, size: bytes.length, sha256: sum(bytes), content: 'here' as const },
    bytes,
  })),
  fc.record({ s: stated, a: attributes, size: count }).map(({ s, a, size }) => ({
    record: {
      record: 'file' as const,
      ...s,
      ...a,
      size,
      sha256: sum(Buffer.of(1)),
      content: 'kept' as const,
      changing: true as const,
    },
  })),
  fc.record({ s: stated, a: attributes, p: pieces }).map(({ s, a, p }) => ({
    record: { record: 'file' as const, ...s, ...a, ...p, sha256: sum(Buffer.of(2)) },
  })),
  fc.record({ s: stated, a: attributes }).map(({ s, a }) => ({ record: { record: 'directory' as const, ...s, ...a } })),
  fc
    .record({ s: stated, a: attributes, target: path })
    .map(({ s, a, target }) => ({ record: { record: 'symlink' as const, ...s, ...a, target } })),
  fc
    .record({ s: stated, a: attributes, type: fc.constantFrom('fifo', 'socket', 'character', 'block') })
    .map(({ s, a, type }) => ({
      record: { record: 'special' as const, ...s, ...a, type },
    })),
  id.map((identity) => ({ record: { record: 'gone' as const, identity } })),
  fc
    .record({ directory: id, name, identity: fc.option(id), path })
    .map((n) => ({ record: { record: 'name' as const, ...n } })),
  fc
    .record({ s: stated, offset: count, bytes: fc.uint8Array({ minLength: 1, maxLength: 900 }) })
    .map(({ s, offset, bytes }) => ({
      record: { record: 'piece' as const, ...s, offset, length: bytes.length, sha256: sum(bytes) },
      bytes,
    })),
  fc.string().map((why) => ({ record: { record: 'doubt' as const, why } })),
  fc.constant({ record: { record: 'doubt' as const, why: 'no index', all: true as const } }),
);

export const header: Header = {
  volume: 'alpha',
  term: 3,
  writer: 'w1',
  run: 2,
  kind: 'segment',
  taken: 1_790_000_000_000,
  complete: 1_789_999_999_000,
};

export const anySegment: fc.Arbitrary<Segment> = fc
  .uniqueArray(one, {
    maxLength: 12,
    selector: ({ record }) => {
      const key = keyOf(record);
      return key ? keyText(key) : record;
    },
  })
  .map((all) => ({
    header,
    records: all.map(({ record }) => record),
    staged: Buffer.concat(all.flatMap(({ bytes }) => (bytes ? [bytes] : []))),
  }));

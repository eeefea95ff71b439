import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toBytes } from '../../../journal/name.ts';
import { identity, type JournalRecord, ROOT } from '../../../journal/record.ts';
import { type Damage, type Decoded, decode } from '../../../journal/segment/decode.ts';
import { encode } from '../../../journal/segment/encode.ts';
import { anySegment, header, type Segment } from './records.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function* inChunks(bytes: Uint8Array, size = bytes.length + 1): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function whole({ header, records, staged }: Segment): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of encode(header, records, inChunks(staged, 7))) all.push(chunk);
  return Buffer.concat(all);
}

/** Decodes, with the content that the sink was given. */
async function read(bytes: Buffer, sum = sha256(bytes), size = 1000): Promise<{ decoded: Decoded; content: Buffer }> {
  const all: Uint8Array[] = [];
  const decoded = await decode(inChunks(bytes, size), sum, {
    content: async (_, chunks) => {
      for await (const chunk of chunks) all.push(chunk);
    },
  });
  return { decoded, content: Buffer.concat(all) };
}

describe('a segment', () => {
  test('is read as it was written, however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(anySegment, fc.integer({ min: 1, max: 5000 }), async (segment, size) => {
        const bytes = await whole(segment);
        expect(bytes.length % 512).toBe(0);
        const { decoded, content } = await read(bytes, sha256(bytes), size);
        expect(decoded).toEqual({ state: 'sound', header: segment.header, records: segment.records });
        expect(content.equals(segment.staged)).toBe(true);
      }),
    );
  });

  test('of which any byte is another is damaged, also where the sum goes with it', async () => {
    await fc.assert(
      fc.asyncProperty(anySegment, fc.nat(), fc.integer({ min: 1, max: 255 }), async (segment, where, by) => {
        const bytes = await whole(segment);
        const at = where % bytes.length;
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ by;
        expect((await read(changed, sha256(bytes))).decoded.state).toBe('damaged');
        const { decoded } = await read(changed);
        // A changed index can be another sound index; nothing else can.
        const { header, records } = segment;
        expect(decoded).not.toEqual({ state: 'sound', header, records });
      }),
      { numRuns: 300 },
    );
  });

  test('that ends early is truncated or damaged, and never sound', async () => {
    await fc.assert(
      fc.asyncProperty(anySegment, fc.nat(), async (segment, where) => {
        const bytes = await whole(segment);
        const { decoded } = await read(bytes.subarray(0, where % bytes.length));
        expect(decoded).toEqual({ state: 'damaged', damage: { code: 'truncated' } });
      }),
    );
  });
});

const plain = { mode: 0o640, uid: 1000, gid: 1000, mtime: 1_700_000_000_250_000_000n, ctime: 3n, xattrs: {} };
const staged = Buffer.from('hello, journal');
const file: JournalRecord = {
  record: 'file',
  identity: identity('131.6'),
  path: 'a.txt',
  ...plain,
  size: staged.length,
  sha256: sha256(staged),
  content: 'here',
};
const sound: Segment = { header, records: [file], staged };

async function damageOf(change: (bytes: Buffer) => Buffer, sum?: string): Promise<Damage | 'none'> {
  const { decoded } = await read(change(await whole(sound)), sum);
  return decoded.state === 'damaged' ? decoded.damage : 'none';
}
const replaced = (from: string, to: string) => (bytes: Buffer) => {
  const text = bytes.toString('latin1');
  expect(text).toContain(from);
  expect(from.length).toBe(to.length);
  return Buffer.from(text.replace(from, to), 'latin1');
};

describe('damage says what it is', () => {
  test.each<[Damage['code'], (bytes: Buffer) => Buffer]>([
    ['version', replaced('{"journal":1,', '{"journal":2,')],
    ['index', replaced('"size":14', '"size":1.')],
    ['layout', replaced('"size":14', '"size":15')],
    ['content', replaced('hello, journal', 'hello, Journal')],
    ['layout', replaced('content/a.txt', 'content/b.txt')],
    ['layout', replaced('remount-index', 'remount-Index')],
    ['truncated', (bytes) => bytes.subarray(0, -1)],
    ['truncated', () => Buffer.alloc(0)],
    ['trailing', (bytes) => Buffer.concat([bytes, Buffer.alloc(512)])],
  ])('%s', async (code, change) => expect(await damageOf(change)).toMatchObject({ code }));

  test('sum', async () => expect(await damageOf((bytes) => bytes, sha256(staged))).toMatchObject({ code: 'sum' }));
  test('none', async () => expect(await damageOf((bytes) => bytes)).toBe('none'));
  test('two records of one thing', async () => {
    const twice = await whole({ header, records: [file, file], staged: Buffer.concat([staged, staged]) });
    expect((await read(twice)).decoded).toEqual({ state: 'damaged', damage: { code: 'index', line: 3 } });
  });
});

test('who does not take all of the content gets the rest of the segment all the same', async () => {
  const bytes = await whole(sound);
  const decoded = await decode(inChunks(bytes, 5), sha256(bytes), {
    content: async (_, chunks) => {
      for await (const _chunk of chunks) break;
    },
  });
  expect(decoded.state).toBe('sound');
});

test('what was staged has to be what the records say', async () => {
  await expect(whole({ ...sound, staged: Buffer.from('hello, JOURNAL') })).rejects.toThrow('what was staged of 131.6');
  await expect(whole({ ...sound, staged: Buffer.from('hello') })).rejects.toThrow('what was staged of 131.6');
  await expect(whole({ ...sound, staged: Buffer.from('hello, journal!') })).rejects.toThrow('more was staged');
});

describe('a person unpacks it with tar', () => {
  const long = Array.from({ length: 3 }, (_, i) => `${i}`.repeat(120)).join('/');
  const odd = 'b\udcff\n ü';
  const big = Buffer.alloc(3000, 'x');
  const node = (record: 'file', number: number, path: string, bytes: Buffer, more = {}): JournalRecord => ({
    record,
    identity: identity(`${number}.1`),
    path,
    ...plain,
    size: bytes.length,
    sha256: sha256(bytes),
    content: 'here',
    ...more,
  });
  const name = (number: number, path: string): JournalRecord => {
    const name = path.split('/').at(-1) ?? '';
    return { record: 'name', directory: ROOT, name, identity: identity(`${number}.1`), path };
  };
  const piece = (offset: number, bytes: Buffer): JournalRecord => ({
    record: 'piece',
    identity: identity('9.1'),
    path: 'd/large',
    offset,
    length: bytes.length,
    sha256: sha256(bytes),
  });
  const xattrs = { 'user.one': Buffer.from([0, 1, 255, 10]).toString('base64'), 'user.two': '' };
  const records: JournalRecord[] = [
    {
      record: 'directory',
      identity: identity('2.1'),
      path: 'd',
      ...plain,
      mode: 0o2750,
      mtime: 1_600_000_000_000_000_001n,
    },
    node('file', 3, 'd/a', Buffer.from('first'), { mode: 0o4711, mtime: 1_700_000_000_123_456_789n, xattrs }),
    name(3, 'd/a'),
    name(3, 'second name'),
    node('file', 4, odd, Buffer.from(''), { mtime: -1_500_000_000n }),
    node('file', 5, long, Buffer.from('long'), { uid: 3_000_000_000 }),
    { record: 'symlink', identity: identity('6.1'), path: 'd/link', ...plain, target: `../${long}` },
    { record: 'gone', identity: identity('7.1') },
    piece(0, big),
    piece(3000, Buffer.from('end')),
  ];
  const content = Buffer.concat([Buffer.from('first'), Buffer.from('long'), big, Buffer.from('end')]);
  const folder = mkdtempSync(join(tmpdir(), 'segment-'));
  const at = (path: string) => toBytes(join(folder, path));

  test('names, modes, times, owners, links, attributes and pieces', async () => {
    writeFileSync(join(folder, 's.tar'), await whole({ header, records, staged: content }));
    const tar = spawnSync('tar', ['--xattrs', '--xattrs-include=*', '--delay-directory-restore', '-xpf', 's.tar'], {
      cwd: folder,
      encoding: 'utf8',
    });
    // It says of the file from before 1970 that this is implausible, and takes it.
    expect([tar.status, tar.stderr.match(/^tar:/gm)]).toEqual([0, ['tar:']]);

    const stat = (path: string) => lstatSync(at(path), { bigint: true });
    expect(readFileSync(at('content/d/a'), 'utf8')).toBe('first');
    expect(stat('content/d/a').mode & 0o7777n).toBe(0o4711n);
    expect(stat('content/d/a').mtimeNs).toBe(1_700_000_000_123_456_789n);
    expect(stat('content/second name').ino).toBe(stat('content/d/a').ino);
    expect(stat(`content/${odd}`).mtimeNs).toBe(-1_500_000_000n);
    expect(readFileSync(at(`content/${long}`), 'utf8')).toBe('long');
    expect(readlinkSync(at('content/d/link'))).toBe(`../${long}`);
    expect([stat('content/d').mode & 0o7777n, stat('content/d').mtimeNs]).toEqual([
      0o2750n,
      1_600_000_000_000_000_001n,
    ]);
    if (process.getuid?.() === 0)
      expect([stat('content/d/a').uid, stat(`content/${long}`).uid]).toEqual([1000n, 3_000_000_000n]);

    const shell = spawnSync('sh', ['-c', 'cat pieces/d/large/* >large && sed -n 1p remount-index.jsonl'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([shell.status, JSON.parse(shell.stdout).volume]).toEqual([0, 'alpha']);
    expect(readFileSync(at('large')).equals(Buffer.concat([big, Buffer.from('end')]))).toBe(true);
  });

  test('and its extended attributes, byte for byte', () => {
    const answer = spawnSync('getfattr', ['-d', '-e', 'base64', join(folder, 'content/d/a')], { encoding: 'utf8' });
    expect(answer.stdout).toContain(`user.one=0s${xattrs['user.one']}\n`);
    expect(answer.stdout).toContain('user.two=0s\n');
  });
});

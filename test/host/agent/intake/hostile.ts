import { deflateRawSync } from 'node:zlib';
import { LIMITS, type Limits } from '../../../../intake/limits.ts';
import type { Refusal } from '../../../../intake/refusal.ts';
import { type Made, unicodeName, zip, zip64 } from './zips.ts';

/** An archive that is to be refused, and what for: its first refusal. */
export interface Hostile {
  readonly bytes: Buffer;
  readonly expected: Partial<Refusal>;
  readonly limits?: Partial<Limits>;
  readonly ignoreCase?: boolean;
}

const FULL = 0xffffffff;
const good: Made = { name: 'index.html', content: '<p>Hello</p>', deflate: true };
const one = (member: Made): Buffer => zip([good, member]);
const named = (name: string | Buffer, more: Partial<Made> = {}) => one({ name, content: 'x', ...more });
const zeros = (bytes: number) => Buffer.alloc(bytes);
const honest = zip([good, { name: 'a/b.txt', content: 'b'.repeat(1000), deflate: true }]);
/** A nested bomb's innermost: many members of one stretch of bytes. */
const quoted = (count: number): Buffer => {
  const first = { name: '0', content: zeros(1000), deflate: true };
  const others = Array.from({ length: count }, (_, i) => ({
    ...first,
    name: `${i + 1}`,
    at: (_: number, before: readonly number[]) => before[0] ?? 0,
  }));
  return zip([first, ...others]);
};

/** Each kind of refusal, several ways. */
export const HOSTILE: Readonly<Record<string, Hostile>> = {
  'no zip at all': { bytes: Buffer.from('<html>this is a page</html>'), expected: { code: 'notZip' } },
  'no byte': { bytes: Buffer.alloc(0), expected: { code: 'notZip' } },
  'a gzip': { bytes: Buffer.from('1f8b0800000000000003', 'hex'), expected: { code: 'notZip' } },
  'cut off before its end record': { bytes: honest.subarray(0, honest.length - 22), expected: { code: 'truncated' } },
  'cut off within a member': { bytes: honest.subarray(0, 60), expected: { code: 'truncated' } },
  'cut off in front': { bytes: honest.subarray(40), expected: { code: 'damaged', what: 'directory' } },
  'bytes after its end': { bytes: zip([good], { after: Buffer.from('more') }), expected: { code: 'damaged' } },
  'an end record that points beyond': {
    bytes: zip([good], { offset: (own) => own + 5000 }),
    expected: { code: 'damaged', what: 'directory' },
  },
  'more members said than there are': {
    bytes: zip([good], { count: 3 }),
    expected: { code: 'damaged', what: 'directory' },
  },
  'an extra field longer than its room': {
    bytes: named('a', { extra: Buffer.from('0100ff00', 'hex') }),
    expected: { code: 'damaged', what: 'directory' },
  },
  'nothing in it': { bytes: zip([]), expected: { code: 'empty' } },
  'directories alone': { bytes: zip([{ name: 'a/' }, { name: 'a/b/' }]), expected: { code: 'empty' } },
  'what a Mac leaves alone': { bytes: zip([{ name: '__MACOSX/._a', content: 'x' }]), expected: { code: 'empty' } },

  'a path upwards': { bytes: named('../escaped'), expected: { code: 'outside', why: 'parent' } },
  'a path upwards from within': { bytes: named('a/../../escaped'), expected: { code: 'outside', why: 'parent' } },
  'a directory upwards': { bytes: named('a/..'), expected: { code: 'outside', why: 'parent' } },
  'an absolute path': { bytes: named('/etc/escaped'), expected: { code: 'outside', why: 'absolute' } },
  'a backslash': { bytes: named('..\\escaped'), expected: { code: 'outside', why: 'backslash' } },
  'a backslash within': { bytes: named('a\\b'), expected: { code: 'outside', why: 'backslash' } },
  'a drive': { bytes: named('C:/escaped'), expected: { code: 'outside', why: 'drive' } },
  'a path upwards in its Unicode field': {
    bytes: named('x', { flags: 0, extra: unicodeName('x', '../escaped') }),
    expected: { code: 'outside', why: 'parent' },
  },

  'a zero in a name': { bytes: named('a\0.html'), expected: { code: 'name', why: 'control' } },
  'a line break in a name': { bytes: named('a\nb'), expected: { code: 'name', why: 'control' } },
  'bytes that are no UTF-8, said to be': {
    bytes: named(Buffer.from('61ff62', 'hex')),
    expected: { code: 'name', why: 'encoding' },
  },
  'the name of what the volume keeps': { bytes: named('.remount/canary'), expected: { code: 'name', why: 'own' } },
  'that name deeper': { bytes: named('a/.remount'), expected: { code: 'name', why: 'own' } },
  'a hidden file': { bytes: named('a/.htaccess'), expected: { code: 'name', why: 'hidden' } },
  'a hidden directory': { bytes: named('.git/config'), expected: { code: 'name', why: 'hidden' } },
  'a manifest': { bytes: named('manifest.sha256'), expected: { code: 'name', why: 'manifest' } },
  'a manifest that is being written': {
    bytes: named('a/manifest.sha256.tmp'),
    expected: { code: 'name', why: 'manifest' },
  },
  'a name of 256 bytes': { bytes: named('n'.repeat(256)), expected: { code: 'name', why: 'long' } },
  'a name of 100 characters and 300 bytes': { bytes: named('€'.repeat(100)), expected: { code: 'name', why: 'long' } },
  'a path of 4,000 bytes': { bytes: named(`${'d'.repeat(200)}/`.repeat(20)), expected: { code: 'name', why: 'long' } },
  'a path of 1,000 directories': { bytes: named(`${'d/'.repeat(1000)}f`), expected: { code: 'name', why: 'deep' } },
  'no name': { bytes: named(''), expected: { code: 'name', why: 'empty' } },
  'a name of dots alone': { bytes: named('./.'), expected: { code: 'name', why: 'empty' } },

  'a symbolic link': {
    bytes: named('link', { content: '/etc/passwd', mode: 0o120777 }),
    expected: { code: 'special', kind: 'link' },
  },
  'a link, and a file beneath it': {
    bytes: zip([
      { name: 'd', content: '/tmp', mode: 0o120777 },
      { name: 'd/escaped', content: 'x' },
    ]),
    expected: { code: 'special', kind: 'link' },
  },
  'a character device': { bytes: named('d', { mode: 0o020666 }), expected: { code: 'special', kind: 'character' } },
  'a block device': { bytes: named('d', { mode: 0o060666 }), expected: { code: 'special', kind: 'block' } },
  'a pipe': { bytes: named('d', { mode: 0o010666 }), expected: { code: 'special', kind: 'fifo' } },
  'a socket': { bytes: named('d', { mode: 0o140666 }), expected: { code: 'special', kind: 'socket' } },

  'the same name twice': { bytes: zip([good, good]), expected: { code: 'twice', by: 'same' } },
  'the same name by another way': { bytes: named('./index.html'), expected: { code: 'twice', by: 'same' } },
  'two Unicode forms of a name': {
    bytes: zip([
      { name: '\u00e9', content: 'x' },
      { name: 'e\u0301', content: 'y' },
    ]),
    expected: { code: 'twice', by: 'unicode' },
  },
  'two Unicode forms of a directory': {
    bytes: zip([
      { name: '\u00e9/a', content: 'x' },
      { name: 'e\u0301/b', content: 'y' },
    ]),
    expected: { code: 'twice', by: 'unicode' },
  },
  'two cases of a name, where that is asked': {
    bytes: named('INDEX.html'),
    ignoreCase: true,
    expected: { code: 'twice', by: 'case' },
  },
  'a file that is a directory too': { bytes: named('index.html/a'), expected: { code: 'fileAndDirectory' } },
  'a directory that is a file too': {
    bytes: zip([
      { name: 'a/b', content: 'x' },
      { name: 'a', content: 'y' },
    ]),
    expected: { code: 'fileAndDirectory' },
  },

  encrypted: { bytes: named('secret', { flags: 1 }), expected: { code: 'encrypted' } },
  'encrypted in its own header alone': { bytes: named('secret', { ownFlags: 1 }), expected: { code: 'ambiguous' } },
  'a list that is encrypted': { bytes: named('secret', { flags: 0x2000 }), expected: { code: 'encrypted' } },
  'packed by bzip2': { bytes: named('a', { method: 12 }), expected: { code: 'method', method: 12 } },
  'packed by a method that only its own header names': {
    bytes: named('a', { ownMethod: 8 }),
    expected: { code: 'ambiguous' },
  },
  'called otherwise in its own header': { bytes: named('a', { called: 'b' }), expected: { code: 'ambiguous' } },
  'a directory with content': { bytes: named('d/', { content: 'x' }), expected: { code: 'ambiguous' } },
  'a directory by its mode, a file by its name': {
    bytes: named('d', { mode: 0o040755 }),
    expected: { code: 'ambiguous' },
  },

  'a wrong sum': { bytes: named('a', { sum: 7 }), expected: { code: 'checksum', path: 'a' } },
  'a wrong sum, deflated': { bytes: named('a', { sum: 7, deflate: true }), expected: { code: 'checksum', path: 'a' } },
  'longer than said': {
    bytes: named('a', { content: zeros(5_000_000), deflate: true, size: 10 }),
    expected: { code: 'size', path: 'a' },
  },
  'shorter than said': {
    bytes: named('a', { content: 'x', deflate: true, size: 10 }),
    expected: { code: 'size', path: 'a' },
  },
  'stored, and of another size': { bytes: named('a', { size: 10 }), expected: { code: 'size', path: 'a' } },
  'no deflate': {
    bytes: named('a', { raw: Buffer.from('ffffffff', 'hex'), method: 8, size: 4 }),
    expected: { code: 'damaged', what: 'data' },
  },
  'deflate that is cut off': {
    bytes: named('a', { raw: deflateRawSync(Buffer.from('b'.repeat(5000))).subarray(0, 5), method: 8, size: 5000 }),
    expected: { code: 'damaged', what: 'data' },
  },
  'a header that is none': {
    bytes: named('a', { at: (own) => own + 3 }),
    expected: { code: 'damaged', what: 'header' },
  },
  'a header beyond the end': {
    bytes: named('a', { at: () => 1_000_000 }),
    expected: { code: 'damaged', what: 'header' },
  },
  'bytes beyond the end': {
    bytes: named('a', { packed: 1_000_000, size: 1_000_000 }),
    expected: { code: 'damaged', what: 'header' },
  },

  'a member whose bytes reach into the next': {
    bytes: zip([{ name: 'a', content: 'x', packed: 40, size: 40 }, good]),
    expected: { code: 'overlap', path: 'index.html' },
  },
  'a member within another': {
    // Its header is the content of the first, which is stored.
    bytes: (() => {
      const inner = zip([{ name: 'in', content: 'x' }]);
      return zip([
        { name: 'out', content: inner },
        { name: 'in', content: 'x', at: (_, before) => (before[0] ?? 0) + 30 + 3 },
      ]);
    })(),
    expected: { code: 'overlap' },
  },
  'a bomb of one stretch of bytes': { bytes: quoted(100), expected: { code: 'ambiguous' } },
  'a bomb by its ratio': {
    bytes: named('a', { content: zeros(2_000_000), deflate: true }),
    limits: { unsuspected: 1_000_000 },
    expected: { code: 'bomb' },
  },
  'a bomb by its total': {
    bytes: zip(Array.from({ length: 20 }, (_, i) => ({ name: `${i}`, content: zeros(100_000), deflate: true }))),
    limits: { bytes: 1_000_000, ratio: 1e9 },
    expected: { code: 'tooLarge' },
  },
  'a bomb by the number of its names': {
    bytes: zip(Array.from({ length: 51 }, (_, i) => ({ name: `${i}`, content: '' }))),
    limits: { names: 50 },
    expected: { code: 'tooMany', most: 50 },
  },
  'a bomb by directories that nobody lists': {
    bytes: zip(Array.from({ length: 20 }, (_, i) => ({ name: `${i}/a/b/c/f`, content: '' }))),
    limits: { names: 50 },
    expected: { code: 'tooMany', most: 50 },
  },
  'more names than a zip has room for, said by zip64': {
    bytes: zip([good], { zip64: { count: 1n << 40n } }),
    expected: { code: 'tooMany', most: LIMITS.names },
  },
  'a list far beyond the end, by zip64': {
    bytes: zip([good], { zip64: { count: 1n, offset: 1n << 50n } }),
    expected: { code: 'damaged', what: 'directory' },
  },
  'a size of 16 EiB, by zip64': {
    bytes: named('a', { deflate: true, size: FULL, extra: zip64((1n << 64n) - 1n) }),
    expected: { code: 'tooLarge' },
  },
  'a zip64 field that is not there': {
    bytes: named('a', { deflate: true, size: FULL, packed: FULL, extra: zip64() }),
    expected: { code: 'damaged', what: 'directory' },
  },
  'packed bytes beyond the end, by zip64': {
    bytes: named('a', { deflate: true, packed: FULL, extra: zip64(1n << 40n) }),
    expected: { code: 'damaged', what: 'header' },
  },
};

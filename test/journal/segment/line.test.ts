import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type FileRecord, identity, ROOT } from '../../../journal/record.ts';
import { fromLine, toLine } from '../../../journal/segment/line.ts';
import { anySegment } from './records.ts';

test('a record is a line, and the line that record', () => {
  fc.assert(
    fc.property(anySegment, ({ records }) => {
      for (const record of records) {
        const line = toLine(record);
        expect(line).not.toContain('\n');
        expect(fromLine(line)).toEqual(record);
      }
    }),
  );
});

const file: FileRecord = {
  record: 'file',
  identity: identity('131.6'),
  path: 'courses/a/index.html',
  mode: 0o644,
  uid: 0,
  gid: 33,
  mtime: 1_700_000_000_123_456_789n,
  ctime: 1_700_000_000_223_456_789n,
  xattrs: { 'user.origin': 'aGVyZQ==' },
  size: 9,
  sha256: 'ab'.repeat(32),
  content: [
    { segment: 4, offset: 0, length: 4 },
    { segment: 5, offset: 6, length: 2 },
  ],
};

test('a line is for people too', () => {
  expect(toLine(file)).toBe(
    `{"record":"file","identity":"131.6","path":"courses/a/index.html","mode":"0644","uid":0,"gid":33,"mtime":"1700000000123456789","ctime":"1700000000223456789","xattrs":{"user.origin":"aGVyZQ=="},"size":9,"sha256":"${'ab'.repeat(32)}","content":[[4,0,4],[5,6,2]]}`,
  );
  expect(fromLine(toLine(file))).toEqual(file);
});

const line = toLine(file);
test.each<[string, string, string]>([
  ['a field that is not known', '"size":9', '"size":9,"colour":"red"'],
  ['a field that is missing', '"gid":33,', ''],
  ['fields in another order', '"uid":0,"gid":33', '"gid":33,"uid":0'],
  ['a number spelt otherwise', '"size":9', '"size":9.0'],
  ['a size that is not whole', '"size":9', '"size":8.5'],
  ['a size below nothing', '"size":9', '"size":-9'],
  ['another kind', '"record":"file"', '"record":"door"'],
  ['a path that leads out', 'courses/a', '../a'],
  ['an absolute path', 'courses/a', '/courses/a'],
  ['an identity that is a path', '131.6', '../../x'],
  ['a mode that is none', '0644', '0948'],
  ['a checksum that is none', 'abab', 'abaz'],
  ['a value that is no base64', 'aGVyZQ==', 'aGVyZQ='],
  ['a piece that lies on another', '[5,6,2]', '[5,3,2]'],
  ['a piece beyond the end', '[5,6,2]', '[5,8,2]'],
  ['a piece of no segment', '[5,6,2]', '[0,6,2]'],
  ['an empty piece', '[5,6,2]', '[5,6,0]'],
  ['a piece that is none', '[5,6,2]', '[5,6]'],
  ['the owner that chown takes for none', '"uid":0', '"uid":4294967295'],
  ['a space more', '{"record"', '{ "record"'],
  ['no JSON', '}', ''],
])('%s is no record', (_, from, to) => {
  expect(line).toContain(from);
  expect(fromLine(line.replace(from, to))).toBeUndefined();
});

test.each([
  '{"record":"name","directory":"root","name":"a/b","identity":null,"path":"a"}',
  '{"record":"name","directory":"root","name":"..","identity":null,"path":"a"}',
  '{"record":"name","directory":"root","name":"","identity":null,"path":"a"}',
  '{"record":"piece","identity":"1","path":"a","offset":0,"length":0,"sha256":""}',
  '[]',
  'null',
  '',
])('%s is no record', (text) => expect(fromLine(text)).toBeUndefined());

test('an identity serves as the name of a file', () => {
  expect(ROOT).toBe(identity('root'));
  for (const wrong of ['', '.', '..', '.a', 'a/b', 'A', 'a b', 'a'.repeat(101)])
    expect(() => identity(wrong)).toThrow(RangeError);
});

import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeWhole } from '../../operator/command/file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'file-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a file is replaced as a whole where it may be, and a link to it stays one', () => {
  const [file, link] = [join(directory, 'a'), join(directory, 'b')];
  writeWhole(file, 'one', { replace: true });
  symlinkSync('a', link);
  writeWhole(link, 'two', { replace: true });
  expect([readFileSync(file, 'utf8'), lstatSync(link).isSymbolicLink()]).toEqual(['two', true]);
  expect(readdirSync(directory)).toEqual(['a', 'b']);
});

test('a file that is there stays as it is where it may not be replaced, and nothing is left aside', () => {
  const file = join(directory, 'a');
  writeWhole(file, 'one', { replace: false, mode: 0o600 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(() => writeWhole(file, 'two', { replace: false })).toThrow('EEXIST');
  expect([readFileSync(file, 'utf8'), readdirSync(directory)]).toEqual(['one', ['a']]);
});

test('what is no file is written to as it is', () => {
  writeWhole('/dev/null', 'one', { replace: true });
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  expect(existsSync(`/dev/null.${process.pid}.part`)).toBe(false);
});

test('it is never half there under its name', () => {
  const file = join(directory, 'a');
  writeWhole(file, 'one', { replace: true });
  // Somebody has what it is made in: it fails on the way.
  const wrong = `${file}.${process.pid}.part`;
  symlinkSync('/dev/full', wrong);
  expect(() => writeWhole(file, 'two', { replace: true })).toThrow();
  expect(readFileSync(file, 'utf8')).toBe('one');
});

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const HOST = join(import.meta.dirname, '../../host');
const NAMES_IN = /^names_in\(\) \{\n[\s\S]*?^\}/m.exec(readFileSync(join(HOST, 'manifests.sh'), 'utf8'))?.[0] ?? '';
/** The function of the verb itself, with what it needs around it. Says whether it has read all of the file. */
const SCRIPT = `tab=$(printf '\\t'); decode=s/x/x/; list() { "$@"; }; step() { "$@"; }
. "${HOST}/reading.sh"
${NAMES_IN}
work="$1" scratch="$1" seed="$2"; read_data "$3" "$4"; echo "whole=$whole"`;
const MIB = 2 ** 20;
/** What is read in a second, at the least. */
const RATE = 100 * MIB;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pieces-'));
  mkdirSync(join(directory, 'tools'));
  const tool = (name: string, script: string) => {
    writeFileSync(join(directory, 'tools', name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory, 'tools', name), 0o755);
  };
  tool('xfs_io', `cat "${directory}/holes"`);
  tool('dd', `echo "$*" | sed 's/.*skip=\\([0-9]*\\) count=\\([0-9]*\\).*/\\1 \\2/' >>"${directory}/read"`);
  writeFileSync(join(directory, 'one'), 'huge\n');
});
afterAll(() => rmSync(directory, { recursive: true }));

type Range = readonly [from: number, to: number];

/** What a drill reads of a file that has data in these places. */
function read(data: readonly Range[], size: number, drill: number, seconds: number): { all: boolean; ranges: Range[] } {
  const lines = data.flatMap(([from, to]) => [`DATA\t${from}`, ...(to < size ? [`HOLE\t${to}`] : [])]);
  writeFileSync(join(directory, 'holes'), ['Whence\tResult', ...lines, ''].join('\n'));
  writeFileSync(join(directory, 'read'), '');
  const said = execFileSync('sh', ['-c', SCRIPT, 'sh', directory, `${drill}`, `${size}`, `${seconds}`], {
    encoding: 'utf8',
    env: { PATH: `${directory}/tools:${process.env.PATH}` },
  });
  const asked = readFileSync(join(directory, 'read'), 'utf8').trim().split('\n').filter(Boolean);
  const ranges = asked.map((line) => line.split(' ').map(Number)).map(([from = 0, n = 0]): Range => [from, from + n]);
  return { all: said.includes('whole=yes'), ranges };
}
const bytes = (ranges: readonly Range[]) => ranges.reduce((sum, [from, to]) => sum + to - from, 0);

describe('a file that is too large to be read in one drill', () => {
  const SIZE = 20 * RATE;
  const SECONDS = 2;
  const WHOLE: readonly Range[] = [[0, SIZE]];

  test('is read in pieces, as long as there is time for, and that is said', () => {
    const { all, ranges } = read(WHOLE, SIZE, 1, SECONDS);
    expect(all).toBe(false);
    expect(bytes(ranges)).toBe(SECONDS * RATE);
  });

  test('is read to its last byte in twice the drills that one pass takes, another piece in each', () => {
    const unread = new Set(Array.from({ length: SIZE / MIB }, (_, n) => n));
    for (let drill = 0; drill < (2 * SIZE) / (SECONDS * RATE); drill++)
      for (const [from, to] of read(WHOLE, SIZE, drill, SECONDS).ranges)
        for (let n = Math.ceil(from / MIB); (n + 1) * MIB <= to; n++) unread.delete(n);
    expect([...unread]).toEqual([]);
  });

  test('takes no time for its holes: where its data are few, all of them are read', () => {
    const data: readonly Range[] = [
      [0, MIB],
      [10 * RATE, 10 * RATE + MIB],
      [SIZE - MIB, SIZE],
    ];
    const { all, ranges } = read(data, SIZE, 0, SECONDS);
    expect(all).toBe(true);
    expect(ranges).toEqual(data);
  });

  test('is one whose data nobody can place: all of it, in pieces', () => {
    expect(bytes(read([], SIZE, 3, SECONDS).ranges)).toBe(SECONDS * RATE);
  });
});

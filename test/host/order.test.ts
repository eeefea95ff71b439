import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const CHECK = readFileSync(join(import.meta.dirname, '../../host/check.sh'), 'utf8');
/** The function of the verb itself, with what it needs around it. */
const SCRIPT = `LC_ALL=C; export LC_ALL; tab=$(printf '\\t'); canary_file=.remount/canary; fresh=10800
list() { "$@"; }
${/^plan_order\(\) \{\n[\s\S]*?^\}/m.exec(CHECK)?.[0] ?? ''}
scratch="$1" work="$1" seed="$2"
plan_order`;
const FILES = 500;
const OLD = 1_700_000_000;

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'order-'));
  mkdirSync(join(directory, '.remount'));
  writeFileSync(join(directory, '.remount/canary'), '');
});
afterAll(() => rmSync(directory, { recursive: true }));

interface File {
  readonly name: string;
  readonly time: number;
  readonly size: number;
}
/** The two lists in which a drill reads: the fresh files, and the others. */
function order(files: readonly File[], drill: number): { fresh: string[]; rest: string[] } {
  const lines = files.map(({ name, time, size }) => `${name}\t${time}.5\t${size}\t-\n`);
  writeFileSync(join(directory, 'plan'), lines.sort().join(''));
  execFileSync('sh', ['-c', SCRIPT, 'sh', directory, `${drill}`]);
  const read = (list: string): string[] => readFileSync(join(directory, list), 'utf8').split('\n').slice(0, -1);
  return { fresh: read('fresh'), rest: read('first') };
}

const old: File[] = Array.from({ length: FILES }, (_, i) => ({
  name: `courses/${String(i).padStart(4, '0')}`,
  time: OLD,
  size: i % 7 === 0 ? 1_000_000 : 1000,
}));
const bytesOf = new Map(old.map(({ name, size }) => [name, size + 65_536]));

describe('the order in which a drill reads', () => {
  test('begins with what is fresh, the latest foremost, and names each file once', () => {
    const now = Math.floor(Date.now() / 1000);
    const young = [5000, 60, 20_000].map((age) => ({ name: `courses/young-${age}`, time: now - age, size: 10 }));
    const { fresh, rest } = order([...old, ...young], 3);
    expect(fresh).toEqual(['courses/young-60', 'courses/young-5000']);
    expect(rest.toSorted()).toEqual([...old.map(({ name }) => name), 'courses/young-20000']);
    expect(new Set(rest).size).toBe(rest.length);
  });

  test('is the same for the same drill, and begins elsewhere for the next', () => {
    expect(order(old, 7)).toEqual(order(old, 7));
    expect(order(old, 8).rest[0]).not.toBe(order(old, 7).rest[0]);
    expect(order(old, 0).rest).toEqual(old.map(({ name }) => name));
  });

  test.each([1, 17, 4_000_000_000])(
    'reaches every file in at most twice the drills of one pass, from drill %d on',
    (from) => {
      const share = 0.1;
      const total = [...bytesOf.values()].reduce((sum, bytes) => sum + bytes, 0);
      const reached = new Set<string>();
      for (let drill = from; drill < from + 2 / share; drill++) {
        let budget = share * total;
        for (const name of order(old, drill).rest) {
          budget -= bytesOf.get(name) ?? 0;
          if (budget < 0) break;
          reached.add(name);
        }
      }
      expect(reached.size).toBe(FILES);
    },
  );

  test('takes an empty volume', () => expect(order([], 1)).toEqual({ fresh: [], rest: [] }));
});

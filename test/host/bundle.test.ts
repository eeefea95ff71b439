import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { z } from 'zod';
import { EXIT } from '../../contract/contract.ts';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const Verb = z.tuple([z.number(), z.record(z.string(), z.string()), z.string()]);

/** What each run must answer. */
const EXPECTED: Readonly<Record<string, keyof typeof EXIT | 'ok bundled' | 'ok absent'>> = {
  'a course': 'ok bundled',
  again: 'ok bundled',
  'a file': 'ok bundled',
  'a name with a dash': 'ok bundled',
  'a name with line breaks': 'ok bundled',
  'a name that is no UTF-8': 'ok bundled',
  'all of it': 'ok bundled',
  'a link itself': 'ok bundled',
  'through a link': 'ok absent',
  'through a link below': 'ok absent',
  'below a file': 'ok absent',
  'not there': 'ok absent',
  'a name too long': 'ok absent',
  ...Object.fromEntries(
    ['../etc', 'courses/..', 'a/../b', 'courses//one', 'courses/one/', './a', 'courses/.'].map((path) => [
      `path ${path}`,
      'usage' as const,
    ]),
  ),
  'no base64': 'usage',
  'no slash': 'usage',
  ...Object.fromEntries(
    ['elsewhere/one.tar', 'bundles/../one.tar', 'bundles/a/b.tar', 'bundles/.tar', 'bundles/one'].map((key) => [
      `key ${key}`,
      'usage' as const,
    ]),
  ),
  'no bucket': 'usage',
  // None of these says anything of the copy.
  refused: 'usage',
  'cut off': 'interrupted',
  late: 'timeout',
  'after the late one': 'ok bundled',
  // Without a log nobody knows whose fault it is: the kernel's last word counts, as for `check`.
  EIO: 'shutdown',
  'EIO of a name': 'corrupt',
  damaged: 'unmountable',
};

describe('bundle, on real XFS', () => {
  realTest('brings a path out of a copy, and nothing that a link leads to', () => {
    const { one, whatCame, sameBytes, file, dashed, ends, bytes, all, itself, left, ...runs } = runScript(
      join(import.meta.dirname, 'bundle.script.ts'),
      'dash',
    ) as Record<string, unknown>;
    const [names, sum] = one as [string[], string];
    expect(names).toEqual(
      ['', '-dash', 'a', 'hole', 'out', 'pipe', 'sub/', 'sub/again', 'sub/up'].map((name) => `./one/${name}`),
    );
    // Mode, second name and nanoseconds; a link as a link; an attribute; a hole at its size.
    expect(whatCame).toBe(
      '640 2 2025-05-05 05:05:05.123456789 +0000\na\n/etc/passwd\n../one\nx 8796093022208 regular file\n 0 fifo\n5000',
    );
    expect(sameBytes).toBe(sum);
    expect([file, dashed, ends, bytes]).toEqual([['./a'], ['./-dash'], ['./new\\nline\\n'], ['./bad\\377utf']]);
    expect(itself).toEqual(['./way']);
    expect(all).toEqual(expect.arrayContaining(['./', './courses/', './courses/one/sub/up', './way']));
    expect(left).toEqual([[], [], []]);
    for (const [label, expected] of Object.entries(EXPECTED)) {
      const [status, keys] = Verb.parse(runs[label]);
      const [name, state = name] = expected.split(' ');
      expect([label, status, keys.state]).toEqual([label, EXIT[name as keyof typeof EXIT], state]);
      expect([label, keys.sha256 !== undefined]).toEqual([label, name === 'ok']);
      if (state === 'absent') expect([label, runs[`${label}: sent`]]).toEqual([label, false]);
    }
    expect(Verb.parse(runs['a course'])[1].sha256).toBe(sum);
    expect(Verb.parse(runs.refused)[2]).toContain('AccessDenied');
  });
});

import { describe, expect, test } from '@jest/globals';
import { measure } from '../../../proof/bench/measure.ts';
import { makeNotifier } from '../../../rehearsal/command/progress.ts';
import { node } from '../../rehearsal/child.ts';

const nothing = (name: string) => ({ name, args: ['-e', ''], cwd: '.', env: {} });

describe('a benchmark says what it is doing', () => {
  test('which of its runs, of how many, and of what, before each', () => {
    const notified: string[] = [];
    const rows = measure([nothing('a'), nothing('b')], 1, (text) => notified.push(text));
    expect(notified).toEqual([
      '1 of 4: warming up: a',
      '2 of 4: warming up: b',
      '3 of 4: run 1 of 1: a',
      '4 of 4: run 1 of 1: b',
    ]);
    expect(rows.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test.each([
    [true, '\r\x1b[K  1 of 2\r\x1b[K'],
    // In the log of a build nothing can be written over.
    [false, '  1 of 2\n'],
  ])('on a terminal (%s) in one line, elsewhere in lines', (isTTY, written) => {
    let text = '';
    const stream = { isTTY, write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream;
    const { notify, clear } = makeNotifier(stream);
    notify('1 of 2');
    clear();
    expect(text).toBe(written);
  });

  test.each([
    ['proof/bench/recovery.ts', ['--seeds', '1'], /^ {2}(\d+) of \1: no spare, .*: seeds: 1 of 1$/m],
    ['proof/bench/simulation.ts', ['--runs', '1'], /^Counting the points of \d+ stories \.\.\.$/m],
  ])('%s: on standard error; the result alone is on standard output', (file, options, doing) => {
    const { stdout, stderr } = node(file, [...options, '--json']);
    expect(stderr).toMatch(/^Synthesizing the stacks \.\.\.$/m);
    expect(stderr).toMatch(doing);
    expect(typeof JSON.parse(stdout)).toBe('object');
  });
});

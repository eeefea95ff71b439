import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../../rehearsal/command.ts';
import { readOptions } from '../../rehearsal/options.ts';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import { node } from './child.ts';

describe('options of the rehearsal', () => {
  test('defaults', () => {
    expect(readOptions([])).toEqual({
      run: {
        scenario: 'bad-wednesday',
        seed: 1,
        disks: undefined,
        json: false,
        verbose: false,
        compare: false,
        context: {},
        matrix: false,
      },
    });
  });

  test.each([
    [['--scenario', 'good-friday'], '--scenario: received "good-friday"; allowed: bad-wednesday, '],
    [['--seed', '-1'], "Option '--seed' argument is ambiguous"],
    [['--seed=-1'], '--seed: received "-1"; allowed: a whole number from 0 to 4294967295'],
    [['--seed', 'abc'], '--seed: received "abc"; allowed: a whole number from 0 to 4294967295'],
    [['--seed', '4294967296'], '--seed: received "4294967296"; allowed'],
    [['--seed', '1.5'], '--seed: received "1.5"; allowed'],
    [['--disks', 'floppy'], '--disks: received "floppy"; allowed: xfs, memory'],
    [['--frobnicate'], "Unknown option '--frobnicate'"],
    [['stray'], "Unexpected argument 'stray'"],
  ])('%j is refused in one line', (args, message) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    try {
      readOptions(args);
    } catch (error) {
      expect((error as Error).message).toContain(message);
      expect((error as Error).message).not.toContain('\n');
    }
  });

  test('the command says it on standard error, and exits with 2', () => {
    const ended = node('rehearsal/main.ts', ['--scenario', 'nope']);
    const allowed = [...Object.keys(SCENARIOS), 'all'].join(', ');
    expect(ended).toEqual({
      code: 2,
      stdout: '',
      stderr: `--scenario: received "nope"; allowed: ${allowed}; --list describes them\n`,
    });
  });

  test('--help and --list print and do nothing else', () => {
    expect(node('rehearsal/main.ts', ['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Exit codes:'),
    });
    expect(node('rehearsal/main.ts', ['--list'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^bad-wednesday\s+\S/),
    });
    const listed = node('rehearsal/main.ts', ['--list']).stdout.trim().split('\n');
    expect(listed.map((line) => line.split(' ')[0])).toEqual(Object.keys(SCENARIOS));
  });
});

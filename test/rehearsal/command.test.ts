import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { SettingsError } from '../../lib/props/refusal.ts';
import { FLAG, HELP_FLAG, readArguments, runCommand, UsageError, whole } from '../../rehearsal/command/command.ts';
import { DisksUnavailable } from '../../simulator/disks/disks.ts';
import { node } from './child.ts';

const OPTIONS = { runs: { type: 'string', default: '3' }, json: FLAG, help: HELP_FLAG } as const;

describe('options', () => {
  test('are read, with what is not given', () => {
    expect(readArguments(['--json', '-h'], OPTIONS)).toEqual({ runs: '3', json: true, help: true });
  });

  test.each([
    [['--frob'], 'received --frob; allowed: --runs, --json, --help'],
    [['-x'], 'received -x; allowed: --runs, --json, --help'],
    [['--runs'], '--runs: received no value; allowed: --runs VALUE'],
    [
      ['--runs', '--json'],
      '--runs: received "--json"; allowed: a value, and one that begins with a dash as --runs=--json',
    ],
    [['--json=yes'], '--json: received "yes"; allowed: no value'],
    [['--json', 'left over'], 'received "left over"; allowed: options and their values'],
  ])('%j is refused in one line, which says what is allowed', (args, message) => {
    expect(() => readArguments(args, OPTIONS)).toThrow(new UsageError(`${message}; --help lists the options`));
  });

  test.each(['', '-1', '0', '8', '1.5', '1e0', ' 1', 'x'])('"%s" is no whole number from 1 to 7', (text) => {
    expect(() => whole('--runs', text, 1, 7)).toThrow(
      `--runs: received "${text}"; allowed: a whole number from 1 to 7`,
    );
  });

  test.each(['1', '7'])('%s is', (text) => expect(whole('--runs', text, 1, 7)).toBe(Number(text)));
});

describe('a command', () => {
  let said = '';
  const before = process.exitCode;
  beforeEach(() => {
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = before;
  });

  const ended = async (main: () => number) => {
    said = '';
    await runCommand('It could not be done', main);
    const code = process.exitCode;
    process.exitCode = before;
    return { code, said };
  };
  const failing = (error: Error) =>
    ended(() => {
      throw error;
    });

  test('ends with the code that it returns', async () => {
    expect(await ended(() => 1)).toEqual({ code: 1, said: '' });
  });

  test('wrong usage and wrong settings are a line, and code 2', async () => {
    expect(await failing(new UsageError('--a: received b'))).toEqual({ code: 2, said: '--a: received b\n' });
    expect(await failing(new SettingsError('region: received b'))).toMatchObject({
      code: 2,
      said: 'region: received b\n',
    });
  });

  test('a machine that cannot do it is a line, and code 3', async () => {
    expect(await failing(new DisksUnavailable('it needs root'))).toEqual({ code: 3, said: 'it needs root\n' });
  });

  test('anything else says what could not be done, and how to see where', async () => {
    const { code, said: text } = await failing(new Error('of its own'));
    expect(code).toBe(1);
    expect(text).toMatch(/^It could not be done: of its own\n/);
  });
});

test.each([
  ['build/reference.ts', ['--wrong'], 'received --wrong; allowed: --check, --help; --help lists the options\n'],
  [
    'proof/damage/main.ts',
    ['--sound', '3', '--write'],
    '--write: received with --sound; allowed: without it (the table is of damage)\n',
  ],
])('%s with %j says what is allowed', (script, args, stderr) => {
  expect(node(script, args)).toMatchObject({ code: 2, stderr });
});

import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../../rehearsal/command/command.ts';
import { type MatrixOptions, readOptions } from '../../rehearsal/command/options.ts';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import { UNUSUAL } from '../../rehearsal/world/unusual.ts';
import { node } from './child.ts';

function matrixOf(...args: readonly string[]): MatrixOptions {
  const command = readOptions(args);
  const matrix = 'run' in command ? command.run.matrix : undefined;
  if (!matrix) throw new Error(`${args.join(' ')} is no matrix`);
  return matrix;
}

describe('options of the rehearsal', () => {
  test('defaults', () => {
    expect(readOptions([])).toEqual({
      run: {
        scenario: 'bad-wednesday',
        seed: 1,
        disks: undefined,
        json: false,
        verbose: false,
        compare: [],
        hold: false,
        watch: false,
        context: {},
        matrix: undefined,
      },
    });
  });

  test.each([
    [['--scenario', 'good-friday'], '--scenario: received "good-friday"; allowed: bad-wednesday, '],
    [['--seed', '-1'], '--seed: received "-1"; allowed: a value, and one that begins with a dash as --seed=-1; --help'],
    [['--seed=-1'], '--seed: received "-1"; allowed: a whole number from 0 to 4294967295'],
    [['--seed', 'abc'], '--seed: received "abc"; allowed: a whole number from 0 to 4294967295'],
    [['--seed', '4294967296'], '--seed: received "4294967296"; allowed'],
    [['--seed', '1.5'], '--seed: received "1.5"; allowed'],
    [['--disks', 'floppy'], '--disks: received "floppy"; allowed: xfs, memory'],
    [['--frobnicate'], 'received --frobnicate; allowed: --scenario, --seed, --disks, '],
    [['stray'], 'received "stray"; allowed: options and their values; --help'],
    [['-c', 'remount'], '-c: received "remount"; allowed: KEY=VALUE, such as remount='],
    [['-c', 'remont={}'], '-c: received the key "remont"; allowed: remount, and the CDK\'s own'],
    [['--matrix', '-c', 'remount={}'], '--matrix: received with --context; allowed: with --scenario, --with, --each'],
    [['--matrix', '--disks=xfs'], '--matrix: received with --disks; allowed'],
    [['--matrix', '--no-drills'], '--matrix: received with --no-drills; allowed'],
    [['--matrix', '--no-journal'], '--matrix: received with --no-journal; allowed'],
    [
      ['--no-journal', '--scenario', 'spare'],
      '--no-journal: received with --scenario spare; allowed: with bad-wednesday',
    ],
    [['--matrix', '--scenario', 'unknown'], '--scenario: received "unknown"; allowed: bad-wednesday, '],
    [['--matrix', '--with', 'web,tiny'], '--with: received "tiny"; allowed: three-zones, one-volume, '],
    [['--matrix', '--each', '0'], '--each: received "0"; allowed: a whole number from 1 to '],
    [['--page', 'x.html', '--scenario', 'all'], '--page: received with more than one day to play; allowed: with one'],
    [['--page', 'x.html', '--matrix'], '--page: received with more than one day to play'],
    [['--page', 'nowhere/x.html'], '--page: received "nowhere/x.html"; allowed: a file in a folder that is there'],
    [['--watch', '--hold'], '--watch: received with more than one day to play, --hold or --json; allowed'],
    [['--watch', '--scenario', 'all'], '--watch: received with more than one day'],
    [['--page', '.'], '--page: received "."; allowed: a file in a folder that is there'],
    [['--with', 'web'], '--with: received "web"; allowed: with --matrix'],
    [['--each', '3'], '--each: received "3"; allowed: with --matrix'],
  ])('%j is refused in one line', (args, message) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    try {
      readOptions(args);
    } catch (error) {
      expect((error as Error).message).toContain(message);
      expect((error as Error).message).not.toContain('\n');
    }
  });

  test('the matrix is all of it, or what is asked for', () => {
    const { each, ...rest } = matrixOf('--matrix');
    expect(rest).toEqual({ rows: UNUSUAL.map(({ name }) => name), scenarios: undefined });
    expect(each).toBe(Object.keys(SCENARIOS).length);
    expect(matrixOf('--matrix', '--with', 'web,hourly', '--each', '2', '--scenario', 'full,spare')).toEqual({
      rows: ['web', 'hourly'],
      scenarios: ['full', 'spare'],
      each: 2,
    });
    expect(matrixOf('--matrix', '--scenario', 'all').scenarios).toEqual(Object.keys(SCENARIOS));
  });

  test.each([
    ['{"region"', 'remount: received "{\\"region\\""; allowed: a JSON object'],
    ['', 'remount: received ""; allowed: a JSON object'],
    ['{"regoin": "us-east-1"}', 'regoin: received "us-east-1"; no such setting; known are stackName, region, '],
    ['{"instancesPerZone": 1}', 'instancesPerZone: received 1; allowed: a whole number from 2 to 20 instances'],
    ['{"region": "us-east-1", "zones": ["eu-west-1a", "eu-west-1b"]}', 'zones[0]: received "eu-west-1a"; allowed: an '],
  ])('the command refuses -c remount=%s in one line, and exits with 2', (settings, message) => {
    const { code, stdout, stderr } = node('rehearsal/main.ts', ['-c', `remount=${settings}`]);
    expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(stderr).toContain(message);
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

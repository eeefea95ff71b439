import { describe, expect, test } from '@jest/globals';
import { readOptions as conformance } from '../../proof/conformance/options.ts';
import { readOptions as simulate } from '../../proof/faults/options.ts';
import { readOptions as permissions } from '../../proof/permissions/options.ts';
import { HELP, readOptions as rehearse } from '../../rehearsal/command/options.ts';
import { node } from '../rehearsal/child.ts';
import { documents, prose, read, rows, shellLines } from './markdown.ts';

const SCRIPTS = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
/** What reads a command's arguments as the command does; of another one, `--help` is asked for beside them. */
const READERS: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  rehearse,
  simulate,
  permissions,
  conformance,
};

/** Each command of npm or npx that a document has, in a block or in a line. */
function commands(text: string): string[] {
  const inline = [...prose(text).matchAll(/`((?:npm|npx) [^`]+)`/g)].map(([, span = '']) => span.replace(/\s+/g, ' '));
  return [...shellLines(text), ...inline]
    .flatMap((line) => line.replace(/\s+# .*$/, '').split(' && '))
    .map((command) => command.trim())
    .filter((command) => /^(npm|npx) /.test(command));
}

/** As a shell takes it apart: only what stands in the documents. */
function words(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''));
}

/** What is wrong with a command, if anything is. */
function wrong(command: string): string | undefined {
  // -s is npm's own: it prints nothing of its own then.
  const [tool, verb = '', ...rest] = words(command.replace(/^npm run -s /, 'npm run '));
  if (tool === 'npx' && verb === 'remount') return refusedByScript(SCRIPTS.remount ?? '', rest);
  if (tool === 'npx') return verb === 'cdk' ? undefined : `npx ${verb}: allowed is cdk, remount`;
  if (['ci', 'test', 'pack', 'install', 'publish'].includes(verb)) return undefined;
  const [name = '', dashes, ...args] = rest;
  if (verb !== 'run' || SCRIPTS[name] === undefined) return `${command}: there is no such script`;
  if (dashes !== undefined && dashes !== '--') return `${command}: npm takes ${dashes} for itself`;
  const given = args.map((arg) => (arg === 'NAME' ? 'spare' : arg));
  return READERS[name] ? refusedBy(READERS[name], given) : refusedByScript(SCRIPTS[name], given);
}

function refusedBy(reader: (args: readonly string[]) => unknown, args: readonly string[]): string | undefined {
  try {
    reader(args);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Documents have many commands in common, and each is a process. */
const refusals = new Map<string, string | undefined>();

function refusedByScript(script: string, args: readonly string[]): string | undefined {
  const known = JSON.stringify([script, args]);
  if (!refusals.has(known)) refusals.set(known, askedOfScript(script, args));
  return refusals.get(known);
}

function askedOfScript(script: string, args: readonly string[]): string | undefined {
  const [, file] = /^node (\S+\.ts)$/.exec(script) ?? [];
  if (!file) return args.length === 0 ? undefined : `${script} takes no arguments`;
  if (args.length === 0) return undefined;
  const { code, stderr } = node(file, [...args, '--help']);
  return code === 0 ? undefined : stderr;
}

describe('each command in a document can be given as it stands', () => {
  test.each(documents().map((document) => [document, [...new Set(commands(read(document)))]] as const))(
    '%s',
    (_, found) => expect(found.flatMap((command) => wrong(command) ?? [])).toEqual([]),
  );

  test('which are many', () => expect(documents().flatMap((d) => commands(read(d))).length).toBeGreaterThan(60));

  test.each([
    ['npm run rehears', 'there is no such script'],
    ['npm run rehearse --list', 'npm takes --list for itself'],
    ['npm run rehearse -- --scenario nothing', '--scenario: received "nothing"'],
    ['npm run rehearse -- --disk xfs', 'received --disk; allowed'],
    ["npm run simulate -- --scenario spare --replay 'x@y#1'", '--replay: received "x@y#1"'],
    ['npm run mutants -- --all', 'received --all; allowed'],
    ['npm run lint -- --fix', 'takes no arguments'],
    ['npx jest', 'allowed is cdk'],
  ])('%s would be found', (command, said) => expect(wrong(command)).toContain(said));
});

/** Who runs each command of the README: this file (below), or CI by a line that it has. */
const RUN: Readonly<Record<string, 'below' | readonly [file: string, line: string]>> = {
  'npm ci': ['.ci/run', '\nnpm ci\n'],
  'npm test': ['.ci/run', '\nnpm test\n'],
  'npm run rehearse': ['.ci/run', '\nnpm run rehearse -- --disks xfs >"$log" 2>&1 &\n'],
  'npm run rehearse -- --no-drills --no-journal': 'below',
  // An account nobody has here: the real CDK does it to an emulator, in a part of `npm run conformance`, which CI runs.
  'npx cdk bootstrap aws://ACCOUNT/REGION': ['proof/conformance/parts/template.ts', "cdk, 'bootstrap', `aws://"],
  'npx cdk deploy': ['proof/conformance/parts/template.ts', "cdk, 'deploy', stackName"],
};

describe('each command of the README is run', () => {
  const readme = read('README.md');
  const found = [...new Set(commands(readme))];

  test('by somebody', () => expect(found.sort()).toEqual(Object.keys(RUN).sort()));

  test.each(Object.entries(RUN).filter(([, by]) => by !== 'below'))('%s, where it is said', (_, by) => {
    const [file, line] = by as readonly [string, string];
    expect(read(file)).toContain(line);
    if (file.includes('conformance')) expect(read('.ci/run')).toContain('\nnpm run conformance ');
  });

  test('npm run rehearse -- --no-drills --no-journal, which prints the rows of the README and its words on 2010', () => {
    const { code, stdout } = node('rehearsal/main.ts', ['--no-drills', '--no-journal', '--disks', 'memory']);
    expect(code).toBe(0);
    const [head = [], , ...table] = rows(readme).filter((row) => row.length === 5);
    expect(head).toEqual(['', 'January 2010', 'without drills', 'without a journal', 'with both']);
    expect(stdout).toContain('without drills');
    const cells = (line: string) => line.trim().split(/\s{2,}/);
    const printed = stdout.split('\n').map(cells);
    expect(table.length).toBeGreaterThan(4);
    // Rows in which 2010 has no figure have one cell less.
    const firsts = printed.map(([name, ...others]) => `${name}: ${others.length === 4 ? others[0] : ''}`);
    for (const [name, then] of table) expect(firsts).toContain(`${name}: ${then}`);
  });

  test('on at most half as many lines as it had before it was taken apart', () =>
    expect(readme.split('\n').length).toBeLessThanOrEqual(108));
});

test('docs/rehearsal.md has every option that the command has', () => {
  const options = (text: string) => [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option);
  const listed = HELP.split('\n').filter((line) => /^ {2}-/.test(line));
  const documented = rows(read('docs/rehearsal.md'))
    .map(([first = '']) => first)
    .filter((first) => first.startsWith('`-'));
  const first = (lines: readonly string[]) => lines.map((line) => options(line)[0]).sort();
  expect(first(documented)).toEqual(first(listed));
  expect(listed.length).toBeGreaterThan(9);
});

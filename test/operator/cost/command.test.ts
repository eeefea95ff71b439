import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');
const STACK = { type: 'aws:cloudformation:stack', properties: { templateFile: 't.json' } };
const MANIFEST = JSON.stringify({ artifacts: { Shop: STACK } });
const REFUSED = '{"drills": {"enabled": "no"}}';

/** Says on a pipe of its own that a handler of SIGTERM, and so of SIGINT, is there: before that whoever sends one ends the process. */
const HEARS = `import { writeSync } from 'node:fs';
process.on('newListener', (name) => name === 'SIGTERM' && writeSync(3, 'x'));`;

/** @param stdout a file descriptor; by default a pipe that is read */
function begin(args: readonly string[], stdout: 'pipe' | number = 'pipe', cwd = ROOT) {
  const hearing = ['--import', `data:text/javascript,${encodeURIComponent(HEARS)}`];
  const child = spawn(process.execPath, [...hearing, join(ROOT, 'operator/main.ts'), 'cost', ...args], {
    cwd,
    stdio: ['ignore', stdout, 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (bytes: Buffer) => {
      said[name] += bytes.toString();
    });
  const ended = new Promise<object>((resolve) => child.once('close', (code) => resolve({ code, ...said })));
  return { child, ended };
}

test.each([
  ['SIGINT', []],
  ['SIGTERM', ['--diff', '{"drills": {"enabled": false}}']],
] as const)(
  'cut off by %s while it reckons says that nothing was done, and leaves nothing behind',
  async (signal, args) => {
    const own = () => readdirSync(tmpdir()).filter((name) => name.startsWith('remount-cost-'));
    const before = own();
    const { child, ended } = begin(args);
    await new Promise((resolve) => child.stdio[3]?.once('data', resolve));
    child.kill(signal);
    expect(await ended).toEqual({ code: 130, stdout: '', stderr: '\nNothing was done\n' });
    expect(own()).toEqual(before);
  },
);

test.each([
  [[], 0, ''],
  [[REFUSED], 2, expect.stringMatching(/^\S.*\n$/)],
])('of %j that nobody reads any more ends as it would have', async (args, code, stderr) => {
  const { child, ended } = begin(args);
  child.stdout?.destroy();
  expect(await ended).toEqual({ code, stdout: '', stderr });
});

test('that goes where there is no room says so in a line, and does not end well', async () => {
  const full = openSync('/dev/full', 'w');
  const { ended } = begin(['--json'], full);
  closeSync(full);
  expect(await ended).toEqual({
    ...{ code: 4, stdout: '' },
    stderr: expect.stringMatching(/^could not write what there is to say: ENOSPC[^\n]*\n$/),
  });
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['a manifest of nothing', { 'manifest.json': 'null' }, '--stack: received nothing; allowed: one of no stacks'],
  ['a manifest without artifacts', { 'manifest.json': '{"artifacts": null}' }, '--stack: received nothing'],
  ['a template that is not there', { 'manifest.json': MANIFEST }, 'CONFIG: received '],
  ['a template of nothing', { 'manifest.json': MANIFEST, 't.json': 'null' }, 'where the template of Shop is none'],
  ['a template without resources', { 'manifest.json': MANIFEST, 't.json': '{}' }, 'where the template of Shop is none'],
  ['a template that was cut off', { 'manifest.json': MANIFEST, 't.json': '{"Resources' }, 'CONFIG: received '],
])('of what cdk synth has written, with %s, is refused in a line', async (_, files, says) => {
  const directory = mkdtempSync(join(tmpdir(), 'synthesized-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  const { ended } = begin([directory]);
  expect(await ended).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) });
  expect(await ended).toMatchObject({ stderr: expect.stringContaining(says) });
});

test.each([
  ['no cdk.json', undefined, 'CONFIG: received nothing, and there is no '],
  ['a cdk.json of another app', '{"app": "node app.js"}', 'has no context.remount; allowed: '],
  ['a cdk.json of nothing', 'null', 'has no context.remount; allowed: '],
  ['a cdk.json that was cut off', '{"context"', 'CONFIG: received '],
])('without a configuration, where there is %s, is refused in a line', async (_, content, says) => {
  const here = mkdtempSync(join(tmpdir(), 'here-'));
  if (content !== undefined) writeFileSync(join(here, 'cdk.json'), content);
  const ended = await begin([], 'pipe', here).ended;
  expect(ended).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(/^[^\n]+\n$/) });
  expect(ended).toMatchObject({ stderr: expect.stringContaining(says) });
});

test('without a configuration is of the app in whose directory it runs', async () => {
  const here = mkdtempSync(join(tmpdir(), 'here-'));
  writeFileSync(join(here, 'cdk.json'), '{"context": {"remount": {"stackName": "Ours"}}}');
  const ended = await begin(['--json'], 'pipe', here).ended;
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('"stack": "Ours"'), stderr: '' });
});

test.each([[[]], [['{}']], [['{}', '--diff', REFUSED]]])('--stack of settings %j is refused', async (args) => {
  const ended = await begin([...args, '--stack', 'Shop']).ended;
  expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--stack: received Shop;') });
});

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../operator/exit.ts';
import { CONTEXT, ROOT } from '../lib/support.ts';

/** The example apps, each with the stack that it makes. */
const EXAMPLES = [
  { name: 'archive', stack: 'Archive' },
  { name: 'healed', stack: 'Wiki' },
  { name: 'whole', stack: 'Shop' },
] as const;

/** As an app would have it; `types` are the app's own, and it has none of Node. */
const COMPILER_OPTIONS = {
  target: 'es2023',
  // The types of aws-cdk-lib take `Disposable`, and those of zod `URL`.
  lib: ['es2023', 'esnext.disposable', 'dom'],
  module: 'nodenext',
  types: [],
  strict: true,
  skipLibCheck: false,
  rewriteRelativeImportExtensions: true,
};

/** A package whose types are not found is `any` of everything, and takes everything. */
const REFUSED = `import { SnapshotSchedule } from 'remount';
// @ts-expect-error
export const wrong = (...[scope, id]: ConstructorParameters<typeof SnapshotSchedule>) => new SnapshotSchedule(scope, id, {});
`;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** A folder that has the package unpacked, and what it asks for, and nothing else. */
const folder = mkdtempSync(join(tmpdir(), 'remount-package-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const ended = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    // Jest's own options for Node are not the user's.
    env: { ...process.env, NODE_OPTIONS: '', npm_config_offline: 'true', ...env },
  });
  if (ended.status !== 0)
    throw new Error(
      `${command} ${args.join(' ')}: ${ended.status} ${ended.error ?? ''}\n${ended.stdout}${ended.stderr}`,
    );
  return ended.stdout;
}

/** Synthesizes an app with its packs, and reads what it wrote. The CDK's own check takes longer; the example's own test has it. */
function synthesize(app: string, cwd: string, stack: string): unknown {
  const out = mkdtempSync(join(folder, 'out-'));
  const env = { CDK_OUTDIR: out, CDK_CONTEXT_JSON: JSON.stringify(CONTEXT), CDK_VALIDATION: 'false' };
  run(process.execPath, [app], cwd, env);
  return JSON.parse(readFileSync(join(out, `${stack}.template.json`), 'utf8'));
}

/** Another team's project: the examples with the package in the place of the sources. */
function project(type: 'module' | 'commonjs'): string {
  const place = join(folder, type);
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), JSON.stringify({ type }));
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS }));
  writeFileSync(join(place, 'refused.ts'), REFUSED);
  for (const { name } of EXAMPLES) {
    const from = join(ROOT, 'examples', name);
    mkdirSync(join(place, name));
    for (const file of readdirSync(from).filter((found) => found.endsWith('.ts'))) {
      const source = readFileSync(join(from, file), 'utf8')
        .replaceAll("'../../lib/index.ts'", "'remount'")
        .replaceAll("'../../lib/checks/index.ts'", "'remount/checks'");
      writeFileSync(join(place, name, file), source);
    }
  }
  run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')], place);
  return place;
}

beforeAll(() => {
  run('npm', ['pack', '--pack-destination', folder], ROOT);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  run('tar', ['-xzf', tarball], folder);
  const modules = join(folder, 'node_modules');
  const remount = join(modules, 'remount');
  mkdirSync(modules);
  renameSync(join(folder, 'package'), remount);
  const manifest = JSON.parse(readFileSync(join(remount, 'package.json'), 'utf8')) as Manifest;
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
});

const fromSources = new Map<string, unknown>();
beforeAll(() => {
  for (const { name, stack } of EXAMPLES)
    fromSources.set(name, synthesize(join('examples', name, 'app.ts'), ROOT, stack));
});

describe.each([
  ['module', /from 'remount(\/checks)?'/],
  ['commonjs', /require\("remount(\/checks)?"\)/],
] as const)('the package in an app of type %s', (type, taken) => {
  let place = '';
  // Fails if the types do not fit.
  beforeAll(() => {
    place = project(type);
  });

  test.each(EXAMPLES)('$name makes of it what it makes of the sources', ({ name, stack }) => {
    expect(readFileSync(join(place, name, 'app.js'), 'utf8')).toMatch(taken);
    expect(synthesize(join(name, 'app.js'), place, stack)).toEqual(fromSources.get(name));
  });
});

describe('the command line of the package', () => {
  const remount = (...args: readonly string[]) => {
    const { bin, version } = JSON.parse(readFileSync(join(folder, 'node_modules/remount/package.json'), 'utf8'));
    // Nobody answers at this address, whoever the user is.
    const nowhere = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const env = { PATH: process.env.PATH ?? '', HOME: folder, ...nowhere };
    const program = join(folder, 'node_modules/remount', bin.remount);
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: folder,
      encoding: 'utf8',
      env,
    });
    return { status, stdout, stderr, version };
  };

  test('says which one it is', () => {
    const { stdout, version } = remount('--version');
    expect(stdout).toBe(`${version}\n`);
  });

  test('works out what a month costs, as a clone does', () => {
    const { status, stdout, stderr } = remount('cost', '{}', '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual(
      JSON.parse(run(process.execPath, ['operator/main.ts', 'cost', '{}', '--json'], ROOT)),
    );
  });

  test.each([
    [['status'], '--region: received nothing; allowed: a Region, such as eu-west-1, here or as AWS_REGION\n'],
    [['status', '--rehearsal'], '--rehearsal: only a clone of the repository has rehearsals\n'],
  ])('%j is wrong usage, in one line', (args, said) => {
    const { status, stdout, stderr } = remount(...args);
    expect([status, stdout, stderr]).toEqual([2, '', said]);
  });

  test('asks AWS, and says in one line that nobody answers', () => {
    const { status, stdout, stderr } = remount('status', '--region', 'eu-west-1');
    expect([status, stdout]).toEqual([EXIT.unasked, '']);
    expect(stderr).toMatch(/^[^\n]*ECONNREFUSED[^\n]*\n$/);
  });
});

test('the constructs do without cdk-nag, which is for remount/checks', () => {
  // Not below the folder, where cdk-nag would be found.
  const bare = mkdtempSync(join(tmpdir(), 'remount-bare-'));
  mkdirSync(join(bare, 'node_modules'), { recursive: true });
  for (const name of ['remount', 'zod', 'aws-cdk-lib', 'constructs'])
    if (name === 'remount')
      cpSync(join(folder, 'node_modules', name), join(bare, 'node_modules', name), { recursive: true });
    else symlinkSync(join(ROOT, 'node_modules', name), join(bare, 'node_modules', name));
  const imports = (name: string) => () =>
    run(process.execPath, ['--input-type=module', '--eval', `await import('${name}')`], bare);
  expect(imports('remount')).not.toThrow();
  expect(imports('remount/checks')).toThrow(/Cannot find package 'cdk-nag'/);
  rmSync(bare, { recursive: true });
});

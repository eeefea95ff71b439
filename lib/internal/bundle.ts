import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AssetHashType } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';

const ROOT = join(import.meta.dirname, '../..');
const CACHE = join(ROOT, '.cache', 'bundles');
/** Only the package has this folder, with everything bundled (`build/main.ts`), and it has no sources of them. */
const BUNDLED = join(ROOT, 'functions');
/** The functions, each in the folder `lambda/<name>/`. */
export const FUNCTIONS = ['heal', 'drill', 'guard', 'keep', 'witness', 'page'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];
/** What runs on hosts of a stack that has a journal. */
export const AGENT = 'agent';
/** What runs on hosts of a stack that has a witness. */
export const WITNESS_AGENT = 'witness-agent';
export type BundleName = FunctionName | typeof AGENT | typeof WITNESS_AGENT;
const ON_HOSTS: Readonly<Record<string, string>> = {
  [AGENT]: 'host/agent/main.ts',
  [WITNESS_AGENT]: 'host/agent/witness/main.ts',
};
/** Packages in a bundle that are CommonJS call `require`, which an ES module does not have. */
const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * The code of a function, bundled from `lambda/<name>/index.ts` with everything that it imports, the AWS SDK included: what
 * was tested is what runs. Kept in `.cache/` under the hash of its sources, for bundling is most of a synthesis.
 */
export function functionCode(name: FunctionName): Code {
  return Code.fromAsset(directoryOf(name), { assetHashType: AssetHashType.SOURCE });
}

/** The journal's agent, bundled from `host/agent/main.ts` in the same way: one ES module, for any machine that has Node 24. */
export function agentCode(): string {
  return readFileSync(join(directoryOf(AGENT), 'index.mjs'), 'utf8');
}

/** The witness's, from `host/agent/witness/main.ts`. */
export function witnessCode(): string {
  return readFileSync(join(directoryOf(WITNESS_AGENT), 'index.mjs'), 'utf8');
}

function directoryOf(name: BundleName): string {
  return existsSync(BUNDLED) ? join(BUNDLED, name) : bundle(name);
}

/** @returns the directory that holds `index.mjs` */
export function bundle(name: BundleName): string {
  const entry = join(ROOT, ON_HOSTS[name] ?? `lambda/${name}/index.ts`);
  const inputsFile = join(CACHE, `${name}.inputs.json`);
  const known = existsSync(inputsFile) ? (JSON.parse(readFileSync(inputsFile, 'utf8')) as string[]) : undefined;
  const target = known?.every((path) => existsSync(join(ROOT, path)))
    ? join(CACHE, `${name}-${fingerprint(known)}`)
    : undefined;
  if (target && existsSync(join(target, 'index.mjs'))) return target;

  // Loaded only when something has changed.
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  const built = buildSync({
    entryPoints: [entry],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: { js: BANNER },
    logLevel: 'silent',
  });
  const inputs = Object.keys(built.metafile.inputs).filter((path) => !path.includes('node_modules'));
  const directory = join(CACHE, `${name}-${fingerprint(inputs)}`);
  // Written aside and renamed, so that a synthesis beside this one never reads half a bundle.
  const aside = `${directory}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  writeFileSync(join(aside, 'index.mjs'), built.outputFiles[0]?.contents ?? '');
  try {
    renameSync(aside, directory);
  } catch (error) {
    // Another synthesis was first.
    if (!existsSync(directory)) throw error;
    rmSync(aside, { recursive: true });
  }
  writeFileSync(`${inputsFile}.${process.pid}`, JSON.stringify(inputs));
  renameSync(`${inputsFile}.${process.pid}`, inputsFile);
  return directory;
}

/** Sources, and the lock file with every package and the bundler in it: whatever changes the output changes this. */
function fingerprint(inputs: readonly string[]): string {
  const hash = createHash('sha256').update(BANNER);
  for (const path of [...inputs, 'package-lock.json']) hash.update(readFileSync(join(ROOT, path)));
  return hash.digest('hex').slice(0, 20);
}

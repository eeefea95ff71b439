/**
 * Writes the package into `dist/`: `lib/` as JavaScript with types, the functions and the journal's agent bundled, the host scripts, and the command line. `npm pack` runs it.
 * `lib/` and `host/` stand to each other as they do here, so that the code which reads host scripts is the same (decision 21).
 */
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { AGENT, bundle, FUNCTIONS, WITNESS_AGENT } from '../lib/internal/bundle.ts';
import { buildOperator } from './operator.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/** A file for a file: a stack trace names what is in git. @returns whether the sources compile */
function compile(): boolean {
  const compiler = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const project = join(ROOT, 'tsconfig.build.json');
  // Standard output is left to `npm pack`, which prints the name of its file there.
  const stdio = ['ignore', process.stderr, 'inherit'] as const;
  return spawnSync(process.execPath, [join(compiler, 'bin', 'tsc'), '-p', project], { stdio: [...stdio] }).status === 0;
}

// What is gone from the sources must not stay in the package.
rmSync(DIST, { recursive: true, force: true });
if (compile()) {
  for (const name of [...FUNCTIONS, AGENT, WITNESS_AGENT] as const)
    cpSync(bundle(name), join(DIST, 'functions', name), { recursive: true });
  cpSync(join(ROOT, 'host'), join(DIST, 'host'), { recursive: true });
  await buildOperator(ROOT, DIST);
} else {
  process.exitCode = 1;
}

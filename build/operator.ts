import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Packages in a bundle that are CommonJS call `require`, which an ES module does not have. By another name, for fflate imports it by its own. */
const BANNER =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/** What the package has beside it, as JavaScript; and what only a clone has, which is asked for late. */
const beside: Plugin = {
  name: 'beside',
  setup({ onResolve }) {
    onResolve({ filter: /\/(lib|simulator)\/.*\.ts$/ }, ({ path }) => ({
      path: path.replace(/\.ts$/, '.js'),
      external: true,
    }));
  },
};

/**
 * Writes the command line into `<dist>/operator/`, with all that it imports, the AWS SDK included. What synthesizes settings stays a file of its own: it
 * takes the constructs, and with them the CDK, which is loaded late.
 */
export async function buildOperator(root: string, dist: string): Promise<void> {
  const operator = join(dist, 'operator');
  await build({
    absWorkingDir: root,
    entryPoints: ['operator/main.ts', 'operator/cost/synthesize.ts'],
    outbase: 'operator',
    outdir: operator,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: ['aws-cdk-lib', 'constructs', 'zod'],
    plugins: [beside],
    banner: { js: BANNER },
    logLevel: 'warning',
  });
  mkdirSync(operator, { recursive: true });
  copyFileSync(join(root, 'operator/cost/prices.json'), join(operator, 'prices.json'));
  copyFileSync(join(root, 'cdk.json'), join(dist, 'cdk.json'));
}

/** The CDK app, as cdk.json runs it: what it is made of is `lib/stack/app.ts`, and nothing is decided here. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Compiling the CDK is a good part of a synthesis, so the compiled code is kept; only what is imported after this profits.
// cdk.json runs this file with --single-threaded-gc and --v8-pool-size=1: the CDK's template checks are WebAssembly whose
// memory grows in small steps, each step is a garbage collection, and its helper threads cost more than they help.
enableCompileCache(join(import.meta.dirname, '../.cache/compile'));
const { buildApp } = await import('../lib/stack/app.ts');
const { SettingsError } = await import('../lib/props/refusal.ts');

try {
  buildApp().app.synth();
} catch (error) {
  // The checks print their findings themselves; a stack trace of the CDK under them helps nobody.
  const expected = error instanceof SettingsError || (error instanceof Error && error.name === 'ValidationFailed');
  if (!expected) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof SettingsError ? 2 : 1;
}

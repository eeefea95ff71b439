import { buildApp } from '../lib/app.ts';
import { SettingsError } from '../lib/settings.ts';

try {
  buildApp().app.synth();
} catch (error) {
  // The checks print their findings themselves; a stack trace of the CDK under them helps nobody.
  const expected = error instanceof SettingsError || (error instanceof Error && error.name === 'ValidationFailed');
  if (!expected) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error instanceof SettingsError ? 2 : 1;
}

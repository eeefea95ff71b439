import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { buildApp } from '../lib/app.ts';
import type { Assembly } from './rehearse.ts';

const CDK_JSON = join(import.meta.dirname, '..', 'cdk.json');

/**
 * Synthesizes the stack of `cdk.json` with all its checks. Import this module late: loading the CDK takes longer than most of
 * what follows.
 *
 * @throws SettingsError; the CDK's ValidationFailed when a check finds something
 */
export function synthesize(directory: string, context = cdkContext()): Assembly {
  const { app, settings } = buildApp(new App({ outdir: directory, context, analyticsReporting: false }));
  app.synth();
  return { directory, stackName: settings.stackName, region: settings.region, zones: settings.zones };
}

export function cdkContext(): Record<string, unknown> {
  return (JSON.parse(readFileSync(CDK_JSON, 'utf8')) as { context?: Record<string, unknown> }).context ?? {};
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { buildApp } from '../lib/app.ts';
import { NOBODY_TOLD } from '../lib/people-topic.ts';
import { CONTEXT_KEY, readSettings } from '../lib/settings.ts';
import type { Assembly } from './rehearse.ts';
import { HOME_ZONE } from './world.ts';

const CDK_JSON = join(import.meta.dirname, '..', 'cdk.json');

/**
 * Synthesizes the stack of `cdk.json` with all its checks; with other settings, with all but the CDK's own of CloudFormation. Import this module late: loading the CDK takes longer than most of
 * what follows.
 *
 * @param settings over those of `cdk.json`
 * @throws SettingsError; the CDK's ValidationFailed when a check finds something
 */
export function synthesize(
  directory: string,
  settings: Readonly<Record<string, unknown>> = {},
  context = cdkContext(),
): Assembly {
  context = { ...context, [CONTEXT_KEY]: inItsZones({ ...(context[CONTEXT_KEY] as object), ...settings }) };
  const { app, settings: read } = buildApp(
    new App({
      outdir: directory,
      context,
      analyticsReporting: false,
      // What a scenario varies is not validated each time: that takes longer than the rest of a synthesis.
      ...(Object.keys(settings).length > 0 && { builtinCloudFormationValidation: false }),
    }),
  );
  Validations.of(app).acknowledge({
    id: `Annotation::${NOBODY_TOLD}`,
    reason: 'A rehearsal reads what the topic was sent',
  });
  app.synth();
  return { directory, stackName: read.stackName, region: read.region, zones: read.zones };
}

/** A scenario says in which zone its volumes are without knowing the Region. */
function inItsZones(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { volumes } = settings;
  if (!Array.isArray(volumes)) return settings;
  const home = () => readSettings({ ...settings, volumes: undefined }).zones[0];
  const placed = volumes.map((v) => (v?.zone === HOME_ZONE ? { ...v, zone: home() } : v));
  return { ...settings, volumes: placed };
}

export function cdkContext(): Record<string, unknown> {
  return (JSON.parse(readFileSync(CDK_JSON, 'utf8')) as { context?: Record<string, unknown> }).context ?? {};
}

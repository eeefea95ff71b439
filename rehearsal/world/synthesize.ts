import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { NOBODY_NOTIFIED } from '../../lib/people-topic.ts';
import { CONTEXT_KEY } from '../../lib/props/refusal.ts';
import { buildApp } from '../../lib/stack/app.ts';
import type { Assembly } from './assembly.ts';
import { cdkContext, neighbourOf, rawSettings, settingsOver } from './settings.ts';
import type { Scenario } from './world.ts';

/**
 * Synthesizes the stack of the context with all its checks; with other settings, with all but the CDK's own of CloudFormation. Import
 * this module late: loading the CDK takes longer than most of what follows.
 *
 * @param settings over those of the context
 * @throws SettingsError; the CDK's ValidationFailed when a check finds something
 */
export function synthesize(
  directory: string,
  settings: Readonly<Record<string, unknown>> = {},
  context = cdkContext(),
): Assembly {
  const { app, settings: read } = buildApp(
    new App({
      outdir: directory,
      context: { ...context, [CONTEXT_KEY]: settingsOver(rawSettings(context), settings) },
      analyticsReporting: false,
      // What a scenario varies is not validated each time: that takes longer than the rest of a synthesis.
      ...(Object.keys(settings).length > 0 && { builtinCloudFormationValidation: false }),
    }),
  );
  Validations.of(app).acknowledge({
    id: `Annotation::${NOBODY_NOTIFIED}`,
    reason: 'A rehearsal reads what the topic was sent',
  });
  app.synth();
  return { directory, stackName: read.stackName, region: read.region, zones: read.zones };
}

/** Synthesizes what a scenario is played on, its neighbour too, and what is deployed later. @throws as `synthesize` */
export function synthesizeFor(
  { settings = {}, neighbour, next }: Pick<Scenario, 'settings' | 'neighbour' | 'next'>,
  directory: string,
  context = cdkContext(),
): Assembly {
  const made = synthesize(directory, settings, context);
  if (next) return { ...made, next: synthesizeNext({ ...settings, ...next }, directory, context) };
  if (!neighbour) return made;
  // Into the same directory: the functions' bundles are named by what is in them, the templates by their stacks.
  const stackName = neighbourOf(made.stackName);
  synthesize(directory, { ...settings, stackName }, context);
  return { ...made, neighbour: stackName };
}

/** Assets are named by what is in them, and so beside those of the first; the template has the same name. @returns its directory */
function synthesizeNext(
  settings: Readonly<Record<string, unknown>>,
  directory: string,
  context: Record<string, unknown>,
): string {
  const later = join(directory, 'next');
  synthesize(later, settings, context);
  for (const name of readdirSync(later)) {
    const isManifest = name.endsWith('.assets.json');
    if (isManifest || name.startsWith('asset.'))
      cpSync(join(later, name), join(directory, isManifest ? `next.${name}` : name), { recursive: true });
  }
  return later;
}

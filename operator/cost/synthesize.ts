import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { NOBODY_NOTIFIED } from '../../lib/people-topic.ts';
import { CONTEXT_KEY } from '../../lib/props/refusal.ts';
import { RemountStack } from '../../lib/stack/remount-stack.ts';
import { readSettings } from '../../lib/stack/settings.ts';
import type { Template } from './template.ts';

export { CONTEXT_KEY };

const CDK_JSON = join(import.meta.dirname, '../../cdk.json');

/**
 * The template of settings, without checks: they cost time, and change nothing of it. Import this file late: loading the CDK takes longer
 * than all else.
 * @throws SettingsError
 */
export function synthesize(
  outdir: string,
  received: unknown,
): { readonly stack: string; readonly region: string; readonly template: Template } {
  const context: Record<string, unknown> = JSON.parse(readFileSync(CDK_JSON, 'utf8')).context;
  const settings = readSettings(received);
  const { stackName: stack, region } = settings;
  const app = new App({ outdir, context, analyticsReporting: false, builtinCloudFormationValidation: false });
  new RemountStack(app, stack, { env: { region }, settings });
  Validations.of(app).acknowledge({ id: `Annotation::${NOBODY_NOTIFIED}`, reason: 'Nothing is deployed' });
  const { template } = app.synth().getStackArtifact(stack);
  return { stack, region, template };
}

import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { RemountStack } from './remount-stack.ts';
import { CONTEXT_KEY, readSettings, type Settings } from './settings.ts';

export interface RemountApp {
  readonly app: App;
  readonly settings: Settings;
}

/** The CDK app: settings -> stack -> checks. @throws SettingsError */
export function buildApp(app: App = new App({ autoSynth: false })): RemountApp {
  const settings = readSettings(app.node.tryGetContext(CONTEXT_KEY));
  new RemountStack(app, settings.stackName, { env: { region: settings.region }, settings });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, settings };
}

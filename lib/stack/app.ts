import { App, Duration, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, type NagPack, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { ResilienceChecks } from '../checks/resilience-checks.ts';
import { CONTEXT_KEY } from '../props/refusal.ts';
import { RemountStack } from './remount-stack.ts';
import { readSettings, type Settings } from './settings.ts';

export interface RemountApp {
  readonly app: App;
  readonly settings: Settings;
}

/** The CDK app: settings -> stack -> checks. @throws SettingsError */
export function buildApp(app: App = new App({ autoSynth: false })): RemountApp {
  const settings = readSettings(app.node.tryGetContext(CONTEXT_KEY));
  new RemountStack(app, settings.stackName, {
    env: { region: settings.region },
    settings,
    terminationProtection: true,
  });
  Validations.of(app).addPlugins(...packs(app, settings));
  return { app, settings };
}

/** Every pack that the app must pass at each synthesis; decision 14 says which and why. */
export function packs(app: App, { objectives, instancesPerZone }: Settings): NagPack[] {
  return [
    new AwsSolutionsChecks(app),
    new NIST80053R5Checks(app),
    new HIPAASecurityChecks(app),
    new ServerlessChecks(app),
    new ResilienceChecks(app, {
      recoveryPointGap: Duration.minutes(objectives.recoveryPointGapMinutes),
      recoveryPoints: objectives.recoveryPoints,
      recoveryPointReach: Duration.hours(objectives.recoveryPointReachHours),
      instancesPerZone,
    }),
  ];
}

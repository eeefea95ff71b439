import { App, Duration, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import { ResilienceChecks } from '../../lib/checks/index.ts';
import { ArchiveStack } from './archive-stack.ts';

const app = new App();
new ArchiveStack(app, 'Archive', { env: { region: 'eu-west-1' }, terminationProtection: true });
Validations.of(app).addPlugins(
  new AwsSolutionsChecks(app),
  new NIST80053R5Checks(app),
  new HIPAASecurityChecks(app),
  new ServerlessChecks(app),
  new ResilienceChecks(app, { recoveryPointGap: Duration.minutes(90), recoveryPointReach: Duration.hours(48) }),
);

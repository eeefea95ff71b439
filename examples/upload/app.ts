import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import {
  GatewayVpcEndpointAwsService as Gateway,
  InterfaceVpcEndpointAwsService as Interface,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Remount } from '../../lib/index.ts';

const stack = new Stack(new App(), 'School', { env: { region: 'eu-west-1' }, terminationProtection: true });
const vpc = new Vpc(stack, 'Vpc', {
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  natGateways: 0,
  restrictDefaultSecurityGroup: false,
  gatewayEndpoints: { S3: { service: Gateway.S3 }, DynamoDb: { service: Gateway.DYNAMODB } },
});
for (const service of [Interface.SSM, Interface.SSM_MESSAGES, Interface.CLOUDWATCH_MONITORING])
  vpc.addInterfaceEndpoint(service.shortName, { service });
const remount = new Remount(stack, 'Remount', {
  vpc,
  email: 'school@example.com',
  volumes: [{ volumeName: 'courses' }],
  intake: { rules: { maxNames: 5000 } },
});

// Whatever signs URLs for authors, or uploads for them: it may upload for this content volume, and read what came of it.
const portal = new Role(stack, 'Portal', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
remount.intake?.grantUpload(portal, 'courses');
if (remount.intake) new CfnOutput(stack, 'Uploads', { value: remount.intake.bucket.bucketName });

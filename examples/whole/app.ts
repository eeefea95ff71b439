import { App, Stack } from 'aws-cdk-lib';
import {
  GatewayVpcEndpointAwsService as Gateway,
  InterfaceVpcEndpointAwsService as Interface,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Remount } from '../../lib/index.ts';

const stack = new Stack(new App(), 'Shop', { env: { region: 'eu-west-1' }, terminationProtection: true });
// The team's own network, without a way to the internet: instances reach AWS by endpoints.
const vpc = new Vpc(stack, 'Vpc', {
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  natGateways: 0,
  restrictDefaultSecurityGroup: false,
  gatewayEndpoints: { S3: { service: Gateway.S3 }, DynamoDb: { service: Gateway.DYNAMODB } },
});
for (const service of [Interface.SSM, Interface.SSM_MESSAGES, Interface.CLOUDWATCH_MONITORING])
  vpc.addInterfaceEndpoint(service.shortName, { service });
new Remount(stack, 'Remount', { vpc, email: 'shop@example.com', volumes: [{ volumeName: 'pages' }] });

import { expect, test } from '@jest/globals';
import type { CloudWatch } from '../../../simulator/aws/cloudwatch/cloudwatch.ts';
import { LoadBalancer } from '../../../simulator/aws/fleet/elb.ts';
import { Lab } from './lab.ts';

const ID = 'i-0aaaaaaaaaaaaaaaa';
const GROUP = {
  arn: 'group',
  fullName: 'targetgroup/group',
  stackName: 'Remount',
  healthPath: '/healthz/alpha',
  intervalSeconds: 5,
  healthyThreshold: 2,
  unhealthyThreshold: 2,
};

test('a target needs one good check once it is registered, and the threshold from then on', async () => {
  const lab = new Lab();
  lab.launch(ID);
  let status = 200;
  const unasked = { put: () => {} } as unknown as CloudWatch;
  const balancer = new LoadBalancer(lab.cloud, lab.ec2, unasked, () => status);
  balancer.name(GROUP.stackName, 'app/balancer');
  balancer.define(GROUP);
  balancer.register(GROUP.arn, ID);
  const seen: boolean[] = [];
  for (const answer of [200, 503, 503, 200, 200]) {
    status = answer;
    await lab.pass(GROUP.intervalSeconds);
    seen.push(balancer.healthy(GROUP.arn).includes(ID));
  }
  expect(seen).toEqual([true, true, false, false, true]);
});

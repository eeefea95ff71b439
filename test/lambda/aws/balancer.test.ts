import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { expect, test } from '@jest/globals';
import { elbBalancer } from '../../../lambda/aws/balancer.ts';
import { simulatedAws } from '../../../simulator/aws/account/sdk.ts';
import { ServiceError } from '../../../simulator/aws/account/service-error.ts';
import { ANYONE, Lab } from '../../simulator/aws/lab.ts';

const TARGET_GROUP = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/alpha/1';

function reach(answer: () => object, volume = 'alpha') {
  const lab = new Lab();
  lab.cloud.offer('elasticloadbalancing', { DescribeTargetHealth: answer });
  const clients = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  const elb = simulatedAws(lab.cloud, ANYONE)(new ElasticLoadBalancingV2Client(clients));
  return lab.within(() => elbBalancer(elb, { alpha: TARGET_GROUP }).reach(volume));
}

const target = (Id: string, State: string, Reason?: string) => ({ Target: { Id }, TargetHealth: { State, Reason } });

test('says whom it reaches, and who answers', async () => {
  const TargetHealthDescriptions = [
    target('i-1', 'healthy'),
    target('i-2', 'unhealthy', 'Target.ResponseCodeMismatch'),
    target('i-3', 'unhealthy', 'Target.Timeout'),
  ];
  expect(await reach(() => ({ TargetHealthDescriptions }))).toEqual({ on: ['i-1'], answering: ['i-1', 'i-2'] });
});

test('that it could not be asked is an answer, with the reason', async () => {
  const denied = () => {
    throw new ServiceError('AccessDenied', 'not for you', 403);
  };
  expect(await reach(denied)).toEqual({
    why: 'could not ask the load balancer for the health of alpha: AccessDenied: not for you',
  });
});

test.each(['', 'alpha', '10.0.0.7', 'vol-1'])(
  'a target that is no instance, "%s": whom it reaches is not known, rather than nobody',
  async (id) => {
    const TargetHealthDescriptions = [target('i-1', 'healthy'), target(id, 'healthy')];
    expect(await reach(() => ({ TargetHealthDescriptions }))).toEqual({
      why: `could not ask the load balancer for the health of alpha: a target is "${id}", no instance`,
    });
  },
);

test('a volume that it has no target group of is a mistake of the deployment', async () => {
  await expect(reach(() => ({}), 'beta')).rejects.toThrow('no target group is configured for the content volume beta');
});

import { expect, test } from '@jest/globals';
import { VpcEndpoints } from '../../../simulator/aws/ec2/vpc-endpoints.ts';
import { Lab } from './lab.ts';

test('VPC endpoints are described in pages, by their ids alone, and one that is gone is in none', async () => {
  const lab = new Lab();
  const { all } = new VpcEndpoints(lab.cloud);
  const ids = Array.from({ length: 7 }, (_, i) => `vpce-${i}`);
  for (const id of ids)
    all.set(id, {
      ...{ id, service: 'com.amazonaws.eu-west-1.ssm', type: 'Interface', state: 'available' },
      privateDns: true,
    });
  all.delete('vpce-3');
  const Filters = [{ Name: 'vpc-endpoint-id', Values: ids }];
  const seen: { VpcEndpointId: string }[] = [];
  for (let NextToken: unknown, pages = 0; pages === 0 || NextToken !== undefined; pages++) {
    const answer = await lab.call('DescribeVpcEndpoints', { Filters, NextToken });
    seen.push(...(answer.VpcEndpoints as typeof seen));
    NextToken = answer.NextToken;
  }
  expect(seen.map(({ VpcEndpointId }) => VpcEndpointId)).toEqual(ids.filter((id) => id !== 'vpce-3'));
  expect(seen[0]).toEqual({
    VpcEndpointId: 'vpce-0',
    VpcEndpointType: 'Interface',
    ServiceName: 'com.amazonaws.eu-west-1.ssm',
    State: 'available',
    PrivateDnsEnabled: true,
  });
  await expect(lab.call('DescribeVpcEndpoints', { Filters: [{ Name: 'vpc-id', Values: ['vpc'] }] })).rejects.toThrow(
    'the simulated EC2 does not know the filter vpc-id',
  );
});

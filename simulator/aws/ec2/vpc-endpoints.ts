import type { Cloud } from '../account/cloud.ts';
import { type Input, matches, onlyMembers, page } from './input.ts';

/** As the network of a template has it. */
export interface SimEndpoint {
  readonly id: string;
  /** Such as `com.amazonaws.eu-west-1.ssm`. */
  readonly service: string;
  readonly type: 'Interface' | 'Gateway';
  /** In small letters, as EC2 answers it, whatever its model says: docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoints.html, "Output". */
  state: string;
  /** The service's own name leads to it within the VPC. */
  privateDns: boolean;
}

const PAGE = 5;

/** VPC endpoints, as they are described. Simplified: whatever their state is, calls of hosts get through; who may read what by a gateway: `Gateways`. */
export class VpcEndpoints {
  readonly all = new Map<string, SimEndpoint>();

  constructor(cloud: Cloud) {
    cloud.offer('ec2', {
      DescribeVpcEndpoints: (input: Input) => {
        onlyMembers('DescribeVpcEndpoints', input, ['Filters', 'NextToken', 'MaxResults']);
        const wanted = [...this.all.values()].filter(({ id }) => matches(input, {}, { 'vpc-endpoint-id': id }));
        const { items, next } = page(input, wanted, PAGE, cloud.faults.pageItems);
        const described = items.map(({ id, service, type, state, privateDns }) => ({
          VpcEndpointId: id,
          VpcEndpointType: type,
          ServiceName: service,
          State: state,
          PrivateDnsEnabled: privateDns,
        }));
        return { VpcEndpoints: described, NextToken: next };
      },
    });
  }
}

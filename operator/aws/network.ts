import { type EC2Client, paginateDescribeVpcEndpoints, type VpcEndpoint } from '@aws-sdk/client-ec2';
import { translated } from '../../lambda/aws/errors.ts';

/** A way of the stack's instances to a service. */
export interface EndpointNow {
  /** Such as `ssm`. */
  readonly service: string;
  readonly id: string;
  /** As EC2 has it, in small letters; absent: there is none of this id any more. */
  readonly state?: string;
  /** It is of type `Interface`, and the service's own name does not lead to it: no call of a host goes through it. */
  readonly unnamed?: boolean;
}

/**
 * How they are. One that is gone is asked for by a filter, for an id that EC2 does not know fails the whole call.
 * @param output `service=id,service=id`, as the stack has it
 */
export function endpointsOf(ec2: EC2Client, output: string): Promise<EndpointNow[]> {
  return translated('describe the VPC endpoints', async () => {
    const wanted = output.split(',').map((each) => each.split('=') as [service: string, id: string]);
    const found = new Map<string, VpcEndpoint>();
    const Filters = [{ Name: 'vpc-endpoint-id', Values: wanted.map(([, id]) => id) }];
    for await (const { VpcEndpoints = [] } of paginateDescribeVpcEndpoints({ client: ec2 }, { Filters }))
      for (const each of VpcEndpoints) found.set(each.VpcEndpointId ?? '', each);
    return wanted.map(([service, id]) => nowOf(service, id, found.get(id)));
  });
}

function nowOf(service: string, id: string, seen: VpcEndpoint | undefined): EndpointNow {
  // The model has `Available`, and answers have `available`: docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoints.html
  const state = seen?.State?.toLowerCase();
  const unnamed = seen?.VpcEndpointType === 'Interface' && seen.PrivateDnsEnabled === false;
  return { service, id, ...(state !== undefined && { state }), ...(unnamed && { unnamed }) };
}

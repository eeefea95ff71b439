import type { Deployed } from '../template.ts';
import { HOURS, type Usage } from '../usage.ts';
import type { Ask } from './ask.ts';

export function network({ balancers, addresses, endpoints }: Deployed, { gbOut }: Usage): Ask[] {
  return [
    { id: 'balancer', about: 'the load balancer', quantity: balancers * HOURS, price: 'elb.hour' },
    // A unit is a GB an hour, where bytes are what there is most of: aws.amazon.com/elasticloadbalancing/pricing/
    {
      id: 'balancer.units',
      about: 'capacity units of the load balancer, one a GB',
      quantity: gbOut,
      price: 'elb.lcu',
      assumes: ['gbOut'],
    },
    {
      id: 'balancer.addresses',
      about: 'public addresses of the load balancer',
      settings: ['zones'],
      quantity: addresses * HOURS,
      price: 'vpc.address',
    },
    {
      id: 'endpoints',
      about: 'interface endpoints',
      settings: ['zones', 'moreEndpoints'],
      quantity: endpoints * HOURS,
      price: 'vpc.endpoint',
    },
    { id: 'transfer', about: 'what users download', quantity: gbOut, price: 'transfer.out', assumes: ['gbOut'] },
  ];
}

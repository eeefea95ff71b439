import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Balancer } from '../core/ports.ts';
import { translated } from './errors.ts';

/** @param targetGroups content volume -> ARN of its target group */
export function elbBalancer(
  elb: ElasticLoadBalancingV2Client,
  targetGroups: Readonly<Record<string, string>>,
): Balancer {
  return {
    async healthy(volume) {
      const TargetGroupArn = targetGroups[volume];
      if (!TargetGroupArn) throw new Error(`no target group is configured for the content volume ${volume}`);
      try {
        const answer = await translated(`ask for the health of ${volume}`, () =>
          elb.send(new DescribeTargetHealthCommand({ TargetGroupArn })),
        );
        const healthy = (answer.TargetHealthDescriptions ?? []).filter((t) => t.TargetHealth?.State === 'healthy');
        return healthy.map((t) => t.Target?.Id ?? '');
      } catch {
        // Not to be had is an answer of its own: the decision fails closed on it, and everything else goes on.
        return undefined;
      }
    },
  };
}

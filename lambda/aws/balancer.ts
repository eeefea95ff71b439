import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { type InstanceId, isInstanceId } from '../../contract/ids.ts';
import type { Balancer } from '../core/world/ports.ts';
import { translated } from './errors.ts';

/**
 * A web server has answered, with another code than 200: that of a standby has no such volume. One that is dead or out of reach shows
 * as Target.FailedHealthChecks or Target.Timeout: docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
 */
const WRONG_CODE = 'Target.ResponseCodeMismatch';

/** @param targetGroups content volume -> ARN of its target group */
export function elbBalancer(
  elb: ElasticLoadBalancingV2Client,
  targetGroups: Readonly<Record<string, string>>,
): Balancer {
  return {
    async reach(volume) {
      const TargetGroupArn = targetGroups[volume];
      if (!TargetGroupArn) throw new Error(`no target group is configured for the content volume ${volume}`);
      const asked = `the load balancer for the health of ${volume}`;
      try {
        const answer = await translated(`ask ${asked}`, () =>
          elb.send(new DescribeTargetHealthCommand({ TargetGroupArn })),
        );
        const targets = (answer.TargetHealthDescriptions ?? []).map(({ Target, TargetHealth }) => ({
          id: instanceOf(Target, asked),
          healthy: TargetHealth?.State === 'healthy',
          refuses: TargetHealth?.Reason === WRONG_CODE,
        }));
        const idsOf = (some: typeof targets) => some.map((target) => target.id);
        const on = targets.filter((target) => target.healthy);
        return { on: idsOf(on), answering: idsOf([...on, ...targets.filter((target) => target.refuses)]) };
      } catch (error) {
        // Not to be had is an answer of its own: the decision fails closed on it, and everything else goes on.
        return { why: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** @throws Error where it is none: whom content is reached on is not known then, and that nobody is may not be taken from it */
function instanceOf(target: TargetDescription | undefined, asked: string): InstanceId {
  if (!isInstanceId(target?.Id)) throw new Error(`could not ask ${asked}: a target is "${target?.Id}", no instance`);
  return target.Id;
}

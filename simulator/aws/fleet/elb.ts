import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { CloudWatch } from '../cloudwatch/cloudwatch.ts';
import { type Input, onlyMembers, text } from '../ec2/input.ts';
import type { Ec2State } from '../ec2/state.ts';

export interface TargetGroup {
  readonly arn: string;
  /** The dimension values of the load balancer's metrics. */
  readonly fullName: string;
  /** The stack that made it: its one load balancer uses it. */
  readonly stackName: string;
  readonly healthPath: string;
  readonly intervalSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

/** What an HTTP request to an instance is answered with; `undefined` when nobody answers. */
export type Web = (instanceId: string, path: string) => number | undefined;

interface Target {
  healthy: boolean;
  /** Checks in a row that contradict `healthy`. */
  against: number;
  /** What the last check was answered with; `undefined` when nobody answered. */
  status: number | undefined;
  /** At least one check has ended. */
  checked: boolean;
}

const METRIC_MS = 60_000;

/** Health checks of the simulated Application Load Balancer, and the one metric of it that is watched. */
export class LoadBalancer {
  readonly #cloud: Cloud;
  readonly #ec2: Ec2State;
  readonly #cloudwatch: CloudWatch;
  readonly #web: Web;
  readonly #names = new Map<string, string>();
  readonly #targets = new Map<string, Map<string, Target>>();

  constructor(cloud: Cloud, ec2: Ec2State, cloudwatch: CloudWatch, web: Web) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#cloudwatch = cloudwatch;
    this.#web = web;
    cloud.offer('elasticloadbalancing', { DescribeTargetHealth: (input) => this.#describe(input) });
  }

  define(group: TargetGroup): void {
    const { clock } = this.#cloud;
    this.#targets.set(group.arn, new Map());
    clock.every(group.intervalSeconds * 1000, clock.now() + group.intervalSeconds * 1000, () => this.#check(group));
    clock.every(METRIC_MS, clock.now() + METRIC_MS, () => {
      const name = this.#names.get(group.stackName);
      if (!name) throw new Error(`target group ${group.fullName} belongs to no load balancer`);
      const dimensions = { TargetGroup: group.fullName, LoadBalancer: name };
      this.#cloudwatch.put(
        'AWS/ApplicationELB',
        'HealthyHostCount',
        dimensions,
        clock.now() - 1,
        this.healthy(group.arn).length,
      );
    });
  }

  /** The one load balancer of a stack, by its full name. */
  name(stackName: string, fullName: string): void {
    this.#names.set(stackName, fullName);
  }

  register(groupArn: string, instanceId: string): void {
    const targets = this.#targets.get(groupArn);
    if (!targets) throw new Error(`target group ${groupArn} is not known`);
    targets.set(instanceId, { healthy: false, against: 0, status: undefined, checked: false });
  }

  deregister(groupArn: string, instanceId: string): void {
    this.#targets.get(groupArn)?.delete(instanceId);
  }

  #describe(input: Input): object {
    onlyMembers('DescribeTargetHealth', input, ['TargetGroupArn']);
    const arn = text(input, 'TargetGroupArn');
    const targets = this.#targets.get(arn);
    if (!targets) throw new ServiceError('TargetGroupNotFound', `One or more target groups not found: ${arn}`);
    return {
      TargetHealthDescriptions: [...targets].map(([Id, target]) => ({
        Target: { Id, Port: 80 },
        TargetHealth: healthOf(target),
      })),
    };
  }

  healthy(groupArn: string): string[] {
    const ids = [];
    for (const [id, target] of this.#targets.get(groupArn) ?? []) if (target.healthy) ids.push(id);
    return ids;
  }

  #check(group: TargetGroup): void {
    for (const [instanceId, target] of this.#targets.get(group.arn) ?? []) {
      const running = this.#ec2.instances.get(instanceId)?.state === 'running';
      target.status = running ? this.#web(instanceId, group.healthPath) : undefined;
      const good = target.status === 200;
      // "After your target is registered, it must pass one health check": https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
      const enough = target.checked ? group.healthyThreshold : 1;
      target.checked = true;
      target.against = good === target.healthy ? 0 : target.against + 1;
      if (target.against < (good ? enough : group.unhealthyThreshold)) continue;
      target.healthy = good;
      target.against = 0;
      const state = good ? 'healthy' : 'unhealthy';
      const path = group.healthPath;
      this.#cloud.say('elb', `${instanceId} is ${state} for ${path}`, { kind: 'health', instanceId, state, path });
    }
  }
}

/** Reason codes: API reference of TargetHealth. */
function healthOf({ healthy, checked, status }: Target): object {
  if (healthy) return { State: 'healthy' };
  if (!checked) return { State: 'initial', Reason: 'Elb.InitialHealthChecking' };
  return { State: 'unhealthy', Reason: status === undefined ? 'Target.Timeout' : 'Target.ResponseCodeMismatch' };
}

import type { Cloud } from '../account/cloud.ts';
import type { Instances } from '../ec2/instances.ts';
import type { Ec2State, SimInstance } from '../ec2/state.ts';
import type { StatusChecks } from '../ec2/status.ts';
import type { Principal } from '../iam/account.ts';
import { missingForAutoScaling } from '../iam/key-uses.ts';
import type { LoadBalancer } from './elb.ts';
import type { Fleet } from './fleet.ts';
import type { Boot } from './user-data.ts';

const MINUTE_MS = 60_000;
/** How often a group looks at the health of its instances. */
const LOOK_MS = 30_000;
/** Launch to running, and from there to an agent that answers and a host set up by its user data (milliseconds). */
const LAUNCH = { median: 12_000, p99: 30_000 };
const SET_UP = { median: 50_000, p99: 120_000 };
/** From an instance that is unhealthy to the launch of another. */
const REPLACE = { median: 20_000, p99: 90_000 };
/**
 * A group gives EC2 some minutes to recover an instance whose status check fails. Auto Scaling User Guide, "Health checks
 * for instances in an Auto Scaling group".
 */
const IMPAIRED_MS = 4 * MINUTE_MS;

export interface GroupDefinition {
  readonly name: string;
  readonly capacity: number;
  /** One zone a subnet. */
  readonly zones: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly targetGroups: readonly string[];
  /** A new instance's status checks do not count for this long. */
  readonly graceSeconds: number;
  readonly principal: Principal;
  readonly stackName: string;
  readonly boot: Boot;
  /** ARNs or ids of keys that the launch template names for its volumes; without any, EBS takes one that AWS manages. */
  readonly keys: readonly string[];
}

/** Auto Scaling groups: each keeps its number of instances. One that is stopped, gone or impaired is terminated, and replaced. */
export class AutoScaling {
  readonly #cloud: Cloud;
  readonly #ec2: Ec2State;
  readonly #instances: Instances;
  readonly #status: StatusChecks;
  readonly #fleet: Fleet;
  readonly #balancer: LoadBalancer;
  readonly #random;
  readonly #groups = new Map<string, GroupDefinition>();

  constructor(
    cloud: Cloud,
    ec2: Ec2State,
    parts: { instances: Instances; status: StatusChecks; fleet: Fleet; balancer: LoadBalancer },
  ) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#instances = parts.instances;
    this.#status = parts.status;
    this.#fleet = parts.fleet;
    this.#balancer = parts.balancer;
    this.#random = cloud.random.stream('auto scaling');
  }

  /** Another launch template: for what is launched from now on. */
  redefine(group: GroupDefinition): void {
    this.#groups.set(group.name, group);
  }

  define(group: GroupDefinition): void {
    this.#groups.set(group.name, group);
    const members = new Set<SimInstance>();
    if (!this.#mayLaunch(group)) return;
    for (let n = 0; n < group.capacity; n++) {
      const zone = group.zones[n % group.zones.length];
      if (!zone) throw new Error(`${group.name}: no subnet to launch in`);
      members.add(this.#launch(group, zone));
    }
    const chance = this.#cloud.random.stream(`group ${group.name}`);
    const { clock } = this.#cloud;
    clock.every(LOOK_MS, clock.now() + chance.whole(1, LOOK_MS), () => {
      for (const instance of members) {
        // Deleted with its instances: AWS::AutoScaling::AutoScalingGroup, "Deleting".
        if (this.#cloud.deleted.has(group.name)) {
          members.delete(instance);
          this.#instances.terminate(instance);
          continue;
        }
        const why = this.#unhealthy(group, instance);
        if (!why) continue;
        members.delete(instance);
        this.#cloud.say('autoscaling', `${instance.id} is ${why}: it is replaced`);
        for (const targetGroup of group.targetGroups) this.#balancer.deregister(targetGroup, instance.id);
        this.#instances.terminate(instance);
        clock.after(chance.delay(REPLACE), () => this.#replace(group, instance.zone, members));
      }
    });
  }

  /** Every launch fails while the key's policy does not name the service-linked role. */
  #mayLaunch({ name, keys }: GroupDefinition): boolean {
    const missing = keys.map((key) => missingForAutoScaling(this.#cloud, key)).find((found) => found !== undefined);
    if (missing) this.#cloud.say('iam', `denied: ${name} launches no instance, for Auto Scaling may not ${missing}`);
    return missing === undefined;
  }

  #unhealthy(group: GroupDefinition, instance: SimInstance): string | undefined {
    if (instance.state !== 'pending' && instance.state !== 'running') return instance.state;
    const { clock } = this.#cloud;
    if (clock.now() - instance.launchedAt < group.graceSeconds * 1000) return undefined;
    const since = this.#status.impairedSince(instance);
    return since !== undefined && clock.now() - since >= IMPAIRED_MS ? 'impaired' : undefined;
  }

  /** In a zone that does not answer nothing is launched; the group tries again. */
  #replace(group: GroupDefinition, zone: string, members: Set<SimInstance>): void {
    if (this.#cloud.deleted.has(group.name)) return;
    if (this.#cloud.faults.lostZones.has(zone)) {
      this.#cloud.clock.after(MINUTE_MS, () => this.#replace(group, zone, members));
      return;
    }
    const instance = this.#launch(this.#groups.get(group.name) ?? group, zone);
    members.add(instance);
    this.#cloud.say('autoscaling', `${instance.id} is launched in ${zone}`);
  }

  #launch(group: GroupDefinition, zone: string): SimInstance {
    const { clock, disks } = this.#cloud;
    const instance: SimInstance = {
      id: `i-0${this.#random.hex(16)}`,
      zone,
      state: 'pending',
      launchedAt: clock.now(),
      agentOnline: false,
      tags: { ...group.tags, 'aws:autoscaling:groupName': group.name },
      roleName: group.principal.name,
      devices: new Set(['/dev/xvda']),
    };
    this.#ec2.instances.set(instance.id, instance);
    disks.addHost(instance.id);
    for (const targetGroup of group.targetGroups) this.#balancer.register(targetGroup, instance.id);
    clock.after(this.#random.delay(LAUNCH), () => {
      if (instance.state !== 'pending') return;
      this.#instances.enter(instance, 'running');
      clock.after(this.#random.delay(SET_UP), () => {
        if (instance.state === 'running') this.#fleet.setUp(instance, group);
      });
    });
    return instance;
  }
}

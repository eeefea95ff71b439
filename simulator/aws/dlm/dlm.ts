import type { Cloud, TagIndex } from '../account/cloud.ts';
import { RUNS } from '../account/faults.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Dictionary, Properties } from '../cloudformation/template.ts';
import type { Snapshots } from '../ec2/snapshots.ts';
import type { Ec2State, SimVolume } from '../ec2/state.ts';
import type { Principal } from '../iam/account.ts';
import { missingForEbs } from '../iam/key-uses.ts';
import { dlmApi } from './api.ts';
import { expire } from './expiry.ts';
import { InstanceRuns } from './instances.ts';
import { readPolicy, type SimPolicy, type SimSchedule } from './policy.ts';
import { runTimes } from './schedule.ts';

/** A run starts within one hour after its scheduled time; mostly within minutes (milliseconds). Source: Amazon DLM, "Considerations". */
const LATE = { median: 4 * 60_000, p99: 45 * 60_000 };
const LATEST_MS = 60 * 60_000;
const MINUTE_MS = 60_000;
/** How far ahead runs are planned at a time. */
const HORIZON_MS = 60 * 60_000;

/**
 * Data Lifecycle Manager of the simulated AWS: the template's own policy decides which volumes are copied, when, how they
 * are tagged and how long they are kept. A wrong tag shows as a missing snapshot.
 */
export class Dlm implements TagIndex {
  readonly #cloud: Cloud;
  readonly #ec2: Ec2State;
  readonly #snapshots: Snapshots;
  readonly #instances: InstanceRuns;
  readonly policies = new Map<string, SimPolicy>();

  constructor(cloud: Cloud, ec2: Ec2State, snapshots: Snapshots) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#snapshots = snapshots;
    this.#instances = new InstanceRuns(cloud, ec2, snapshots);
    cloud.index(this);
    dlmApi(cloud, this.policies);
  }

  tagsOf(id: string): Readonly<Record<string, string>> {
    return this.policies.get(id)?.tags ?? {};
  }

  /** @throws TemplateError for what a policy says and this does not know */
  define(p: Properties, principal: Principal): string {
    const id = `policy-0${this.#cloud.random.stream(`dlm ${this.policies.size}`).hex(16)}`;
    this.#put(readPolicy(id, p, this.#cloud.clock.now(), principal));
    return id;
  }

  /** Somebody changes the policy: other properties in the place of those of the template. @throws TemplateError as {@link define} */
  change(id: string, values: Dictionary): void {
    const { properties, principal } = this.#policy(id);
    const changed = { ...properties, values: { ...properties.values, ...values } };
    this.#put(readPolicy(id, changed, this.#cloud.clock.now(), principal));
  }

  /** DLM cannot do its work and says so. It goes on once somebody has enabled the policy again. */
  fail(id: string, statusMessage: string): void {
    Object.assign(this.#policy(id), { state: 'ERROR', statusMessage });
  }

  enable(id: string): void {
    Object.assign(this.#policy(id), { state: 'ENABLED', statusMessage: 'ENABLED' });
  }

  /** The next run of every policy's first schedule is now. */
  runNow(): void {
    for (const policy of this.policies.values()) if (policy.schedules[0]) this.#run(policy, policy.schedules[0]);
  }

  #policy(id: string): SimPolicy {
    const policy = this.policies.get(id);
    if (!policy) throw new Error(`there is no snapshot policy ${id}`);
    return policy;
  }

  #put(policy: SimPolicy): void {
    this.policies.set(policy.id, policy);
    for (const schedule of policy.schedules) this.#plan(policy, schedule);
  }

  #plan(policy: SimPolicy, schedule: SimSchedule): void {
    const { clock } = this.#cloud;
    const random = this.#cloud.random.stream(`dlm ${policy.id} ${schedule.name}`);
    const plan = (from: number) => {
      // Another policy took its place.
      if (this.policies.get(policy.id) !== policy) return;
      for (const run of runTimes(schedule.rate, from, from + HORIZON_MS)) {
        const late = Math.min(random.delay(LATE), LATEST_MS);
        clock.at(run + (this.#cloud.faults.runs === RUNS.usual ? late : latest(run)), () =>
          this.#run(policy, schedule),
        );
      }
      clock.at(from + HORIZON_MS, () => plan(from + HORIZON_MS));
    };
    plan(clock.now());
  }

  /** In state ERROR a policy that counts neither makes nor deletes. Source: Amazon DLM, "Modify policies", of disabled ones too. */
  #run(policy: SimPolicy, schedule: SimSchedule): void {
    if (this.policies.get(policy.id) !== policy || policy.state !== 'ENABLED') return;
    if (this.#cloud.faults.runs === RUNS.never) return;
    if (policy.leftOut) {
      this.#instances.run(policy, schedule);
      return;
    }
    // A volume is targeted when it has any of the policy's target tags.
    const targeted = [...this.#ec2.volumes.values()].filter((v) =>
      Object.entries(policy.targets).some(([key, value]) => v.tags[key] === value),
    );
    for (const volume of targeted) this.#copy(volume, policy, schedule);
  }

  #copy(volume: SimVolume, policy: SimPolicy, { name, copyTags, tagsToAdd, keep }: SimSchedule): void {
    if (volume.state !== 'available' && volume.state !== 'in-use') return;
    const own = {
      'aws:dlm:lifecycle-policy-id': policy.id,
      'aws:dlm:lifecycle-schedule-name': name,
      'aws:dlm:managed': 'true',
    };
    try {
      const given = { ...(copyTags ? volume.tags : {}), ...tagsToAdd };
      const Tags = Object.entries(given).map(([Key, Value]) => ({ Key, Value }));
      const TagSpecifications = [{ ResourceType: 'snapshot', Tags }];
      if (!this.#may(policy, 'CreateSnapshot', { VolumeId: volume.id, TagSpecifications }, volume)) return;
      const tags = { ...given, ...own };
      const snapshot = this.#snapshots.take(volume.id, tags, (done) =>
        this.#cloud.say('dlm', `snapshot ${done.id} of ${volume.id} is completed`),
      );
      this.#cloud.say('dlm', `snapshot ${snapshot.id} of ${volume.id} is started (${name})`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#cloud.say('dlm', `no snapshot of ${volume.id} (${name}): ${why}`);
      return;
    }
    const siblings = [...this.#ec2.snapshots.values()].filter(
      (s) =>
        s.volumeId === volume.id &&
        s.tags['aws:dlm:lifecycle-policy-id'] === policy.id &&
        s.tags['aws:dlm:lifecycle-schedule-name'] === name,
    );
    for (const old of siblings.slice(0, Math.max(0, siblings.length - keep)))
      if (this.#may(policy, 'DeleteSnapshot', { SnapshotId: old.id })) expire(this.#cloud, this.#snapshots, old.id);
  }

  /** Whether its role may; else the policy goes to state ERROR, as DLM says it. */
  #may(policy: SimPolicy, operation: string, input: Dictionary, copied?: SimVolume): boolean {
    const { principal: role } = policy;
    try {
      this.#cloud.authorize(role, 'ec2', operation, input);
      const missing = copied?.keyArn && missingForEbs(this.#cloud, role, copied.keyArn, copied.id);
      if (!missing) return true;
      this.#cloud.say('iam', `denied: ${role.name} may not ${missing}`);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
    }
    this.fail(policy.id, 'The execution role does not have sufficient permissions');
    return false;
  }
}

/**
 * The longest gaps that DLM allows: every other hour its runs start at once, and those of the hour after as late as they may. A
 * minute is left between two runs that would meet, for EBS refuses the second.
 */
function latest(run: number): number {
  return Math.floor(run / LATEST_MS) % 2 === 0 ? 0 : LATEST_MS - MINUTE_MS;
}

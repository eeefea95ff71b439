import { DLM_COMMANDS } from '../../../contract/contract.ts';
import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Snapshots } from '../ec2/snapshots.ts';
import type { Ec2State, SimInstance, SimSnapshot, SimVolume } from '../ec2/state.ts';
import type { Principal } from '../iam/account.ts';
import { missingForEbs } from '../iam/key-uses.ts';
import { expire } from './expiry.ts';
import type { SimPolicy, SimSchedule, SimScript } from './policy.ts';

/** How often DLM asks what became of a script (milliseconds). */
const ASK_MS = 1000;
/** From the end of a script to the call that starts the snapshots, and from there to the post script (milliseconds). */
const NEXT = { median: 1200, p99: 5000 };

/**
 * Runs of policies that target instances: the pre script through Run Command, snapshots of the attached volumes at one moment, the
 * post script. Which instance a policy targets, and which volumes it leaves out, its tags say. Everything is done with the
 * policy's own role. Source: docs.aws.amazon.com/ebs/latest/userguide/script-flow.html
 */
export class InstanceRuns {
  readonly #cloud: Cloud;
  readonly #ec2: Ec2State;
  readonly #snapshots: Snapshots;
  /** Snapshots of each policy, schedule and instance, a list for each run. */
  readonly #sets = new Map<string, SimSnapshot[][]>();

  constructor(cloud: Cloud, ec2: Ec2State, snapshots: Snapshots) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#snapshots = snapshots;
  }

  run(policy: SimPolicy, schedule: SimSchedule): void {
    const { principal, targets } = policy;
    for (const instance of this.#ec2.instances.values()) {
      const targeted = Object.entries(targets).some(([key, value]) => instance.tags[key] === value);
      if (!targeted || instance.state === 'terminated' || instance.state === 'shutting-down') continue;
      this.#cloud.clock.spawn(`DLM ${instance.id}`, () => this.#one(policy, principal, schedule, instance));
    }
  }

  async #one(policy: SimPolicy, principal: Principal, schedule: SimSchedule, instance: SimInstance): Promise<void> {
    const { script } = schedule;
    const random = this.#cloud.random.stream(`dlm ${policy.id} ${instance.id}`);
    const executionId = uuid(random.stream(`${schedule.name} ${this.#cloud.clock.now()}`).hex(32));
    const ready = script && (await this.#script(principal, script, instance, 'pre-script', executionId));
    if (script && !ready && !script.anyway) {
      this.#cloud.say('dlm', `no snapshot of ${instance.id} (${schedule.name}): its pre script failed`);
      return;
    }
    await this.#cloud.clock.sleep(random.delay(NEXT));
    const set = this.#copy(policy, principal, schedule, instance, ready);
    // A post script follows a pre script that succeeded, and no other.
    if (!script || !ready) return;
    if (this.#cloud.faults.postScriptsLost) {
      this.#cloud.say('dlm', `does not come back to ${instance.id} with its post script`);
      return;
    }
    await this.#cloud.clock.sleep(random.delay(NEXT));
    const done = await this.#script(principal, script, instance, 'post-script', executionId);
    for (const snapshot of set) snapshot.tags['aws:dlm:post-script'] = done ? 'SUCCESS' : 'FAILED';
  }

  /** Runs a script, again where that is allowed. @returns whether it succeeded in its time */
  async #script(
    principal: Principal,
    script: SimScript,
    instance: SimInstance,
    command: (typeof DLM_COMMANDS)[number],
    executionId: string,
  ): Promise<boolean> {
    for (let attempt = 0; attempt <= script.retries; attempt++) {
      const failed = await this.#attempt(principal, script, instance, command, executionId);
      if (failed === undefined) return true;
      this.#cloud.say('dlm', `${command} on ${instance.id} failed: ${failed}`);
    }
    return false;
  }

  async #attempt(
    principal: Principal,
    { document, timeoutSeconds }: SimScript,
    { id }: SimInstance,
    command: string,
    executionId: string,
  ): Promise<string | undefined> {
    const { clock } = this.#cloud;
    const call = (operation: string, input: object) => this.#cloud.call(principal, 'ssm', operation, { ...input });
    try {
      const allowed = await call('GetDocument', { Name: document });
      const missing = DLM_COMMANDS.filter(
        (c) => !String((allowed as { Content?: unknown }).Content).includes(`"${c}"`),
      );
      if (missing.length > 0) return `${document} has no command ${missing.join(', ')}`;
      const Parameters = { command: [command], executionId: [executionId] };
      const sent = await call('SendCommand', { DocumentName: document, InstanceIds: [id], Parameters });
      const { CommandId } = (sent as { readonly Command: { readonly CommandId: string } }).Command;
      const deadline = clock.now() + timeoutSeconds * 1000;
      while (clock.now() < deadline) {
        await clock.sleep(ASK_MS);
        const found = (await call('GetCommandInvocation', { CommandId, InstanceId: id })) as {
          readonly Status: string;
          readonly ResponseCode: number;
        };
        if (found.Status === 'Success') return undefined;
        if (found.Status !== 'Pending' && found.Status !== 'InProgress') return `${found.Status} ${found.ResponseCode}`;
      }
      return `not done in ${timeoutSeconds} s`;
    } catch (error) {
      if (error instanceof ServiceError) return error.message;
      throw error;
    }
  }

  /** Crash-consistent over all volumes: nothing happens between them. */
  #copy(
    policy: SimPolicy,
    principal: Principal,
    { name, copyTags, tagsToAdd, keep, script }: SimSchedule,
    instance: SimInstance,
    ready: boolean | undefined,
  ): SimSnapshot[] {
    const cloud = this.#cloud;
    const leftOut = ({ tags }: SimVolume) => policy.leftOut?.some(({ key, value }) => tags[key] === value);
    const volumes = [...this.#ec2.volumes.values()].filter(
      (v) => v.attachment?.instanceId === instance.id && v.state === 'in-use' && !leftOut(v),
    );
    if (volumes.length === 0) {
      cloud.say('dlm', `no snapshot of ${instance.id} (${name}): no volume is left`);
      return [];
    }
    const own = {
      'aws:dlm:lifecycle-policy-id': policy.id,
      'aws:dlm:lifecycle-schedule-name': name,
      'aws:dlm:managed': 'true',
      ...(script && { 'aws:dlm:pre-script': ready ? 'SUCCESS' : 'FAILED' }),
    };
    const set: SimSnapshot[] = [];
    try {
      cloud.authorize(principal, 'ec2', 'CreateSnapshots', { InstanceSpecification: { InstanceId: instance.id } });
      for (const volume of volumes) {
        const missing = volume.keyArn && missingForEbs(cloud, principal, volume.keyArn, volume.id);
        if (missing) throw new ServiceError('UnauthorizedOperation', `${principal.name} may not ${missing}`, 403);
        const tags = { ...(copyTags ? volume.tags : {}), ...tagsToAdd, ...own };
        const snapshot = this.#snapshots.take(volume.id, tags, (done) =>
          cloud.say('dlm', `snapshot ${done.id} of ${volume.id} is completed`),
        );
        set.push(snapshot);
        cloud.say('dlm', `snapshot ${snapshot.id} of ${volume.id} is started (${name})`);
      }
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      cloud.say('dlm', `no snapshot of ${instance.id} (${name}): ${error.message}`);
    }
    this.#expire(`${policy.id} ${name} ${instance.id}`, set, keep);
    return set;
  }

  /** The count is one of runs on an instance: what a volume that has moved on left behind on it, nobody counts. */
  #expire(key: string, set: SimSnapshot[], keep: number): void {
    if (set.length === 0) return;
    const sets = [...(this.#sets.get(key) ?? []), set];
    for (const old of sets.splice(0, Math.max(0, sets.length - keep)))
      for (const { id } of old) if (this.#ec2.snapshots.has(id)) expire(this.#cloud, this.#snapshots, id);
    this.#sets.set(key, sets);
  }
}

function uuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

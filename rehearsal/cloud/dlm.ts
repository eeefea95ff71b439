import type { Cloud } from './cloud.ts';
import type { Snapshots } from './ec2-snapshots.ts';
import type { Ec2State, SimVolume } from './ec2-state.ts';
import { dlmSchedule, runTimes } from './schedule.ts';
import { bool, list, num, object, onlyKnown, type Properties, str, tags } from './template.ts';

/** A run starts within one hour after its scheduled time; mostly within minutes (milliseconds). Source: Amazon DLM, "Considerations". */
const LATE = { median: 4 * 60_000, p99: 45 * 60_000 };
const LATEST_MS = 60 * 60_000;
/** How far ahead runs are planned at a time. */
const HORIZON_MS = 60 * 60_000;

/**
 * Data Lifecycle Manager of the simulated AWS: the template's own policy decides which volumes are copied, when, how they
 * are tagged and how long they are kept. A wrong tag shows as a missing snapshot.
 */
export class Dlm {
  readonly #cloud: Cloud;
  readonly #ec2: Ec2State;
  readonly #snapshots: Snapshots;
  #policies = 0;

  constructor(cloud: Cloud, ec2: Ec2State, snapshots: Snapshots) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#snapshots = snapshots;
  }

  /** @throws TemplateError for what a policy says and this does not know */
  define(p: Properties): string {
    const id = `policy-0${this.#cloud.random.stream(`dlm ${this.#policies++}`).hex(16)}`;
    onlyKnown(p, ['Description', 'ExecutionRoleArn', 'PolicyDetails', 'State', 'Tags']);
    const details = object(p, 'PolicyDetails');
    onlyKnown(details, ['PolicyType', 'ResourceTypes', 'TargetTags', 'Schedules', 'PolicyLanguage']);
    if (str(p, 'State') !== 'ENABLED') return id;
    const targets = tags(details, 'TargetTags');
    for (const schedule of list(details, 'Schedules')) this.#schedule(id, schedule, targets);
    return id;
  }

  #schedule(policyId: string, schedule: Properties, targets: Readonly<Record<string, string>>): void {
    onlyKnown(schedule, ['Name', 'CopyTags', 'CreateRule', 'RetainRule', 'TagsToAdd']);
    const name = str(schedule, 'Name');
    const rate = dlmSchedule(object(schedule, 'CreateRule'));
    const keep = num(object(schedule, 'RetainRule'), 'Count');
    const random = this.#cloud.random.stream(`dlm ${policyId} ${name}`);
    const plan = (from: number) => {
      for (const run of runTimes(rate, from, from + HORIZON_MS)) {
        const late = Math.min(random.delay(LATE), LATEST_MS);
        this.#cloud.clock.at(run + late, () => this.#run(policyId, name, schedule, targets, keep));
      }
      this.#cloud.clock.at(from + HORIZON_MS, () => plan(from + HORIZON_MS));
    };
    plan(this.#cloud.clock.now());
  }

  #run(
    policyId: string,
    name: string,
    schedule: Properties,
    targets: Readonly<Record<string, string>>,
    keep: number,
  ): void {
    // A volume is targeted when it has any of the policy's target tags.
    const targeted = [...this.#ec2.volumes.values()].filter((v) =>
      Object.entries(targets).some(([key, value]) => v.tags[key] === value),
    );
    for (const volume of targeted) this.#copy(volume, policyId, name, schedule, keep);
  }

  #copy(volume: SimVolume, policyId: string, name: string, schedule: Properties, keep: number): void {
    if (volume.state !== 'available' && volume.state !== 'in-use') return;
    const own = {
      'aws:dlm:lifecycle-policy-id': policyId,
      'aws:dlm:lifecycle-schedule-name': name,
      'aws:dlm:managed': 'true',
    };
    const copied = bool(schedule, 'CopyTags', false) ? volume.tags : {};
    try {
      const snapshot = this.#snapshots.take(
        volume.id,
        { ...copied, ...tags(schedule, 'TagsToAdd', {}), ...own },
        (done) => this.#cloud.say('dlm', `snapshot ${done.id} of ${volume.id} is completed`),
      );
      this.#cloud.say('dlm', `snapshot ${snapshot.id} of ${volume.id} is started (${name})`);
    } catch (error) {
      this.#cloud.say(
        'dlm',
        `no snapshot of ${volume.id} (${name}): ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
    const siblings = [...this.#ec2.snapshots.values()].filter(
      (s) =>
        s.volumeId === volume.id &&
        s.tags['aws:dlm:lifecycle-policy-id'] === policyId &&
        s.tags['aws:dlm:lifecycle-schedule-name'] === name,
    );
    for (const old of siblings.slice(0, Math.max(0, siblings.length - keep))) this.#snapshots.delete(old.id);
  }
}

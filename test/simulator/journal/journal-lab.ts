import { VERB_PARAMETER } from '../../../contract/contract.ts';
import { journalKey } from '../../../contract/journal.ts';
import { Hosts } from '../../../simulator/aws/fleet/hosts.ts';
import type { Course } from '../../../simulator/disks/disks.ts';
import { DRAINED_ENV, FLUSHED_ENV } from '../../../simulator/disks/journal-answers.ts';
import { JournalAgents } from '../../../simulator/journal/agents.ts';
import { ANYONE } from '../aws/lab.ts';
import { BUCKET, S3Lab } from '../aws/s3/s3-lab.ts';
import { makeCourse, runVerb } from '../disks/support.ts';

export const OWNER = 'i-0aaaaaaaaaaaaaaaa';
export const STANDBY = 'i-0bbbbbbbbbbbbbbbb';
export const VOLUME = 'alpha';
export const OLD = 'vol-0000000000000000a';
export const NEW = 'vol-0000000000000000b';

type Values = Readonly<Record<string, string>>;

/** An owner that serves, a standby, a simulated S3, and the agents of both. */
export class JournalLab extends S3Lab {
  readonly hosts = new Hosts(this.cloud);

  constructor() {
    super({}, false);
    this.launch(OWNER);
    this.launch(STANDBY);
    this.cloud.disks.createVolume(OLD, 1);
    this.cloud.disks.attach(OLD, OWNER);
    const identity = () => ({ principal: ANYONE, stackName: 'Shop' });
    new JournalAgents({ cloud: this.cloud, ec2: this.ec2, hosts: this.hosts, fleet: { identity } });
  }

  /** The owner serves its volume, under the first term. */
  async begin(): Promise<void> {
    this.verb('format', OLD, OWNER);
    this.verb('mount', OLD, OWNER);
    await this.drain(OLD, OWNER, 1);
    await this.serve(OLD, OWNER);
  }

  /** A copy of the volume as it is now is mounted on the standby. */
  prepare(): void {
    const { disks } = this.cloud;
    disks.takeSnapshot(OLD, 'snap-1');
    disks.createVolume(NEW, 1, 'snap-1');
    disks.attach(NEW, STANDBY);
    this.verb('mount', NEW, STANDBY);
  }

  verb(name: string, volumeId: string, instanceId: string): void {
    const at = new Date(this.clock.now()).toISOString();
    const { exitCode, stderr } = runVerb(this.cloud.disks, instanceId, name, { volume: VOLUME, at, volumeId });
    if (exitCode !== 0) throw new Error(`${name}: ${stderr}`);
  }

  /** What the agent answers. */
  drain(volumeId: string, instanceId: string, term: number): Promise<Values> {
    return this.within(() => this.drains(volumeId, instanceId, term));
  }

  /** The same, from within virtual time. */
  async drains(volumeId: string, instanceId: string, term: number): Promise<Values> {
    const found = await this.#agent('drain', volumeId, instanceId, { [VERB_PARAMETER.term]: String(term) });
    const lines = (found[DRAINED_ENV] ?? '').split('\n');
    return Object.fromEntries(lines.map((line) => line.split('=') as [string, string]));
  }

  /** The host is asked to serve it. */
  async serve(volumeId: string, instanceId: string): Promise<void> {
    await this.within(() => this.#agent('serve', volumeId, instanceId));
    this.verb('serve', volumeId, instanceId);
  }

  async flush(volumeId: string, instanceId: string): Promise<string | undefined> {
    return (await this.within(() => this.#agent('release', volumeId, instanceId)))[FLUSHED_ENV];
  }

  async #agent(verb: string, volumeId: string, instanceId: string, more: Values = {}): Promise<Values> {
    const { volume, volumeId: id, bucket } = VERB_PARAMETER;
    const given = { [volume]: VOLUME, [id]: volumeId, [bucket]: BUCKET, ...more };
    const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [`SSM_${name}`, value]));
    return (await this.hosts.agent?.(instanceId, verb, env)?.()) ?? {};
  }

  upload(id: string, instanceId = OWNER): Course {
    const course = makeCourse(id);
    this.cloud.disks.upload(instanceId, VOLUME, course);
    return course;
  }

  /** Term and kind of each object, in the order of their numbers. */
  objects(): string[] {
    const found: string[] = [];
    for (let number = 1; ; number++) {
      const metadata = this.bucket.current(journalKey(VOLUME, number))?.object.metadata;
      if (!metadata) break;
      found.push(`${metadata.term} ${metadata.kind}`);
    }
    return found;
  }
}

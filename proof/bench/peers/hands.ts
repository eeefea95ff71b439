import { VERB_PARAMETER } from '../../../contract/contract.ts';
import type { Failure } from '../../../rehearsal/judge/measure.ts';
import { PERSON } from '../../../rehearsal/scenarios/story/breaking.ts';
import type { Stage } from '../../../rehearsal/scenarios/story/deployed-stack.ts';
import type { Services } from '../../../simulator/aws/account/services.ts';

/** How often a script or a waiter looks. Milliseconds. */
const LOOK_MS = 2000;
/** Nobody waits longer for a state. */
const PATIENCE_MS = 15 * 60_000;
/** Where the volume that is made is put: what is there already has the first names. */
const DEVICE = '/dev/sdp';

type Output = Readonly<Record<string, unknown>>;
type Input = Readonly<Record<string, unknown>>;

/** A step that did not end as the procedure needs it. The procedure stops there, for it says nothing of what to do then. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Who follows a procedure: a script, or a person who types. */
export class Hands {
  readonly services: Services;
  readonly failure: Failure;
  readonly #stage: Stage;
  readonly #typingMs: number;
  /** Calls of EC2 and Systems Manager, those of waiting included. */
  calls = 0;

  /** @param typingMs before each step; 0 for a script */
  constructor(services: Services, stage: Stage, failure: Failure, typingMs: number) {
    this.services = services;
    this.failure = failure;
    this.#stage = stage;
    this.#typingMs = typingMs;
  }

  /** One step. @throws Stopped where AWS refuses it */
  async step(service: 'ec2' | 'ssm', operation: string, input: Input): Promise<Output> {
    await this.services.cloud.clock.sleep(this.#typingMs);
    return this.#call(service, operation, input);
  }

  async #call(service: 'ec2' | 'ssm', operation: string, input: Input): Promise<Output> {
    this.calls++;
    try {
      return (await this.services.cloud.call(PERSON, service, operation, { ...input })) as Output;
    } catch (error) {
      throw new Stopped(`${operation}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Waits for a state. What is not found just after it was made is looked for again. @throws Stopped where it does not come */
  async until(operation: string, input: Input, is: (output: Output) => boolean): Promise<void> {
    const { clock } = this.services.cloud;
    let seen: unknown = 'nothing';
    for (const end = clock.now() + PATIENCE_MS; clock.now() < end; await clock.sleep(LOOK_MS))
      try {
        if (is(await this.#call('ec2', operation, input))) return;
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
        seen = error.message;
      }
    throw new Stopped(`${operation}: the state did not come; last seen: ${seen}`);
  }

  /** Ids of the completed snapshots of the volume, the newest first: what a list shows. */
  async snapshots(): Promise<string[]> {
    const Filters = [
      { Name: 'status', Values: ['completed'] },
      { Name: 'volume-id', Values: [this.failure.volumeId] },
    ];
    const found: { SnapshotId: string; StartTime: Date }[] = [];
    let page: Output = {};
    do {
      const NextToken = page.NextToken;
      const input = { Filters, ...(NextToken !== undefined && { NextToken }) };
      page = await (NextToken === undefined
        ? this.step('ec2', 'DescribeSnapshots', input)
        : this.#call('ec2', 'DescribeSnapshots', input));
      found.push(...(page.Snapshots as typeof found));
    } while (page.NextToken !== undefined);
    return found.sort((a, b) => b.StartTime.getTime() - a.StartTime.getTime()).map(({ SnapshotId }) => SnapshotId);
  }

  async create(SnapshotId: string | undefined): Promise<string> {
    if (!SnapshotId) throw new Stopped('there is no snapshot');
    const { zone: AvailabilityZone } = this.failure;
    const made = await this.step('ec2', 'CreateVolume', { SnapshotId, AvailabilityZone, VolumeType: 'gp3' });
    const id = String(made.VolumeId);
    await this.volume(id, 'available');
    return id;
  }

  async volume(id: string, state: string): Promise<void> {
    const of = ({ Volumes }: Output) => (Volumes as { State: string }[])[0]?.State;
    await this.until('DescribeVolumes', { VolumeIds: [id] }, (output) => of(output) === state);
  }

  async attach(VolumeId: string, InstanceId: string): Promise<void> {
    await this.step('ec2', 'AttachVolume', { VolumeId, InstanceId, Device: DEVICE });
    const of = ({ Volumes }: Output) =>
      (Volumes as { Attachments?: { State: string }[] }[])[0]?.Attachments?.[0]?.State;
    await this.until('DescribeVolumes', { VolumeIds: [VolumeId] }, (output) => of(output) === 'attached');
  }

  /** Another instance of the zone, which runs: none of these procedures waits for one to boot here. */
  get other(): string {
    const { zone, owner } = this.failure;
    const found = [...this.services.ec2.instances.values()].find(
      (each) => each.zone === zone && each.id !== owner && each.state === 'running' && each.agentOnline,
    );
    if (!found) throw new Stopped('no other instance runs');
    return found.id;
  }

  /** Something is done on a host: the scripts of this project do it, and no procedure pays for being slower. @throws Stopped */
  async onHost(verb: 'mount' | 'serve' | 'release', instanceId: string, volumeId: string): Promise<void> {
    const { resources, references } = this.#stage.created;
    const id = [...resources.keys()].find((name) => name.toLowerCase().startsWith(`host${verb}`)) ?? '';
    const { volume } = this.failure;
    const sent = await this.step('ssm', 'SendCommand', {
      DocumentName: references.get(id)?.ref,
      InstanceIds: [instanceId],
      Parameters: { [VERB_PARAMETER.volume]: [volume], [VERB_PARAMETER.volumeId]: [volumeId] },
    });
    const CommandId = (sent.Command as { CommandId: string }).CommandId;
    const { clock } = this.services.cloud;
    for (const end = clock.now() + PATIENCE_MS; clock.now() < end; ) {
      await clock.sleep(LOOK_MS);
      const seen = await this.#call('ssm', 'GetCommandInvocation', { CommandId, InstanceId: instanceId });
      if (seen.Status === 'Success') return;
      if (seen.Status === 'Failed') throw new Stopped(`${verb}: it fails on ${instanceId}`);
    }
    throw new Stopped(`${verb}: no answer of ${instanceId}`);
  }
}

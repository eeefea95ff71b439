import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { EventBus } from '../lambda/event-bus.ts';
import type { Attachments } from './attachments.ts';
import { type Input, matches, onlyMembers, page, tagList, texts } from './input.ts';
import type { Ec2State, SimInstance } from './state.ts';

/** How long an instance takes to stop and to go (milliseconds). */
const STOP = { median: 20_000, p99: 60_000 };
const TERMINATE = { median: 25_000, p99: 90_000 };
/** One that hangs does not answer the shutdown; EC2 cuts its power after some minutes, and sooner when asked to force it. */
const STOP_HUNG = { median: 150_000, p99: 300_000 };
const STOP_HUNG_BY_FORCE = { median: 60_000, p99: 180_000 };
/** From the end of what ran to what systemd starts: an own guess for a small Linux (milliseconds). */
const BOOT = { median: 20_000, p99: 45_000 };
const PAGE = 50;

/** The life of instances, and the calls about it. */
export class Instances {
  readonly #cloud: Cloud;
  readonly #ec2: Ec2State;
  readonly #bus: EventBus;
  readonly #attachments: Attachments;
  readonly #random;
  /** Before what runs on an instance ends: what it did until now is done. */
  ending: (instanceId: string) => void = () => {};

  constructor(cloud: Cloud, ec2: Ec2State, bus: EventBus, attachments: Attachments) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#bus = bus;
    this.#attachments = attachments;
    this.#random = cloud.random.stream('ec2 instances');
    cloud.offer('ec2', {
      DescribeInstances: (input) => this.#describe(input),
      StopInstances: (input) => this.#stopAll(input),
    });
  }

  /** The instance is in that state now; whoever listens to the bus hears of it. */
  enter(instance: SimInstance, state: SimInstance['state']): void {
    const was = instance.state;
    instance.state = state;
    if (was !== state && (was !== 'pending' || state !== 'running'))
      this.#cloud.say('ec2', `${instance.id} is ${state}`, { kind: 'instance', instanceId: instance.id, state });
    this.#bus.emit('EC2 Instance State-change Notification', { 'instance-id': instance.id, state });
  }

  /**
   * Stops an instance as StopInstances does. Its volumes stay attached to it.
   * @param force without the guest's own shutdown
   */
  stop(instance: SimInstance, force: boolean): void {
    if (instance.state === 'stopping' || instance.state === 'stopped') return;
    const hangs = this.#hangs(instance);
    this.ending(instance.id);
    this.enter(instance, 'stopping');
    // Nobody cuts the power of a zone that does not answer.
    if (this.#cloud.faults.lostZones.has(instance.zone)) return;
    const shape = !hangs ? STOP : force ? STOP_HUNG_BY_FORCE : STOP_HUNG;
    this.#cloud.clock.after(this.#random.delay(shape), () => {
      if (instance.state !== 'stopping') return;
      this.#cloud.disks.powerOff(instance.id);
      this.#cloud.faults.hung.delete(instance.id);
      this.enter(instance, 'stopped');
    });
  }

  /**
   * It boots again, by its own system or by its reset button; EC2 calls it running all the time, and what is attached to it stays:
   * docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-reboot.html. Until it is up it does nothing.
   * @param how `orderly`: its system has unmounted everything; `ms`: how long it takes, if not the usual time; `up`: what comes then
   */
  reboot(
    instance: SimInstance,
    { orderly, ms, up }: { readonly orderly: boolean; readonly ms: number | undefined; up(): void },
  ): void {
    const { clock, disks, faults } = this.#cloud;
    const began = clock.now();
    this.ending(instance.id);
    disks.powerOff(instance.id, orderly);
    instance.bootedAt = began;
    faults.hung.set(instance.id, began);
    clock.after(ms ?? this.#random.delay(BOOT), () => {
      if (instance.state !== 'running' || instance.bootedAt !== began || !faults.hung.delete(instance.id)) return;
      this.#cloud.say(instance.id, 'has booted', { kind: 'booted', instanceId: instance.id });
      up();
    });
  }

  /** The instance goes for good; what was attached to it becomes available (DeleteOnTermination is off for attached volumes). */
  terminate(instance: SimInstance): void {
    if (instance.state === 'shutting-down' || instance.state === 'terminated') return;
    const hangs = this.#hangs(instance);
    this.ending(instance.id);
    this.enter(instance, 'shutting-down');
    if (!hangs) this.#cloud.disks.powerOff(instance.id);
    this.#cloud.clock.after(this.#random.delay(hangs ? STOP_HUNG : TERMINATE), () => {
      this.#cloud.disks.removeHost(instance.id);
      this.#cloud.faults.hung.delete(instance.id);
      this.enter(instance, 'terminated');
      for (const volume of this.#ec2.volumes.values())
        if (volume.attachment?.instanceId === instance.id) this.#attachments.letGo(volume);
    });
  }

  #hangs(instance: SimInstance): boolean {
    return this.#cloud.faults.hung.has(instance.id) || this.#cloud.faults.lostZones.has(instance.zone);
  }

  /** API reference of StopInstances: an instance that stops or has stopped already is no error. */
  #stopAll(input: Input): object {
    onlyMembers('StopInstances', input, ['InstanceIds', 'Force']);
    const wanted = (texts(input, 'InstanceIds') ?? []).map((id) => this.#ec2.instance(id));
    const wrong = wanted.find((i) => !['running', 'stopping', 'stopped'].includes(i.state));
    if (wrong)
      throw new ServiceError(
        'IncorrectInstanceState',
        `The instance '${wrong.id}' is not in a state from which it can be stopped.`,
      );
    return {
      StoppingInstances: wanted.map((instance) => {
        const previous = instance.state;
        this.stop(instance, input.Force === true);
        return { InstanceId: instance.id, CurrentState: { Name: instance.state }, PreviousState: { Name: previous } };
      }),
    };
  }

  #describe(input: Input): object {
    onlyMembers('DescribeInstances', input, ['InstanceIds', 'Filters', 'NextToken', 'MaxResults']);
    const ids = texts(input, 'InstanceIds');
    for (const id of ids ?? []) this.#ec2.instance(id);
    const wanted = [...this.#ec2.instances.values()].filter(
      (i) =>
        (ids ? ids.includes(i.id) : true) &&
        matches(input, i.tags, { 'instance-state-name': i.state, 'availability-zone': i.zone }),
    );
    const { items, next } = page(input, wanted, PAGE, this.#cloud.faults.pageItems);
    const attached = [...this.#ec2.volumes.values()];
    const Instances = items.map((i) => ({
      InstanceId: i.id,
      State: { Name: i.state },
      Placement: { AvailabilityZone: i.zone },
      LaunchTime: new Date(i.launchedAt),
      Tags: tagList(i.tags),
      BlockDeviceMappings: [...i.devices].map((DeviceName) => {
        const volume = attached.find((v) => v.attachment?.instanceId === i.id && v.attachment.device === DeviceName);
        return volume ? { DeviceName, Ebs: { VolumeId: volume.id, Status: volume.attachment?.state } } : { DeviceName };
      }),
    }));
    return { Reservations: Instances.map((instance) => ({ Instances: [instance] })), NextToken: next };
  }
}

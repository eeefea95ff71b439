import type { Cloud } from '../account/cloud.ts';
import type { Moved } from '../account/happening.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Principal } from '../iam/account.ts';
import { missingToAttach } from '../iam/key-uses.ts';
import type { EventBus } from '../lambda/event-bus.ts';
import { type Input, onlyMembers, optionalText, text } from './input.ts';
import type { Ec2State, SimAttachment, SimVolume } from './state.ts';

/** Attach, and detach of what nobody has mounted (figures of the EBS CSI driver's authors, milliseconds). */
const ATTACH = { median: 2000, p99: 4000 };
const DETACH = { median: 2000, p99: 4000 };
const LOOK_MS = 1000;

const IS: Readonly<Record<Moved, string>> = {
  attached: 'attached to',
  detached: `detached from`,
  stuckAttaching: 'stuck attaching to',
  stuckDetaching: `stuck detaching from`,
};
/** docs.aws.amazon.com/ebs/latest/userguide/device_naming.html */
const DEVICE = /^\/dev\/sd[f-p]$/;

/** Attaching and detaching in the simulated EC2: each takes its time, and some never end. */
export class Attachments {
  readonly #cloud: Cloud;
  readonly #ec2: Ec2State;
  readonly #bus: EventBus;
  readonly #random;

  constructor(cloud: Cloud, ec2: Ec2State, bus: EventBus) {
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#bus = bus;
    this.#random = cloud.random.stream('ec2 attachments');
    cloud.offer('ec2', {
      AttachVolume: (input, principal) => this.#attach(input, principal),
      DetachVolume: (input) => this.#detach(input),
    });
  }

  #attach(input: Input, principal: Principal): object {
    onlyMembers('AttachVolume', input, ['VolumeId', 'InstanceId', 'Device']);
    const { clock, disks, faults } = this.#cloud;
    const volume = this.#ec2.volume(text(input, 'VolumeId'));
    const instance = this.#ec2.instance(text(input, 'InstanceId'));
    const device = text(input, 'Device');
    if (volume.state === 'in-use')
      throw new ServiceError('VolumeInUse', `${volume.id} is already attached to an instance`);
    if (volume.state !== 'available')
      throw new ServiceError('IncorrectState', `Volume ${volume.id} is in the '${volume.state}' state`);
    if (instance.state !== 'running' && instance.state !== 'stopped')
      throw new ServiceError('IncorrectState', `Instance '${instance.id}' is not 'running'.`);
    if (volume.zone !== instance.zone)
      throw new ServiceError(
        'InvalidVolume.ZoneMismatch',
        `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
      );
    if (faults.lostZones.has(volume.zone))
      throw new ServiceError('Unavailable', 'The service is unavailable. Please try again shortly.', 503);
    if (!DEVICE.test(device))
      throw new ServiceError('InvalidParameterValue', `Value (${device}) for parameter device is invalid.`);
    if (instance.devices.has(device))
      throw new ServiceError(
        'InvalidParameterValue',
        `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
      );
    this.#useKey(volume, instance.id, principal);
    instance.devices.add(device);
    volume.state = 'in-use';
    const attachment: SimAttachment = {
      instanceId: instance.id,
      device,
      state: 'attaching',
      since: clock.now(),
      onHost: false,
    };
    volume.attachment = attachment;
    const delay = this.#random.delay(ATTACH);
    if (faults.takeStuckAttach()) this.#say('stuckAttaching', volume, instance.id);
    else
      clock.after(delay, () => {
        if (volume.attachment !== attachment || attachment.state !== 'attaching') return;
        if (instance.state === 'terminated') return;
        attachment.state = 'attached';
        attachment.onHost = true;
        disks.attach(volume.id, instance.id);
        this.#say('attached', volume, instance.id, ` as ${device}`);
      });
    return { VolumeId: volume.id, InstanceId: instance.id, Device: device, State: 'attaching' };
  }

  /**
   * A key that the caller may make no grant on, or that is not enabled. @throws ServiceError as EC2 sends it, at once:
   * github.com/kubernetes/kubernetes/issues/62171
   */
  #useKey({ id, encrypted, keyArn }: SimVolume, instanceId: string, principal: Principal): void {
    const missing = keyArn && missingToAttach(this.#cloud, principal, keyArn, id, instanceId);
    if (missing) this.#cloud.say('iam', `denied: ${principal.name} may not ${missing}`);
    if (missing || (encrypted && this.#cloud.faults.keyUnusable(this.#cloud.clock.now())))
      throw new ServiceError(
        'CustomerKeyHasBeenRevoked',
        `Volume ${id} cannot be attached. The encrypted volume was unable to access the KMS master key.`,
      );
  }

  /** There is no `Force` here: nothing of ours may cut a live writer off. */
  #detach(input: Input): object {
    onlyMembers('DetachVolume', input, ['VolumeId', 'InstanceId', 'Device']);
    const volume = this.#ec2.volume(text(input, 'VolumeId'));
    const { attachment } = volume;
    const instanceId = optionalText(input, 'InstanceId');
    if (!attachment || attachment.state === 'detaching' || attachment.state === 'busy')
      throw new ServiceError(
        'IncorrectState',
        `Volume '${volume.id}' is in the '${attachment ? attachment.state : volume.state}' state.`,
      );
    if (instanceId !== undefined && attachment.instanceId !== instanceId)
      throw new ServiceError(
        'InvalidAttachment.NotFound',
        `Volume '${volume.id}' is not attached to instance '${instanceId}'`,
      );
    this.letGo(volume);
    return { VolumeId: volume.id, InstanceId: attachment.instanceId, Device: attachment.device, State: 'detaching' };
  }

  /** Begins to detach, as a call does or the end of the instance. */
  letGo(volume: SimVolume): void {
    const { attachment } = volume;
    if (!attachment) return;
    const under = attachment.state === 'detaching' || attachment.state === 'busy';
    if (under && this.#ec2.instances.get(attachment.instanceId)?.state !== 'terminated') return;
    if (attachment.state !== 'busy') attachment.state = 'detaching';
    const delay = this.#random.delay(DETACH);
    if (this.#cloud.faults.takeStuckDetach()) {
      this.#say('stuckDetaching', volume, attachment.instanceId);
      return;
    }
    this.#cloud.clock.after(delay, () => this.#finish(volume, attachment));
  }

  #say(kind: Moved, { id: volumeId }: SimVolume, instanceId: string, how = ''): void {
    this.#cloud.say('ec2', `${volumeId} is ${IS[kind]} ${instanceId}${how}`, { kind, volumeId, instanceId });
  }

  /** A device that is in use is not given up: the attachment is `busy` until it is unmounted or the instance is off. */
  #finish(volume: SimVolume, attachment: SimAttachment): void {
    if (volume.attachment !== attachment) return;
    const { clock, disks, faults } = this.#cloud;
    const instance = this.#ec2.instance(attachment.instanceId);
    const off = instance.state === 'stopped' || instance.state === 'terminated';
    const lost = faults.lostZones.has(volume.zone) && !off;
    if (lost || (!off && (disks.mounted(volume.id) || faults.hung.has(instance.id)))) {
      attachment.state = lost ? 'detaching' : 'busy';
      clock.after(LOOK_MS, () => this.#finish(volume, attachment));
      return;
    }
    // With the instance went its host, and everything on it.
    if (attachment.onHost && instance.state !== 'terminated') disks.detach(volume.id, instance.id);
    instance.devices.delete(attachment.device);
    volume.attachment = undefined;
    if (volume.state === 'in-use') volume.state = 'available';
    this.#say('detached', volume, instance.id);
    this.#bus.emit('EBS Volume Notification', { event: 'detachVolume', result: 'detached' });
  }
}

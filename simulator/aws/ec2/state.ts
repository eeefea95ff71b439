import type { SnapshotId, VolumeId } from '../../../contract/ids.ts';
import type { Cloud, TagIndex } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';

/** The state of the simulated EC2: plain records, changed by the other files named `ec2-`, and by `failures.ts`. */

export type Tags = Record<string, string>;

export interface SimAttachment {
  readonly instanceId: string;
  readonly device: string;
  state: 'attaching' | 'attached' | 'detaching' | 'busy';
  readonly since: number;
  /** The host has the device. */
  onHost: boolean;
}

export interface SimVolume {
  readonly id: VolumeId;
  state: 'creating' | 'available' | 'in-use' | 'deleting' | 'error';
  readonly zone: string;
  sizeGiB: number;
  type: string;
  iops: number | undefined;
  throughput: number | undefined;
  readonly encrypted: boolean;
  readonly keyArn: string | undefined;
  readonly snapshotId: string | undefined;
  readonly createdAt: number;
  /** EC2 is eventually consistent: a describe before this moment does not find it. */
  readonly visibleAt: number;
  readonly tags: Tags;
  /** The heal that ordered it, whoever has tagged it since. */
  readonly orderedFor: string | undefined;
  attachment: SimAttachment | undefined;
}

/** A lock on a snapshot. What it is now, and until when: see `ec2-locks.ts`. */
export interface SimLock {
  readonly mode: 'governance' | 'compliance';
  readonly days: number;
  readonly createdAt: number;
}

export interface SimSnapshot {
  readonly id: SnapshotId;
  readonly volumeId: VolumeId;
  readonly sizeGiB: number;
  readonly startedAt: number;
  state: 'pending' | 'completed';
  /** When it was completed. */
  completedAt: number | undefined;
  readonly keyArn: string | undefined;
  readonly encrypted: boolean;
  readonly tags: Tags;
  lock: SimLock | undefined;
}

export interface SimInstance {
  readonly id: string;
  readonly zone: string;
  state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
  readonly launchedAt: number;
  agentOnline: boolean;
  /** When it last began to boot again. */
  bootedAt?: number;
  readonly tags: Tags;
  readonly roleName: string;
  readonly devices: Set<string>;
}

export class Ec2State implements TagIndex {
  readonly volumes = new Map<string, SimVolume>();
  readonly snapshots = new Map<string, SimSnapshot>();
  readonly instances = new Map<string, SimInstance>();

  constructor(cloud: Cloud) {
    cloud.index(this);
  }

  tagsOf(id: string): Tags {
    return (this.volumes.get(id) ?? this.snapshots.get(id) ?? this.instances.get(id))?.tags ?? {};
  }

  /** @throws ServiceError InvalidVolume.NotFound */
  volume(id: string): SimVolume {
    const volume = this.volumes.get(id);
    if (!volume) throw new ServiceError('InvalidVolume.NotFound', `The volume '${id}' does not exist.`);
    return volume;
  }

  /** @throws ServiceError InvalidSnapshot.NotFound */
  snapshot(id: string): SimSnapshot {
    const snapshot = this.snapshots.get(id);
    if (!snapshot) throw new ServiceError('InvalidSnapshot.NotFound', `The snapshot '${id}' does not exist.`);
    return snapshot;
  }

  /** @throws ServiceError InvalidInstanceID.NotFound */
  instance(id: string): SimInstance {
    const instance = this.instances.get(id);
    if (!instance) throw new ServiceError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
    return instance;
  }
}

/** Nothing runs on it any more, and nothing will until it is started. */
export function isOff(state: string): boolean {
  return state === 'stopped' || state === 'terminated';
}

import type { Hands } from './hands.ts';
import { Stopped } from './hands.ts';

/** A published procedure, as its sequence of calls. It begins when the alarm goes off. */
export interface Procedure {
  readonly about: string;
  /** Where it is published, and what is left out or added here. */
  readonly source: string;
  /** A person types each step. */
  readonly typed?: true;
  readonly play: (hands: Hands) => Promise<void>;
}

const S = 1000;
/**
 * Of Kubernetes: a node that is silent is called unreachable (`node-monitor-grace-period`), its pods are evicted (`tolerationSeconds` of the default
 * toleration), and the attach-detach controller waits no longer for an unmount (`maxWaitForUnmountDuration`).
 * Sources: kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/,
 * kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/, github.com/kubernetes/kubernetes/issues/65392
 */
const KUBERNETES = { graceMs: 50 * S, evictionMs: 300 * S, unmountMs: 360 * S };

/** Stops the owner and takes its volume, **before** there is another one. */
async function takeFirst(hands: Hands): Promise<void> {
  const { owner, volumeId } = hands.failure;
  await hands.step('ec2', 'StopInstances', { InstanceIds: [owner] });
  // Whoever does not find it stopped finds it gone: its group replaces it here.
  await hands.until('DescribeInstances', { InstanceIds: [owner] }, ({ Reservations }) => {
    const [first] = Reservations as { Instances: { State: { Name: string } }[] }[];
    return !['running', 'stopping', 'shutting-down'].includes(first?.Instances[0]?.State.Name ?? '');
  });
  try {
    await hands.step('ec2', 'DetachVolume', { VolumeId: volumeId });
  } catch (error) {
    // It went with its instance.
    if (!(error instanceof Stopped)) throw error;
  }
  await hands.volume(volumeId, 'available');
}

async function putThere(hands: Hands, volumeId: string): Promise<void> {
  const host = hands.other;
  await hands.attach(volumeId, host);
  await hands.onHost('mount', host, volumeId);
  await hands.onHost('serve', host, volumeId);
}

async function describe(hands: Hands): Promise<void> {
  await hands.step('ec2', 'DescribeVolumes', { VolumeIds: [hands.failure.volumeId] });
  await hands.step('ec2', 'DescribeInstances', { InstanceIds: [hands.failure.owner] });
}

export const PROCEDURES: Readonly<Record<string, Procedure>> = {
  eleven: {
    about: 'eleven steps for a lost volume (aws-health-tools, AWS_EBS_VOLUME_LOST)',
    source:
      'github.com/aws/aws-health-tools: a state machine that starts by itself. It is for a root volume; here it takes a content volume, and in the place of the start of the instance it is mounted on one that runs.',
    play: async (hands) => {
      await describe(hands);
      const [newest] = await hands.snapshots();
      await takeFirst(hands);
      await putThere(hands, await hands.create(newest));
    },
  },
  nineteen: {
    about: 'nineteen calls of an interactive restore (ebsrs)',
    source:
      'github.com/jpdoria/ebsrs: a person answers its questions. The volume is looked up, stopped, made, swapped and tagged; the start of the instance is left out, as above.',
    typed: true,
    play: async (hands) => {
      await describe(hands);
      await describe(hands);
      const [newest] = await hands.snapshots();
      await takeFirst(hands);
      const volumeId = await hands.create(newest);
      const Tags = [{ Key: 'Name', Value: 'restored' }];
      await hands.step('ec2', 'CreateTags', { Resources: [volumeId], Tags });
      await putThere(hands, volumeId);
      await describe(hands);
    },
  },
  runbook: {
    about: 'by hand from a runbook, which makes the volume first and walks back',
    source:
      'a person with a good runbook: nothing of the owner is touched before another copy is mounted; where one does not mount, the next older is taken.',
    typed: true,
    play: async (hands) => {
      await describe(hands);
      const host = hands.other;
      for (const snapshot of await hands.snapshots()) {
        const volumeId = await hands.create(snapshot);
        await hands.attach(volumeId, host);
        try {
          await hands.onHost('mount', host, volumeId);
        } catch (error) {
          if (!(error instanceof Stopped)) throw error;
          await hands.step('ec2', 'DetachVolume', { VolumeId: volumeId });
          await hands.volume(volumeId, 'available');
          continue;
        }
        await hands.onHost('release', hands.failure.owner, hands.failure.volumeId);
        await hands.onHost('serve', host, volumeId);
        return;
      }
      throw new Stopped('no copy mounts');
    },
  },
  csi: {
    about: 'a CSI driver, with the timings of Kubernetes (the same volume on another node)',
    source:
      'kubernetes-sigs/aws-ebs-csi-driver: it moves a volume, and makes none from a copy unless a person names it. The detach without an unmount is what Kubernetes calls forced.',
    play: async (hands) => {
      const { clock } = hands.services.cloud;
      const { volumeId } = hands.failure;
      await clock.sleep(KUBERNETES.graceMs + KUBERNETES.evictionMs + KUBERNETES.unmountMs);
      try {
        await hands.step('ec2', 'DetachVolume', { VolumeId: volumeId });
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
      }
      await hands.volume(volumeId, 'available');
      await putThere(hands, volumeId);
    },
  },
};

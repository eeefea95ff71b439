import type { Call } from '../../simulator/aws/account/call.ts';
import type { Cloud } from '../../simulator/aws/account/cloud.ts';
import { ServiceError } from '../../simulator/aws/account/service-error.ts';

/** How long EC2 leaves something out of its answers: some seconds. docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html */
const MISSING_MS = 5000;

interface Named {
  readonly VolumeId?: string;
  readonly SnapshotId?: string;
  readonly InstanceId?: string;
}
interface Lists {
  readonly Volumes?: readonly Named[];
  readonly Snapshots?: readonly Named[];
  readonly Reservations?: readonly { readonly Instances?: readonly Named[] }[];
}
interface Health {
  readonly TargetHealthDescriptions?: readonly {
    readonly Target: { readonly Id: string };
    readonly TargetHealth: { readonly State: string };
  }[];
}

/** Answers that were right, or will be: of EC2, which is eventually consistent, and of a load balancer's health checks. */
export class Views {
  readonly #cloud: Cloud;
  readonly #staleMs: number;
  readonly #random;
  /** Id -> until when it is left out. */
  readonly #hidden = new Map<string, number>();
  /** What was left out, and from when on. */
  readonly leftOut: { readonly id: string; readonly at: number }[] = [];

  constructor(cloud: Cloud, staleMs: number) {
    this.#cloud = cloud;
    this.#staleMs = staleMs;
    this.#random = cloud.random.stream('missing');
  }

  /** From now on one of the things in the answer is left out, for a while. */
  hide(answer: object): void {
    const ids = namesIn(answer);
    const id = ids[this.#random.whole(0, Math.max(0, ids.length - 1))];
    if (!id) return;
    this.#hidden.set(id, this.#cloud.clock.now() + MISSING_MS);
    this.leftOut.push({ id, at: this.#cloud.clock.now() });
    this.#cloud.say('fault', `EC2 does not show ${id} for ${MISSING_MS / 1000} s`);
  }

  /** The answer as it is given. @throws ServiceError where what is asked for by its id is left out */
  of({ service, operation, input }: Call, answer: object): object {
    const hidden = [...this.#hidden].filter(([, until]) => until > this.#cloud.clock.now()).map(([id]) => id);
    if (service !== 'ec2' || hidden.length === 0 || !operation.startsWith('Describe')) return answer;
    const asked = (input.VolumeIds as readonly string[] | undefined)?.find((id) => hidden.includes(id));
    if (asked) throw new ServiceError('InvalidVolume.NotFound', `The volume '${asked}' does not exist.`);
    const there = (all: readonly Named[] | undefined, key: keyof Named) =>
      all?.filter((each) => !hidden.includes(each[key] ?? ''));
    const lists: Lists = answer;
    return {
      ...answer,
      ...(lists.Volumes && { Volumes: there(lists.Volumes, 'VolumeId') }),
      ...(lists.Snapshots && { Snapshots: there(lists.Snapshots, 'SnapshotId') }),
      ...(lists.Reservations && {
        Reservations: lists.Reservations.map((r) => ({ ...r, Instances: there(r.Instances, 'InstanceId') })),
      }),
    };
  }

  /** The health of targets as it was before the last change of each, where that is not long ago. */
  before(answer: object): object {
    const { log, clock } = this.#cloud;
    const lately = log.flatMap(({ at, event }) =>
      event?.kind === 'health' && at > clock.now() - this.#staleMs ? [event] : [],
    );
    const { TargetHealthDescriptions: targets = [] }: Health = answer;
    const was = (id: string, State: string) => {
      const changed = lately.findLast(({ instanceId, state }) => instanceId === id && state === State);
      return changed ? (State === 'healthy' ? 'unhealthy' : 'healthy') : State;
    };
    return {
      ...answer,
      TargetHealthDescriptions: targets.map((t) => ({
        ...t,
        TargetHealth: { ...t.TargetHealth, State: was(t.Target.Id, t.TargetHealth.State) },
      })),
    };
  }
}

function namesIn(answer: object): string[] {
  const { Volumes = [], Snapshots = [], Reservations = [] }: Lists = answer;
  return [
    ...Volumes.map((v) => v.VolumeId ?? ''),
    ...Snapshots.map((s) => s.SnapshotId ?? ''),
    ...Reservations.flatMap((r) => (r.Instances ?? []).map((i) => i.InstanceId ?? '')),
  ];
}

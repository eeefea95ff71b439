import type { SlowMounts } from '../storage/slow-mounts.ts';
import type { Garbled } from './garble.ts';
import { Mishaps } from './mishaps.ts';
import { Outages } from './outages.ts';

/** A moment in the life of a durable step at which its function is killed. */
export const KILL_AT = {
  /** The step has begun and has had no effect yet. */
  before: 'before',
  /** The step has had its effect, and that it had is not recorded. */
  after: 'after',
} as const;
export type KillAt = (typeof KILL_AT)[keyof typeof KILL_AT];

/** An order to kill a function. */
export interface Kill {
  /** Name of the durable step. */
  readonly step: string;
  readonly at: KillAt;
  /** Which executions it means, by the event that started them. */
  readonly of: (event: unknown) => boolean;
}

/** When the runs of DLM start: within the hour that it promises, as late as it may, or not at all. */
export const RUNS = { usual: 'usual', latest: 'latest', never: 'never' } as const;
export type Runs = (typeof RUNS)[keyof typeof RUNS];

/** What is broken just now: state that the simulated services ask, and that `failures.ts` sets. */
export class Faults {
  /** Instance -> since when it hangs: it runs, and does nothing. */
  readonly hung = new Map<string, number>();
  /** Volume -> since when its I/O hangs. */
  readonly stalled = new Map<string, number>();
  /** Volume -> how long each write of the probe takes: it is slow, and not dead. Milliseconds. */
  readonly slow = new Map<string, number>();
  /** Each time that a volume's I/O hung, also those that are over. */
  readonly stalls: { readonly volumeId: string; readonly from: number; until: number }[] = [];
  /** Instances whose web server nobody reaches: it is dead, or something on the way is shut. All else goes on there. */
  readonly webUnreached = new Set<string>();
  /** Instances on which the agent of the journal is frozen, as by its cgroup: all else goes on there. */
  readonly frozenAgents = new Set<string>();
  /** No host has what the agent of the journal needs: it ends as soon as it is started. */
  agentsFail = false;
  /** Is told of it. */
  onAgentsFail: (() => void) | undefined;
  /** Objects of S3 are gone, and were not deleted by anybody's call. */
  onObjectsGone: ((bucket: string, keys: readonly string[]) => void) | undefined;
  /** Instance -> how often the agent of the journal was killed there. */
  readonly killedAgents = new Map<string, number>();
  /** Instances on which nobody follows on a spare: the unit is stopped, and masked. */
  readonly maskedFollowers = new Set<string>();
  /** What follows on spares of that instance is stopped. */
  onFollowersMasked: ((instanceId: string) => void) | undefined;
  /** Is told of each that is frozen, or goes on. */
  onAgentFrozen: ((instanceId: string, frozen: boolean) => void) | undefined;
  /** Instances whose root disk has no room for what the agent of the journal keeps there: it ends as soon as it is started. */
  readonly fullRoots = new Set<string>();
  /** Is told of each that is full, or has room again. */
  onRootFull: ((instanceId: string, full: boolean) => void) | undefined;
  /** Is told of each. */
  onAgentKilled: ((instanceId: string) => void) | undefined;
  /** Instances whose reads S3 refuses. */
  readonly unfetchable = new Set<string>();
  /** Instances whose witness reaches no other instance; and those whose witness says of everybody that it does not answer, over and over. */
  readonly witnessesCutOff = new Set<string>();
  readonly lyingWitnesses = new Set<string>();
  /** Zone -> since when nothing in it answers. */
  readonly lostZones = new Map<string, number>();
  /** Zone -> until when no volume can be made there. */
  readonly noCapacity = new Map<string, number>();
  /** Snapshots that were damaged, or of which a copy does not mount for another reason. */
  readonly spoilt = new Set<string>();
  /** How many of the next attachments, and detachments, do not end. */
  stuckAttaches = 0;
  stuckDetaches = 0;
  /** The key that encrypts volumes cannot be used. */
  keyRevoked = false;
  /** When it is deleted; it cannot be used from when that is ordered. Unix milliseconds. */
  keyDeletedAt: number | undefined;
  /** EC2 refuses every call until then. */
  throttledUntil = 0;
  /**
   * The most that a page of a list holds: AWS may put fewer into one than its limit. So few that hardly a list of any world is whole
   * on its first page: whoever reads no other sees a part.
   */
  pageItems = 2;
  /** The same of the points of a metric: a day of minutes. */
  pagePoints = 1440;
  /** Services that do not do what they should. */
  readonly outages = new Outages();
  /** What is about to go wrong with single calls. */
  readonly mishaps = new Mishaps();
  /** How long snapshots take that are started from now on (milliseconds); the usual time, when not set. */
  snapshotMs: number | undefined;
  /** DLM does not come back to an instance with its post script. */
  postScriptsLost = false;
  /** Mounts take long from now on. */
  slowMounts: SlowMounts | undefined;
  /** How the next answers of a host verb are shown. */
  readonly garbled: { readonly verb: string; readonly how: Garbled; times: number }[] = [];
  /** When the runs of DLM start. */
  runs: Runs = RUNS.usual;
  /** Where a function dies, once. */
  kill: Kill | undefined;

  /** Takes one of the stuck operations, if any is left. */
  takeStuckAttach(): boolean {
    if (this.stuckAttaches === 0) return false;
    this.stuckAttaches--;
    return true;
  }

  takeStuckDetach(): boolean {
    if (this.stuckDetaches === 0) return false;
    this.stuckDetaches--;
    return true;
  }

  /** Takes the order to kill, if there is one for that moment. */
  takeKill(step: string, at: KillAt, event: unknown): boolean {
    const { kill } = this;
    if (kill?.step !== step || kill.at !== at || !kill.of(event)) return false;
    this.kill = undefined;
    return true;
  }

  /** Takes one of the garbled answers of a verb, if any is left. */
  takeGarbled(verb: string): Garbled | undefined {
    const next = this.garbled.find((g) => g.verb === verb && g.times > 0);
    if (next) next.times--;
    return next?.how;
  }

  /** As KMS names it. Source: docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
  get keyState(): 'Enabled' | 'Disabled' | 'PendingDeletion' {
    if (this.keyDeletedAt !== undefined) return 'PendingDeletion';
    return this.keyRevoked ? 'Disabled' : 'Enabled';
  }

  /** Nothing new can be encrypted or decrypted with the key: of its state, or KMS is out. What is attached goes on. */
  keyUnusable(now: number): boolean {
    return this.keyState !== 'Enabled' || this.outages.of('kms', now) !== undefined;
  }

  hasCapacity(zone: string, now: number): boolean {
    return !this.lostZones.has(zone) && (this.noCapacity.get(zone) ?? 0) <= now;
  }
}

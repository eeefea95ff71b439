import type { HostResult } from '../../disks/disks.ts';
import type { Cloud } from '../account/cloud.ts';

/** Real time after which a host command is taken to hang, and killed; on a loaded machine a sound one may take minutes. */
const REAL_TIMEOUT_SECONDS = 600;

/** Set in the environment of a verb that a command of SSM asked for, and not a timer of the host: no script reads it. */
export const AGENT = 'REHEARSAL_AGENT';

/**
 * What runs on the instances' hosts. A host's revision says whether anything could have changed since a look at it, so
 * that the probe of every tenth second is run for real only where its answer could be another one than before.
 */
export class Hosts {
  readonly #cloud: Cloud;
  /** What happens around each script. */
  onRun: Readonly<Record<'before' | 'after', (instanceId: string, verb: string) => void>> | undefined;
  /** What a host finds around it when a verb begins, beside what the verb is given. */
  surroundings:
    | ((instanceId: string, verb: string, env: Readonly<Record<string, string>>) => Record<string, string>)
    | undefined;
  /**
   * What the agent of the journal does for a verb, in virtual time, before its script is played; it gives what the script finds.
   * `undefined`: nothing.
   */
  agent:
    | ((
        instanceId: string,
        verb: string,
        env: Readonly<Record<string, string>>,
      ) => (() => Promise<Record<string, string>>) | undefined)
    | undefined;
  /** For how long the journal of what the host serves has lacked something: milliseconds; `undefined`: no writer runs. */
  journalLag: ((instanceId: string, volume: string) => number | undefined) | undefined;
  /** For how long spares there have lacked something that the journal has, by content volume, as whoever follows there says it: milliseconds. */
  spareLags: ((instanceId: string) => readonly { readonly volume: string; readonly lag: number }[]) | undefined;
  /** What the intake of what the host serves says of itself; `undefined`: none runs. */
  intakeStands:
    | ((
        instanceId: string,
        volume: string,
      ) => Readonly<Record<'waiting' | 'oldestMs' | 'done' | 'refused', number>> | undefined)
    | undefined;
  /** Is around each script while it runs, and gives what came of it. */
  around:
    | ((
        instanceId: string,
        run: { readonly verb: string; readonly env: Readonly<Record<string, string>> },
        ran: () => HostResult,
      ) => HostResult)
    | undefined;
  /** Hears that something was done on some host. */
  touched: (() => void) | undefined;
  readonly #revisions = new Map<string, number>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  revision(instanceId: string): number {
    return this.#revisions.get(instanceId) ?? 0;
  }

  /** Something was done on the host, or to a disk of it. */
  touch(instanceId: string): void {
    this.#revisions.set(instanceId, this.revision(instanceId) + 1);
    this.touched?.();
  }

  /** Runs a script on the host at this moment of virtual time (or at the earlier one given). */
  run(
    instanceId: string,
    verb: string,
    script: string,
    env: Readonly<Record<string, string>>,
    at = this.#cloud.clock.now(),
  ): HostResult {
    const now = { REMOUNT_NOW: new Date(at).toISOString() };
    this.onRun?.before(instanceId, verb);
    const more = this.surroundings?.(instanceId, verb, env);
    const order = { verb, script, env: { ...env, ...more, ...now }, timeoutSeconds: REAL_TIMEOUT_SECONDS };
    const ran = () => this.#cloud.disks.run(instanceId, order);
    const result = this.around ? this.around(instanceId, order, ran) : ran();
    this.onRun?.after(instanceId, verb);
    return result;
  }
}

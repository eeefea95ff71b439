import { EXIT } from '../../../contract/contract.ts';
import type { HostResult } from '../../disks/disks.ts';

/** After this `mount` answers that it is still under way, or that nothing moves (`host/README.md`, "A mount that is slow"). */
export const ANSWERS_MS = 50_000;
const SECTORS_A_SECOND = 2048;

/** How mounts are slow. */
export interface Slowness {
  readonly seconds: number;
  /** The device's counters move meanwhile. */
  readonly moves: boolean;
  /** How many volumes are: those that are mounted first. */
  readonly volumes: number;
}

/** Mounts that take longer than the verb waits for: the model's part, for the script is run at their end. */
export class SlowMounts {
  readonly #slowness: Slowness;
  /** By volume and host: when its mount began. */
  readonly #began = new Map<string, number>();
  readonly #volumes = new Set<string>();

  constructor(slowness: Slowness) {
    this.#slowness = slowness;
  }

  /** What a `mount` that is sent now waits for, milliseconds, and what it says then; without that, what the script says. */
  ask(instanceId: string, volumeId: string, now: number): { readonly ms: number; readonly says?: HostResult } {
    const { seconds, moves, volumes } = this.#slowness;
    if (!this.#volumes.has(volumeId) && this.#volumes.size >= volumes) return { ms: 0 };
    this.#volumes.add(volumeId);
    const key = `${volumeId} ${instanceId}`;
    const began = this.#began.get(key) ?? now;
    this.#began.set(key, began);
    const left = began + seconds * 1000 - now;
    if (left <= ANSWERS_MS) return { ms: Math.max(0, left) };
    const says = goesOn(volumeId, moves ? EXIT.mounting : EXIT.timeout, now - began + ANSWERS_MS);
    return { ms: ANSWERS_MS, says };
  }

  /** A release ends it. */
  end(instanceId: string, volumeId: string): void {
    this.#began.delete(`${volumeId} ${instanceId}`);
  }
}

/** What `mount` says after its time: {@link EXIT.mounting}, with how far it is, or {@link EXIT.timeout} where nothing moves. */
export function goesOn(volumeId: string, exitCode: number, sinceMs: number): HostResult {
  const moves = exitCode === EXIT.mounting;
  const progress = moves ? Math.round((sinceMs / 1000) * SECTORS_A_SECOND) : 0;
  const stdout = `state=${moves ? 'mounting' : 'timeout'}\nprogress=${progress}\n`;
  return { exitCode, stdout, stderr: `remount: the mount of ${volumeId} goes on\n`, realMs: 0 };
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { intakePrefix } from '../../../../contract/intake.ts';
import type { RealIntakes, UploadAct, UploadVersion } from '../../uploads.ts';
import type { Beside } from './beside.ts';
import { said } from './said.ts';

/** Of a machine that is loaded as no other; and until systemd has started again what was killed. Milliseconds. */
const TAKEN_MS = 120_000;
/** Looks that find nothing, one after the other. Of a start, which may have debts without anything that waits. */
const LOOKS = { again: 1, anew: 3 } as const;

/** The intakes of hosts on real disks: the deployed program, started by the deployed unit (`commands/journal-unit`). */
export class HostIntakes implements RealIntakes {
  readonly #rootOf: (instanceId: string) => string;
  readonly #beside: () => Beside;

  constructor(rootOf: (instanceId: string) => string, beside: () => Beside) {
    this.#rootOf = rootOf;
    this.#beside = beside;
  }

  runs(instanceId: string, volume: string): string | undefined {
    const turn = join(this.#rootOf(instanceId), `run/remount-intake@${volume}.pid.turn`);
    return existsSync(turn) ? readFileSync(turn, 'utf8').trim() : undefined;
  }

  give(bucket: string, versions: readonly UploadVersion[]): void {
    this.#beside().give(bucket, versions);
  }

  takeIn(instanceId: string, bucket: string, volume: string, anew: boolean): void {
    if (this.#beside().idle(bucket, intakePrefix(volume), anew ? LOOKS.anew : LOOKS.again, TAKEN_MS)) return;
    throw new Error(`${instanceId} does not take in what is uploaded for ${volume}: ${said(this.#rootOf(instanceId))}`);
  }

  acts(): UploadAct[] {
    return [...this.#beside().acts()];
  }
}

/** The freeze of `host/freeze.sh` and `host/thaw.sh` as a model. */

import { DLM_COMMANDS, DLM_PARAMETER, EXECUTION_ID } from '../../../contract/contract.ts';
import { fail, ok, type VerbResult } from './answers.ts';
import type { Frozen, MemoryHost } from './host.ts';

/** How long a freeze lasts when nobody ends it: `REMOUNT_FREEZE_SECONDS` in `host/freeze.sh`. */
const BOUND_MS = 30_000;

export function NOTHING_FROZEN(): Frozen {
  return { frozen: new Map(), frozenFor: undefined };
}

/** The watchdog of a volume thaws it. */
export function ring(host: MemoryHost, volumeId: string): void {
  host.frozen.delete(volumeId);
}

/** Whether it is frozen, and may be: what is frozen for too long is thawed. */
export function isFrozen(host: MemoryHost, volumeId: string, now: string): boolean {
  const found = host.frozen.get(volumeId);
  if (found && seconds(Date.parse(now)) < found.at) return true;
  host.frozen.delete(volumeId);
  return false;
}

/** `host/dlm.sh`. @param hangs whether I/O to a volume hangs */
export function dlm(
  host: MemoryHost,
  env: Readonly<Record<string, string>>,
  now: string,
  hangs: (volumeId: string) => boolean,
): VerbResult {
  const command = DLM_COMMANDS.find((c) => c === env[`SSM_${DLM_PARAMETER.command}`]);
  if (!command) return fail('usage', `SSM_command is "${env[`SSM_${DLM_PARAMETER.command}`]}"`);
  if (command === 'dry-run') return ok('state=idle');
  const execution = env[`SSM_${DLM_PARAMETER.executionId}`] ?? 'None';
  if (!EXECUTION_ID.test(execution)) return fail('usage', `SSM_executionId is "${execution}"`);
  return command === 'pre-script' ? freeze(host, execution, now, hangs) : thaw(host, execution);
}

function freeze(host: MemoryHost, execution: string, now: string, hangs: (volumeId: string) => boolean): VerbResult {
  const done: string[] = [];
  const giveUp = (state: 'busy' | 'shutdown' | 'timeout', why: string) => {
    for (const volumeId of done) host.frozen.delete(volumeId);
    return fail(state, why, ...done.map((volumeId) => `frozen=${volumeId}`));
  };
  // In the order of their names, as the shell lists the markers.
  for (const [, volumeId] of [...host.markers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const mount = host.mounts.get(volumeId);
    if (!mount) continue;
    if (mount.dead) return giveUp('shutdown', `${volumeId} is shut down`);
    if (hangs(volumeId)) return giveUp('timeout', `no end: ${volumeId} hangs`);
    const found = host.frozen.get(volumeId);
    if (found && found.execution !== execution) return giveUp('busy', `${volumeId} is frozen for ${found.execution}`);
    if (!found) {
      mount.fileSystem.sync();
      host.frozen.set(volumeId, { at: seconds(Date.parse(now)) + BOUND_MS, execution });
    }
    done.push(volumeId);
  }
  if (done.length > 0) host.frozenFor = { execution, volumeIds: done };
  return ok(...done.map((volumeId) => `frozen=${volumeId}`), 'state=frozen');
}

function thaw(host: MemoryHost, execution: string): VerbResult {
  const { frozenFor } = host;
  const meant = frozenFor?.execution === execution ? frozenFor.volumeIds : [];
  const late = meant.filter((volumeId) => !host.frozen.has(volumeId));
  const lines = [...host.frozen.keys()].sort().map((volumeId) => `thawed=${volumeId}`);
  host.frozen.clear();
  host.frozenFor = undefined;
  if (late.length > 0) return fail('overdue', `thawed before its time: ${late.join(' ')}`, ...lines);
  return ok(...lines, 'state=thawed');
}

/** The host reckons in whole seconds. */
function seconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

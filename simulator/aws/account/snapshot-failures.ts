/** What can go wrong with the snapshots of the simulated AWS, done to it on purpose, as in `failures.ts`. */

import type { Dictionary } from '../cloudformation/template.ts';
import type { Runs } from './faults.ts';
import type { Services } from './services.ts';

/** When the runs of DLM start from now on. Runs are planned up to an hour ahead: those stay as they are, unless there are none. */
export function shiftRuns(s: Services, runs: Runs): void {
  announce(s, `the runs of DLM start: ${runs}`);
  s.cloud.faults.runs = runs;
}

/** Every policy goes to state ERROR. */
export function failPolicies(s: Services, statusMessage: string): void {
  for (const id of s.dlm.policies.keys()) {
    announce(s, `${id} goes to state ERROR: ${statusMessage}`);
    s.dlm.fail(id, statusMessage);
  }
}

/** Somebody mends what was wrong, and enables every policy again. */
export function enablePolicies(s: Services): void {
  for (const id of s.dlm.policies.keys()) {
    announce(s, `somebody enables ${id} again`);
    s.dlm.enable(id);
  }
}

/** Somebody changes every policy by hand. */
export function changePolicies(s: Services, values: Dictionary): void {
  for (const id of s.dlm.policies.keys()) {
    announce(s, `somebody changes ${id} by hand`);
    s.dlm.change(id, values);
  }
}

/** Snapshots that are started from now on take about this long; the usual time again, when not given. */
export function slowSnapshots(s: Services, ms?: number): void {
  announce(s, ms === undefined ? 'snapshots take their usual time again' : `snapshots take up to ${ms / 3_600_000} h`);
  s.cloud.faults.snapshotMs = ms;
}

/** From now on, DLM has snapshots frozen, and nobody comes back to thaw them. */
export function losePostScripts(s: Services): void {
  announce(s, 'DLM loses its post scripts');
  s.cloud.faults.postScriptsLost = true;
}

function announce(s: Services, what: string): void {
  s.cloud.say('failure', what);
}

/** What a verb of memory disks answers. */
import { EXIT } from '../../../contract/contract.ts';

export interface VerbResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

type State = Exclude<keyof typeof EXIT, 'ok'>;

export function ok(...lines: string[]): VerbResult {
  return { exitCode: EXIT.ok, stdout: lines.map((line) => `${line}\n`).join(''), stderr: '' };
}

export function fail(state: State, message: string, ...lines: string[]): VerbResult {
  const stdout = [`state=${state}`, ...lines].map((line) => `${line}\n`).join('');
  return { exitCode: EXIT[state], stdout, stderr: `remount: ${message}\n` };
}

/** What may be held against a volume names it. */
export function verdict(state: State, volumeId: string, message: string): VerbResult {
  return fail(state, message, `volumeId=${volumeId}`);
}

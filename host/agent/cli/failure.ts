import { EXIT } from '../../../contract/contract.ts';
import { NoBase } from '../applier/open.ts';
import { MarkerError } from '../journal/marker.ts';
import { KernelError } from '../kernel/helper.ts';
import type { Said } from './commands.ts';
import { UsageError } from './settings.ts';

const { usage, notMounted, shutdown, timeout, busy, foreign } = EXIT;
/** 70 is for what has none, as the verbs have it. */
const CODES = { usage, notMounted, shutdown, timeout, busy, foreign, failed: 70 } as const;
/** SQLITE_BUSY: another process has the tree. */
const LOCKED = 5;

/** What is printed of an error; its text goes to standard error, for people. */
export function failureOf(error: unknown): Said {
  const state = stateOf(error);
  console.error(`remount: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return { state, code: CODES[state] };
}

function stateOf(error: unknown): keyof typeof CODES {
  if (error instanceof UsageError) return 'usage';
  if (error instanceof NoBase) return error.code === 'otherVolume' ? 'foreign' : 'failed';
  if (error instanceof MarkerError) return 'failed';
  if (error instanceof KernelError) {
    if (error.code === 'late') return 'timeout';
    return error.code === 'failed' || error.code === 'ended' ? 'failed' : 'notMounted';
  }
  const { code, errcode } = error as { code?: string; errcode?: number };
  if (errcode === LOCKED) return 'busy';
  return code === 'EIO' ? 'shutdown' : 'failed';
}

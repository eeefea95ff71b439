import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Held } from './protocol.ts';

/** Where commands find what is held, while it is: `REMOUNT_HELD` names another file, for who holds two at a time. */
export function heldFile(): string {
  return process.env.REMOUNT_HELD || join(import.meta.dirname, '../../.cache/held.json');
}

/** @returns `undefined` where none is held */
export function readHeld(): Held | undefined {
  try {
    return JSON.parse(readFileSync(heldFile(), 'utf8')) as Held;
  } catch {
    return undefined;
  }
}

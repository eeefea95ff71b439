import type { z } from 'zod';

/** A wrong setting: one line that names the setting, the value received and what is allowed. */
export class SettingsError extends Error {
  /** Distinguishes it from other errors, whichever copy of the package it comes from. */
  override readonly name = 'SettingsError';
}

/** Context key of the settings, in `cdk.json` or as `-c remount='{...}'`. */
export const CONTEXT_KEY = 'remount';

/** The first of zod's issues, in the project's form. */
export function refusal(error: z.ZodError, input: unknown): SettingsError {
  const issue = error.issues[0];
  if (!issue) return new SettingsError(`${CONTEXT_KEY}: ${error.message}`);
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = unknown === undefined ? issue.path : [...issue.path, unknown];
  const received = valueAt(input, path);
  const said = unknown === undefined ? `allowed: ${issue.message}` : issue.message;
  return new SettingsError(`${named(path)}: received ${shown(received)}; ${said}`);
}

/** What stands at a path, if anything does. */
export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], input);
}

/** As one would write it: `volumes[0].name`; what is no plain word stands in quotes. */
function named(path: readonly PropertyKey[]): string {
  const steps = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^\w+$/.test(String(key)) ? `.${String(key)}` : `[${shown(String(key))}]`;
  });
  return steps.join('').replace(/^\./, '') || CONTEXT_KEY;
}

export function fail(setting: string, received: unknown, allowed: string): never {
  throw new SettingsError(`${setting}: received ${shown(received)}; allowed: ${allowed}`);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}

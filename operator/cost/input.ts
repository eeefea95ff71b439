import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { EXIT, type Failed } from '../exit.ts';
import type { Template } from './template.ts';

/** A configuration, as it would be deployed. */
export interface Configuration {
  /** As it was named. */
  readonly from: string;
  readonly stack: string;
  readonly region: string;
  readonly template: Template;
}

const ALLOWED = 'the output directory of cdk synth, a JSON file of settings, or settings as JSON';

const wrong = (received: string, allowed: string): Failed =>
  Object.assign(new Error(`CONFIG: received ${received}; allowed: ${allowed}`), { exitCode: EXIT.usage });

/**
 * Reads a configuration: what `cdk synth` has written, or settings, which are synthesized here.
 * @param given `undefined`: the settings of the `cdk.json` in the directory in which this runs
 * @param stack where a directory has several
 * @throws Failed for what is neither, and for settings that are refused
 */
export async function readConfiguration(given: string | undefined, stack?: string): Promise<Configuration> {
  if (given === undefined) return synthesized(await settingsHere(), 'cdk.json');
  if (isSettings(given)) return synthesized(parsed(given, given), 'the settings given');
  if (!existsSync(given)) throw wrong(given, ALLOWED);
  return isWritten(given) ? written(given, stack) : synthesized(parsed(textOf(given, given), given), given);
}

/** Whether this is what `cdk synth` has written, which alone may have several stacks. */
export function isWritten(given: string | undefined): boolean {
  return given !== undefined && !isSettings(given) && existsSync(given) && statSync(given).isDirectory();
}

function isSettings(given: string): boolean {
  return given.trimStart().startsWith('{');
}

/** @throws Failed where there are none: those of another app would say nothing of this one */
async function settingsHere(): Promise<unknown> {
  const file = resolve('cdk.json');
  if (!existsSync(file)) throw wrong(`nothing, and there is no ${file}`, ALLOWED);
  const { context } = (parsed(textOf(file, file), file) ?? {}) as {
    readonly context?: Readonly<Record<string, unknown>>;
  };
  const { CONTEXT_KEY } = await import('./synthesize.ts');
  const settings = context?.[CONTEXT_KEY];
  if (settings === undefined) throw wrong(`nothing, and ${file} has no context.${CONTEXT_KEY}`, ALLOWED);
  return settings;
}

/** @throws Failed where nobody may read it, or it is not there */
function textOf(file: string, given: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(`${given} (${(error as Error).message})`, ALLOWED);
  }
}

function parsed(text: string, given: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(given, ALLOWED);
  }
}

interface Manifest {
  readonly artifacts?: Readonly<
    Record<string, { type: string; environment?: string; properties?: { templateFile?: string } }>
  >;
}

/** What `cdk synth` has written. */
function written(directory: string, stack: string | undefined): Configuration {
  const file = join(directory, 'manifest.json');
  if (!existsSync(file)) throw wrong(directory, ALLOWED);
  const { artifacts } = (parsed(textOf(file, directory), directory) ?? {}) as Manifest;
  const stacks = Object.entries(artifacts ?? {}).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const names = stacks.map(([name]) => name);
  const [found, ...more] = stack === undefined ? stacks : stacks.filter(([name]) => name === stack);
  if (!found || more.length > 0)
    throw Object.assign(
      new Error(`--stack: received ${stack ?? 'nothing'}; allowed: one of ${names.join(', ') || 'no stacks'}`),
      { exitCode: EXIT.usage },
    );
  const [name, { environment = '', properties }] = found;
  const template = parsed(
    textOf(join(directory, properties?.templateFile ?? ''), directory),
    directory,
  ) as Template | null;
  if (typeof template?.Resources !== 'object' || template.Resources === null)
    throw wrong(`${directory}, where the template of ${name} is none`, ALLOWED);
  return { from: directory, stack: name, region: environment.split('/').at(-1) ?? '', template };
}

/** Synthesized here, as a rehearsal does. */
async function synthesized(settings: unknown, from: string): Promise<Configuration> {
  const { synthesize } = await import('./synthesize.ts');
  // Loading takes a while, in which nobody hears Ctrl-C: now it is heard, and there is no directory yet that would be left.
  await setImmediate();
  const directory = mkdtempSync(join(tmpdir(), 'remount-cost-'));
  try {
    const { stack, region, template } = synthesize(directory, settings);
    return { from, stack, region, template };
  } catch (error) {
    if (error instanceof Error && error.name === 'SettingsError')
      throw Object.assign(new Error(error.message), { exitCode: EXIT.usage });
    throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

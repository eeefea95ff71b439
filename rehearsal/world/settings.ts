/** The settings that a scenario is played with: those of the stack, and over them what its story needs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTEXT_KEY, SettingsError } from '../../lib/props/refusal.ts';
import { fromContext, readSettings, type Settings } from '../../lib/stack/settings.ts';
import { HOME_ZONE, type Scenario } from './world.ts';

type Raw = Readonly<Record<string, unknown>>;

const CDK_JSON = join(import.meta.dirname, '../../cdk.json');
/** Of a stack's name: see `readSettings`. */
const LONGEST_NAME = 51;

const NO_LOCK: Raw = { snapshotLock: { days: 0 } };
const NO_INTAKE: Raw = { intake: { enabled: false } };

/** The context of `cdk.json`, and over it what `-c` gave: a key is taken as a whole, as the CDK takes it. */
export function cdkContext(given: Raw = {}): Record<string, unknown> {
  const { context } = JSON.parse(readFileSync(CDK_JSON, 'utf8')) as { context?: Record<string, unknown> };
  return { ...context, ...given };
}

/** What stands in the context, before it is completed. @throws SettingsError where it is not sound */
export function rawSettings(context: Raw): Raw {
  const raw = fromContext(context[CONTEXT_KEY]);
  readSettings(raw);
  return raw as Raw;
}

/**
 * A group of settings is taken one by one, anything else as a whole. Zones and content volumes are those of the stack: see `inHome`,
 * `atLeast` and `HOME_ZONE`. A story without drills has no lock either: only what a drill has verified is locked. And one without a journal,
 * be it the stack's own setting, has no intake.
 *
 * @param base sound settings, as in the context
 */
export function settingsOver(base: Raw, over: Raw): Raw {
  const merged = Object.entries(over).map(([key, value]) =>
    isGroup(base[key]) && isGroup(value) ? [key, { ...base[key], ...value }] : [key, value],
  );
  const own: Raw = Object.fromEntries(merged);
  const isOff = (group: unknown) => isGroup(group) && group.enabled === false;
  const unjournaled = isOff({ ...base, ...own }.journal);
  const all: Raw = { ...base, ...(isOff(over.drills) && NO_LOCK), ...own, ...(unjournaled && NO_INTAKE) };
  return 'volumes' in over ? { ...all, volumes: volumesOf(readSettings(base), over.volumes) } : all;
}

/** Another name that has the first for its beginning, where there is room: a pattern that is too wide would take both. */
export function neighbourOf(stackName: string): string {
  return stackName.length < LONGEST_NAME ? `${stackName}2` : stackName.slice(0, -1);
}

/** Why a scenario cannot be played with these settings of the stack, if it cannot. */
export function cannotPlay({ settings = {}, needs }: Scenario, base: Raw): string | undefined {
  try {
    const all = readSettings(settingsOver(base, settings));
    return needs?.(all);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return `with what its story needs, ${error.message}`;
  }
}

function isGroup(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function volumesOf({ zones, volumes }: Settings, wanted: unknown): unknown {
  const [home = ''] = zones;
  if (Array.isArray(wanted)) return wanted.map((v) => (v?.zone === HOME_ZONE ? { ...v, zone: home } : v));
  const { home: inHome, least } = wanted as { readonly home?: number; readonly least?: number };
  if (inHome !== undefined) return filledUp(volumes, inHome).map((v) => ({ ...v, zone: home }));
  return filledUp(volumes, Math.max(least ?? 0, volumes.length));
}

/** So many of them, and more like the first where they are fewer. */
function filledUp(volumes: Settings['volumes'], count: number): Settings['volumes'] {
  const names = new Set(volumes.map((v) => v.name));
  const more = Array.from({ length: count }, (_, n) => `more-${n + 1}`).filter((name) => !names.has(name));
  return [...volumes, ...more.flatMap((name) => (volumes[0] ? [{ ...volumes[0], name }] : []))].slice(0, count);
}

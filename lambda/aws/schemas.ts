import * as z from 'zod/mini';
import { DRAIN_STATES, ENV, LOCK_MODES } from '../../contract/contract.ts';
import {
  type InstanceId,
  isInstanceId,
  isSnapshotId,
  isVolumeId,
  type SnapshotId,
  type VolumeId,
} from '../../contract/ids.ts';
import { type Runtime, required } from './runtime.ts';

/**
 * The shapes of what comes from outside as JSON: the environment, which a deployment writes, and documents in the ledger, which an
 * older version of this code may have written. What does not have its shape is refused by name, and by what is wrong with it.
 */

const id = z.string().check(z.minLength(1));
const instanceId = z.custom<InstanceId>(isInstanceId, 'i-...');
const snapshotId = z.custom<SnapshotId>(isSnapshotId, 'snap-...');
const volumeId = z.custom<VolumeId>(isVolumeId, 'vol-...');
const whole = z.int();
const tag = z.object({ key: id, value: id });

const SCHEMAS = {
  [ENV.place]: z.object({ account: id, region: id, runbook: id }),
  [ENV.documents]: z.record(id, id),
  [ENV.targetGroups]: z.record(id, id),
  [ENV.volumes]: z.array(id),
  [ENV.spare]: z.object({ prefer: z.enum(['faster', 'fresher']), maxAgeMinutes: z.number() }),
  [ENV.policy]: z.object({
    id,
    targetTag: tag,
    keepHours: whole,
    schedules: z.array(z.object({ name: id, time: id })),
    frozenBy: z.exactOptional(id),
    leftOut: z.exactOptional(z.array(tag)),
  }),
  [ENV.software]: z.object({ version: id, document: id }),
  [ENV.lock]: z.object({ mode: z.enum(LOCK_MODES), days: whole }),
} as const;
type Key = keyof typeof SCHEMAS;

/** @throws Error naming the key, what was received and what is wrong with it: a function deployed so cannot work at all */
export function fromEnv<K extends Key>(env: Runtime['env'], key: K): z.output<(typeof SCHEMAS)[K]> {
  return parsed(`environment key ${key}`, required(env, key), SCHEMAS[key]) as z.output<(typeof SCHEMAS)[K]>;
}

/** As {@link fromEnv}, of a key that may be absent. */
export function optionalFromEnv<K extends Key>(env: Runtime['env'], key: K): z.output<(typeof SCHEMAS)[K]> | undefined {
  return env[key] ? fromEnv(env, key) : undefined;
}

/** @throws Error naming the key and what was received */
export function numberFromEnv(env: Runtime['env'], key: string): number {
  return parsed(`environment key ${key}`, required(env, key), z.number());
}

const yes = z.exactOptional(z.literal(true));

/** `spare` of a content volume's item. */
export const SPARE = z.object({ volumeId, snapshotId, instanceId, at: z.number() });

/** `replaced` of a content volume's item. */
export const REPLACED = z.object({
  oldVolume: volumeId,
  newVolume: volumeId,
  snapshotId,
  owner: instanceId,
  recoveryPointAt: z.number(),
  files: whole,
  moreFiles: yes,
  cold: yes,
  choice: z.exactOptional(
    z.object({
      taken: z.enum(['spare', 'newer']),
      spare: snapshotId,
      newer: z.optional(snapshotId),
      minutes: z.number(),
      longerSeconds: z.exactOptional(z.number()),
      why: z.exactOptional(z.string()),
    }),
  ),
  drained: z.exactOptional(
    z.object({
      state: z.enum([...DRAIN_STATES, 'failed']),
      term: whole,
      cursor: z.exactOptional(whole),
      head: z.exactOptional(whole),
      upTo: z.exactOptional(z.number()),
      files: z.exactOptional(whole),
      missing: z.exactOptional(whole),
      flushed: z.exactOptional(z.boolean()),
      why: z.exactOptional(z.string()),
    }),
  ),
});

/** `notifiedFiles` of a drill's item. */
export const FILES = z.array(z.string());

const READING = z.object({
  generation: whole,
  at: z.number(),
  upto: z.number(),
  next: whole,
  parts: z.array(z.nullable(z.number())),
});

/** `reading` of a drill's item. @returns `undefined` where it is of another shape */
export function readingOf(text: string): z.output<typeof READING> | undefined {
  try {
    return parsed('`reading` in the ledger', text, READING);
  } catch {
    return undefined;
  }
}

const ALARM_ACTION = z.object({
  actionState: z.string(),
  notificationResource: z.string(),
  stateUpdateTimestamp: z.number(),
  error: z.optional(z.nullable(z.string())),
});

/** What CloudWatch has on record of an alarm's action. @returns `undefined` where it is of another shape, or cut off */
export function alarmActionOf(text: string): z.output<typeof ALARM_ACTION> | undefined {
  try {
    return parsed('`HistoryData` of an alarm', text, ALARM_ACTION);
  } catch {
    return undefined;
  }
}

/** @throws Error that says what of it is wrong, and where */
export function parsed<S extends z.core.$ZodType>(what: string, text: string, schema: S): z.output<S> {
  const read = z.safeParse(schema, json(what, text));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const at = issue?.path.length ? `${issue.path.join('.')}: ` : '';
  throw new Error(`${what}: ${at}received ${text.slice(0, RECEIVED)}; allowed: ${issue && allowed(issue)}`);
}
const RECEIVED = 500;

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return issue.values.join(', ');
  // Of an id, what it says is how one begins.
  if (issue.code === 'custom') return issue.message;
  return 'expected' in issue ? issue.expected : 'what is not empty';
}

function json(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what}: received ${text.slice(0, RECEIVED)}; allowed: JSON`, { cause: error });
  }
}

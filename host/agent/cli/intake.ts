import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import * as z from 'zod/mini';
import { EXIT } from '../../../contract/contract.ts';
import { LIMITS } from '../../../intake/limits.ts';
import { Courses } from '../intake/courses.ts';
import { Intake, type Wake } from '../intake/intake.ts';
import { S3Intake } from '../intake/s3.ts';
import { journalClient } from '../journal/s3-client.ts';
import { KernelError } from '../kernel/helper.ts';
import { Resolver } from '../kernel/resolver.ts';
import type { Said } from './commands.ts';
import { gaugeIntake } from './gauge.ts';
import { UsageError } from './settings.ts';
import { ask } from './socket.ts';

/** A volume may be frozen for a snapshot, half a minute: then a change waits. Milliseconds. */
const RESOLVER_MS = 90_000;
/** How long the writer may take until all that is on the volume is in the journal. Milliseconds. */
const FLUSH_MS = 20_000;

const path = z.string().check(z.regex(/^\//));
const count = z.int().check(z.positive());

/** The settings file, of JSON. */
const SETTINGS = z.strictObject({
  /** Name of the content volume. */
  volume: z.string().check(z.regex(/^[a-z0-9-]+$/)),
  /** Of uploads. */
  bucket: z.string().check(z.minLength(3)),
  region: z.string().check(z.minLength(1)),
  /** Where the volume is mounted. */
  mountPoint: path,
  /** Socket of the volume's writer. */
  socket: path,
  /** Two names that differ in case alone are one. @default false */
  ignoreCase: z.optional(z.boolean()),
  /** Names, bytes unpacked, times its own size, percent of the volume that is left. @default `LIMITS` of `intake/limits.ts` */
  limits: z.optional(
    z.strictObject({
      names: z.optional(count),
      bytes: z.optional(count),
      ratio: z.optional(count),
      reserve: z.optional(z.int().check(z.nonnegative(), z.maximum(50))),
    }),
  ),
  /** Port on this host to which it says what waits, every 10 s. @default it says it to nobody */
  statsd: z.optional(count),
  /** Milliseconds between two looks at the bucket: 20 to 60,000. @default 2000 */
  lookMs: z.optional(z.int().check(z.minimum(20), z.maximum(60_000))),
  /** Folder with the Python helpers. @default beside the program */
  helpers: z.optional(path),
  /** S3 elsewhere, for tests: `http://127.0.0.1:9000`. */
  endpoint: z.optional(z.url()),
});
export type IntakeSettings = z.output<typeof SETTINGS>;

/** On the owner: takes uploads in until it is asked to stop, or the volume is unmounted. @throws UsageError */
export async function intake(file: string): Promise<Said> {
  const settings = await readIntakeSettings(file);
  const { volume, mountPoint, helpers, statsd } = settings;
  // What is made for readers says itself who may read it.
  process.umask(0o022);
  const watched = { mountPoint, ...(helpers === undefined ? {} : { helpers }) };
  const resolver = await Resolver.open(watched, { deadlineMs: RESOLVER_MS });
  // Not by its name: two that are called otherwise would write to the same courses.
  const lock = await locked(`remount-intake-${resolver.device}`).catch((error: unknown) => {
    resolver.close();
    throw error;
  });
  if (!lock) {
    resolver.close();
    return { state: 'busy', values: { why: 'another process takes uploads in' }, code: EXIT.busy };
  }
  const { limits, ignoreCase = false, lookMs } = settings;
  const running = new Intake({
    volume,
    store: storeOf(settings),
    courses: new Courses(mountPoint, resolver),
    limits: { ...LIMITS, ...limits },
    ignoreCase,
    flush: () => flushed(settings.socket),
    now: Date.now,
    pause,
    pace: lookMs === undefined ? {} : { lookMs },
  });
  const gauge = gaugeIntake(statsd, volume, () => running.status);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => running.stop());
  try {
    await running.run();
    return { state: 'stopped' };
  } catch (error) {
    if (error instanceof KernelError && (error.code === 'unmounted' || error.code === 'replaced'))
      return { state: 'gone' };
    throw error;
  } finally {
    gauge.close();
    resolver.close();
    lock.close();
  }
}

/** @throws UsageError, with the setting's name and what was received */
export async function readIntakeSettings(file: string): Promise<IntakeSettings> {
  let plain: unknown;
  try {
    plain = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  const read = z.safeParse(SETTINGS, plain);
  if (read.success) return read.data;
  const wrong = read.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `${issue.keys.join(', ')}: no such setting`
      : `${issue.path.join('.')}: received ${JSON.stringify(issue.path.reduce<unknown>((of, key) => (of as Record<PropertyKey, unknown> | undefined)?.[key], plain)) ?? 'nothing'}`,
  );
  throw new UsageError(`${file}: ${wrong.join('; ')}`);
}

function storeOf({ region, bucket, endpoint }: IntakeSettings): S3Intake {
  const elsewhere = endpoint === undefined ? {} : { endpoint, forcePathStyle: true };
  return new S3Intake(journalClient({ region, ...elsewhere }), { bucket });
}

/** No writer, or one that does not get it done in time, is asked again. */
async function flushed(socket: string): Promise<number | undefined> {
  const answer = await ask(socket, { ask: 'flush', deadlineMs: FLUSH_MS }, FLUSH_MS + 2000).catch(() => undefined);
  return answer?.flushed === true && typeof answer.number === 'number' ? answer.number : undefined;
}

/** A name of the kernel's, which goes with the process: unix(7), abstract. @returns `undefined` where another process has it */
async function locked(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(`\0${name}`, resolve);
    });
    server.unref();
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

function pause(ms: number, wake: Wake): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wake.on(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

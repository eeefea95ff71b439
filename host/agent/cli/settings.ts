import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';

const path = z.string().check(z.regex(/^\//));
const count = z.int().check(z.positive());

/** The settings file, of JSON; what the caller decides may stand on the command line instead, and then counts. */
const SETTINGS = z.strictObject({
  /** Name of the content volume. */
  volume: z.string().check(z.regex(/^[a-z0-9-]+$/)),
  bucket: z.string().check(z.minLength(3)),
  region: z.string().check(z.minLength(1)),
  /** Where the volume, or the spare, is mounted. */
  mountPoint: path,
  /** A directory on the root disk, for this volume alone. */
  state: path,
  /** Socket on which a running writer or follower is asked. */
  socket: path,
  /** Raised by each change of writer; 0 is of who wrote before there was any. `write` and `drain` need it. */
  term: z.optional(z.int().check(z.nonnegative())),
  /** Who writes: the instance's id. `write` and `drain` need it. */
  writer: z.optional(z.string().check(z.regex(/^[A-Za-z0-9-]+$/))),
  /** When the copy was taken that the spare was made of, ISO 8601. @default when it is first opened */
  moment: z.optional(z.iso.datetime()),
  /** Seconds by which the moment of a copy and the times in segments may be off. @default 60 */
  margin: z.optional(z.int().check(z.nonnegative())),
  /** Seconds that `flush` and `drain` may take. @default 10 */
  deadline: z.optional(count),
  /** Port on this host to which `write` says its lag every 10 s. @default it says it to nobody */
  statsd: z.optional(count),
  /** Folder with the Python helpers. @default beside the program */
  helpers: z.optional(path),
  /** S3 elsewhere, for tests: `http://127.0.0.1:9000`. */
  endpoint: z.optional(z.url()),
});

export type Settings = z.output<typeof SETTINGS>;

/** Called wrongly, or with settings that are none. */
export class UsageError extends Error {}

const ON_COMMAND_LINE = ['term', 'writer', 'moment', 'deadline', 'margin'] as const;
const NUMBERS = ['term', 'deadline', 'margin'];

/** @param more `key=value` of the command line @throws UsageError, with the setting's name and what was received */
export async function readSettings(file: string, more: readonly string[]): Promise<Settings> {
  const given: Record<string, unknown> = {};
  for (const pair of more) {
    const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(pair) ?? [];
    if (!ON_COMMAND_LINE.some((name) => name === key))
      throw new UsageError(`received "${pair}"; allowed: ${ON_COMMAND_LINE.map((name) => `${name}=...`).join(' ')}`);
    given[key] = NUMBERS.includes(key) ? Number(value) : value;
  }
  let plain: unknown;
  try {
    plain = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  const all: Readonly<Record<string, unknown>> = { ...(plain as object), ...given };
  const read = z.safeParse(SETTINGS, all);
  if (read.success) return read.data;
  const wrong = read.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `${issue.keys.join(', ')}: no such setting`
      : `${issue.path.join('.')}: received ${JSON.stringify(all[String(issue.path[0])]) ?? 'nothing'}`,
  );
  throw new UsageError(`${file}: ${wrong.join('; ')}`);
}

/** @throws UsageError where it is not said who is to write */
export function writerOf({ term, writer }: Settings): { readonly term: number; readonly writer: string } {
  if (term === undefined || writer === undefined) throw new UsageError('term and writer have to be given');
  return { term, writer };
}

/** What is on the root disk. */
export function stateOf({ state }: Settings) {
  const at = (name: string) => join(state, name);
  // `late`: what a takeover has left to be applied, as long as nobody listens to what people do meanwhile.
  return { index: at('index'), markerCopy: at('marker'), spool: at('spool'), late: at('late') };
}

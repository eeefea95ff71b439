import type { AuthorizationRequest, Context } from './iam.ts';

/** Input of an SDK command. */
export type Input = Readonly<Record<string, unknown>>;

/** What must be known of the world to say what a call is authorized on. */
export interface World {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** Tags of a volume, snapshot, instance, document or policy by its id; none if there is no such thing. */
  tagsOf(resourceId: string): Readonly<Record<string, string>>;
  /** The instance a volume is attached to: needed for a DetachVolume that names none. */
  instanceOf?(volumeId: string): string | undefined;
  /** Name of a table's partition key: with it, `dynamodb:LeadingKeys` is known for calls that give the key. */
  partitionKeyOf?(tableName: string): string | undefined;
}

/** The authorizations of the operations of one service. */
export type Operations = Readonly<Record<string, (input: Input, world: World) => AuthorizationRequest[]>>;

/** A text that an input must have. */
export function text(input: Input, key: string): string {
  const value = input[key];
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`cannot authorize: ${key} must be a text, got ${JSON.stringify(value)}`);
}

/** A list of texts that an input must have, not empty. */
export function texts(input: Input, key: string): readonly string[] {
  const value = input[key];
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')) return value;
  throw new Error(`cannot authorize: ${key} must be a list of texts, got ${JSON.stringify(value)}`);
}

/** Condition keys `<prefix>/<tag key>`. */
export function tagKeys(prefix: string, tags: Readonly<Record<string, string>>): Context {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, value]));
}

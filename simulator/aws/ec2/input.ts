import { ServiceError } from '../account/service-error.ts';
import type { Tags } from './state.ts';

/** Reading the inputs of EC2 commands, strictly: a member that the simulation does not know is an error by name. */

export type Input = Readonly<Record<string, unknown>>;

/** @throws Error for a member that would be ignored otherwise: the simulation must not be more lenient than AWS. */
export function onlyMembers(operation: string, input: Input, known: readonly string[]): void {
  const unknown = Object.keys(input).filter((key) => input[key] !== undefined && !known.includes(key));
  if (unknown.length > 0)
    throw new Error(`the simulated ${operation} does not know ${unknown.join(', ')}; it knows ${known.join(', ')}`);
}

export function text(input: Input, member: string): string {
  const value = input[member];
  if (typeof value !== 'string' || value === '')
    throw new ServiceError('MissingParameter', `The request must contain the parameter ${member}`);
  return value;
}

export function optionalText(input: Input, member: string): string | undefined {
  return input[member] === undefined ? undefined : text(input, member);
}

export function optionalNumber(input: Input, member: string): number | undefined {
  const value = input[member];
  if (value !== undefined && typeof value !== 'number')
    throw new ServiceError('InvalidParameterValue', `Value (${String(value)}) for parameter ${member} is invalid.`);
  return value;
}

export function texts(input: Input, member: string): readonly string[] | undefined {
  return input[member] as readonly string[] | undefined;
}

/** Tags of the one resource type that is created, out of `TagSpecifications`. */
export function specifiedTags(input: Input, resourceType: string): Tags {
  const specifications = (input.TagSpecifications ?? []) as {
    ResourceType?: string;
    Tags?: { Key?: string; Value?: string }[];
  }[];
  const foreign = specifications.find((s) => s.ResourceType !== resourceType);
  if (foreign)
    throw new ServiceError(
      'InvalidParameterValue',
      `'${foreign.ResourceType}' is not a valid taggable resource type for this operation.`,
    );
  return Object.fromEntries(
    specifications.flatMap((s) => s.Tags ?? []).map((t) => [checkedKey(t.Key ?? ''), t.Value ?? '']),
  );
}

function checkedKey(key: string): string {
  if (key.startsWith('aws:'))
    throw new ServiceError(
      'InvalidParameterValue',
      `Tag keys starting with 'aws:' are reserved for internal use: ${key}`,
    );
  return key;
}

export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/**
 * EC2 filters: all must match, any of a filter's values matches; `tag:<key>` and the named ones given.
 * @throws Error for a filter that the simulation does not know
 */
export function matches(input: Input, tags: Tags, named: Readonly<Record<string, string>>): boolean {
  const filters = (input.Filters ?? []) as { Name?: string; Values?: string[] }[];
  return filters.every(({ Name = '', Values = [] }) => {
    if (Name.startsWith('tag:')) return Values.includes(tags[Name.slice(4)] ?? '\0');
    if (!(Name in named)) throw new Error(`the simulated EC2 does not know the filter ${Name}`);
    return Values.includes(named[Name] ?? '');
  });
}

/**
 * Pages of at most `MaxResults` (small by default, so that whoever forgets to page sees only a part).
 * @param size the most that a page of this list has; and that of any list just now
 */
export function page<T>(
  input: Input,
  all: readonly T[],
  ...size: readonly [number, number]
): { readonly items: readonly T[]; readonly next: string | undefined } {
  const from = Number(optionalText(input, 'NextToken') ?? 0);
  const limit = Math.min(optionalNumber(input, 'MaxResults') ?? Number.POSITIVE_INFINITY, ...size);
  return { items: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : undefined };
}

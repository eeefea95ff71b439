/**
 * Condition operators of IAM policies, strict: an operator that is not known is an error by name. Sources: AWS IAM User
 * Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multi-valued context keys".
 */

/** Values of a request's condition keys; a key that is not there is absent, which operators treat differently. */
export type Context = Readonly<Record<string, string | readonly string[]>>;

export interface Condition {
  /** As written in the policy, for messages. */
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
  holds(context: Context): boolean;
}

type Match = (actual: string, wanted: string) => boolean;

const numeric =
  (compare: (a: number, b: number) => boolean): Match =>
  (actual, wanted) =>
    compare(Number(actual), Number(wanted));
const like: Match = (actual, wanted) => glob(wanted).test(actual);
const equalsIgnoringCase: Match = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase();
/** Each of the six parts of an ARN is matched on its own; ArnEquals and ArnLike behave alike. */
const arnLike: Match = (actual, wanted) => {
  const [actualParts, wantedParts] = [sixParts(actual), sixParts(wanted)];
  return actualParts.length === wantedParts.length && wantedParts.every((part, i) => like(actualParts[i] ?? '', part));
};

const POSITIVE: Readonly<Record<string, Match>> = {
  StringEquals: (actual, wanted) => actual === wanted,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: like,
  ArnEquals: arnLike,
  ArnLike: arnLike,
  Bool: equalsIgnoringCase,
  NumericEquals: numeric((a, b) => a === b),
  NumericLessThan: numeric((a, b) => a < b),
  NumericLessThanEquals: numeric((a, b) => a <= b),
  NumericGreaterThan: numeric((a, b) => a > b),
  NumericGreaterThanEquals: numeric((a, b) => a >= b),
};
/** Operators that hold when none of the policy's values matches; they hold for an absent key. */
const NEGATED: Readonly<Record<string, Match>> = {
  StringNotEquals: (actual, wanted) => actual === wanted,
  StringNotEqualsIgnoreCase: equalsIgnoringCase,
  StringNotLike: like,
  ArnNotEquals: arnLike,
  ArnNotLike: arnLike,
  NumericNotEquals: numeric((a, b) => a === b),
};
const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/**
 * One condition of a statement, ready to be asked.
 * @throws Error for an operator that the simulation does not know
 */
export function readCondition(operator: string, key: string, values: readonly string[]): Condition {
  const [, set, name = '', ifExists] = OPERATOR.exec(operator) ?? [];
  if (name === 'Null' && !set && !ifExists) {
    return { operator, key, values, holds: (context) => values.includes(String(lookup(context, key) === undefined)) };
  }
  const positive = Object.hasOwn(POSITIVE, name) ? POSITIVE[name] : undefined;
  const negated = Object.hasOwn(NEGATED, name) ? NEGATED[name] : undefined;
  const match = positive ?? negated;
  if (!match) throw new Error(`IAM condition operator ${operator} is not known to the simulation`);
  const fits = (actual: string) => values.some((wanted) => match(actual, wanted)) === (positive !== undefined);
  const holds = (context: Context): boolean => {
    const actual = lookup(context, key);
    const list = actual === undefined ? [] : typeof actual === 'string' ? [actual] : actual;
    if (set === 'ForAllValues') return list.every(fits);
    if (set === 'ForAnyValue') return (ifExists !== undefined && actual === undefined) || list.some(fits);
    const [only] = list;
    if (list.length > 1)
      throw new Error(`${operator} on ${key}: a key with several values needs ForAllValues or ForAnyValue`);
    return only === undefined ? ifExists !== undefined || negated !== undefined : fits(only);
  };
  return { operator, key, values, holds };
}

/** Value of a key; names of condition keys are not case-sensitive, the tag key in them included. */
export function lookup(context: Context, key: string): string | readonly string[] | undefined {
  if (Object.hasOwn(context, key)) return context[key];
  const lower = key.toLowerCase();
  const name = Object.keys(context).find((candidate) => candidate.toLowerCase() === lower);
  return name === undefined ? undefined : context[name];
}

const globs = new Map<string, RegExp>();

/** A pattern with `*` (any text, also none) and `?` (one character) as a regular expression. */
export function glob(pattern: string, anyCase = false): RegExp {
  const key = anyCase ? `i ${pattern}` : pattern;
  let known = globs.get(key);
  if (!known) {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    known = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, anyCase ? 'is' : 's');
    globs.set(key, known);
  }
  return known;
}

function sixParts(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

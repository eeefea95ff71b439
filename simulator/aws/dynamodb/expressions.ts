/**
 * DynamoDB expressions on attribute values, pure. {@link compileExpressions} parses all expressions of one request at
 * once, because names and values are shared among them and an unused one is an error; the result is applied to items.
 * Not simulated, and refused by name: binary values, sets other than of strings, DELETE in updates.
 *
 * Sources: Amazon DynamoDB Developer Guide, "Condition and filter expressions, operators, and functions", "Using update
 * expressions", "Key condition expressions for the Query operation". That `<>` holds for a missing attribute and
 * orderings do not is from ScyllaDB's tests that run against DynamoDB (test/alternator/test_condition_expression.py).
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Condition, ExpressionKind, Operand, Path, Placeholders } from './expression-ast.ts';
import { ExpressionParser } from './expression-parser.ts';
import { resolve, update } from './expression-update.ts';
import {
  compare,
  equals,
  type Item,
  NotSimulatedError,
  typeOf,
  ValidationException,
  valueAt,
  withValueAt,
} from './expression-values.ts';

export { type Item, NotSimulatedError, ValidationException } from './expression-values.ts';

type Names = Readonly<Record<string, string>> | undefined;
type Values = Readonly<Record<string, AttributeValue>> | undefined;

/** The expression fields of a DynamoDB request, as the SDK's commands name them. */
export interface ExpressionRequest {
  readonly ConditionExpression?: string | undefined;
  readonly FilterExpression?: string | undefined;
  readonly KeyConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ProjectionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Names;
  readonly ExpressionAttributeValues?: Values;
}

export interface KeySchema {
  readonly partitionKey: string;
  readonly sortKey?: string | undefined;
}

export interface CompiledExpressions {
  /** ConditionExpression, given the item as it is, or `undefined` where there is none. */
  readonly condition: ((item: Item | undefined) => boolean) | undefined;
  readonly filter: ((item: Item) => boolean) | undefined;
  readonly keyCondition: { readonly partition: AttributeValue; matches(item: Item): boolean } | undefined;
  /** UpdateExpression; for an upsert give the key attributes as the item. `attributes`: the top-level ones it writes. */
  readonly update: { readonly attributes: readonly string[]; apply(item: Item): Item } | undefined;
  readonly projection: ((item: Item) => Item) | undefined;
}

/**
 * Parses and checks every expression of a request.
 * @param keys the table's key schema; needed for a KeyConditionExpression only
 * @throws ValidationException as DynamoDB: syntax, reserved words, undefined or unused names and values, operand types
 */
export function compileExpressions(request: ExpressionRequest, keys?: KeySchema): CompiledExpressions {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = request;
  refuseEmpty({ ExpressionAttributeNames: names, ExpressionAttributeValues: values });
  const placeholders: Placeholders = { names: names ?? {}, values: values ?? {}, used: new Set() };
  for (const value of Object.values(placeholders.values)) typeOf(value);
  const parse = <T>(kind: ExpressionKind, read: (parser: ExpressionParser) => T): T | undefined => {
    const text = request[kind];
    return text === undefined ? undefined : read(new ExpressionParser(kind, text, placeholders));
  };
  const test = (kind: 'ConditionExpression' | 'FilterExpression') => {
    const condition = parse(kind, (parser) => parser.condition());
    if (condition) checkTypes(kind, condition);
    return condition && ((item: Item | undefined) => holds(condition, item));
  };
  const condition = test('ConditionExpression');
  const filter = test('FilterExpression');
  const key = parse('KeyConditionExpression', (parser) => parser.condition());
  const actions = parse('UpdateExpression', (parser) => parser.update());
  const paths = parse('ProjectionExpression', (parser) => parser.projection());
  refuseOverlaps('UpdateExpression', actions?.map((action) => action.path) ?? []);
  refuseOverlaps('ProjectionExpression', paths ?? []);
  refuseUnused('ExpressionAttributeNames', Object.keys(placeholders.names), placeholders.used);
  refuseUnused('ExpressionAttributeValues', Object.keys(placeholders.values), placeholders.used);
  return {
    condition,
    filter,
    keyCondition: key && keyCondition(key, keys),
    update: actions && {
      attributes: [...new Set(actions.map(({ path }) => String(path[0])))],
      apply: (item) => update(item, actions),
    },
    projection: paths && ((item) => project(item, paths)),
  };
}

/** One condition on one item; names and values must all be used by it. @throws ValidationException */
export function checkCondition(expression: string, item: Item | undefined, names?: Names, values?: Values): boolean {
  const { condition } = compileExpressions({
    ConditionExpression: expression,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  });
  return condition?.(item) ?? true;
}

/** The item as one update leaves it; names and values must all be used by it. @throws ValidationException */
export function applyUpdate(expression: string, item: Item, names?: Names, values?: Values): Item {
  const { update: compiled } = compileExpressions({
    UpdateExpression: expression,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  });
  return compiled?.apply(item) ?? item;
}

function holds(condition: Condition, item: Item | undefined): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every((part) => holds(part, item));
    case 'or':
      return condition.conditions.some((part) => holds(part, item));
    case 'not':
      return !holds(condition.condition, item);
    case 'exists':
      return (valueAt(item, condition.path) !== undefined) === condition.wanted;
    case 'compare':
      return compares(condition.operator, resolve(condition.left, item), resolve(condition.right, item));
    case 'between': {
      const value = resolve(condition.operand, item);
      return (
        compares('>=', value, resolve(condition.low, item)) && compares('<=', value, resolve(condition.high, item))
      );
    }
    case 'in':
      return condition.options.some((option) => compares('=', resolve(condition.operand, item), resolve(option, item)));
    default: {
      const [subject, argument] = [resolve(condition.subject, item), resolve(condition.argument, item)];
      if (!subject || !argument) return false;
      if (condition.kind === 'type') return typeOf(subject) === argument.S;
      if (condition.kind === 'begins') return argument.S !== undefined && (subject.S?.startsWith(argument.S) ?? false);
      if (subject.L) return subject.L.some((member) => equals(member, argument));
      return argument.S !== undefined && (subject.S ?? subject.SS ?? []).includes(argument.S);
    }
  }
}

function compares(operator: string, a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (!a || !b) return operator === '<>';
  if (operator === '=' || operator === '<>') return equals(a, b) === (operator === '=');
  const order = compare(a, b);
  if (order === undefined) return false;
  if (operator === '<' || operator === '<=') return order < 0 || (operator === '<=' && order === 0);
  return order > 0 || (operator === '>=' && order === 0);
}

/** Values given with the request must fit their operator; those found in an item merely make the condition false. */
function checkTypes(kind: ExpressionKind, condition: Condition): void {
  const demand = (operator: string, operands: readonly Operand[], allowed: readonly string[]) => {
    for (const operand of operands) {
      if (operand.kind !== 'value' || allowed.includes(typeOf(operand.value))) continue;
      const what = 'Incorrect operand type for operator or function';
      const detail = `operator or function: ${operator}, operand type: ${typeOf(operand.value)}`;
      throw new ValidationException(`Invalid ${kind}: ${what}; ${detail}`);
    }
  };
  if (condition.kind === 'not') checkTypes(kind, condition.condition);
  if (condition.kind === 'and' || condition.kind === 'or') {
    for (const part of condition.conditions) checkTypes(kind, part);
  }
  if (condition.kind === 'compare' && condition.operator !== '=' && condition.operator !== '<>') {
    demand(condition.operator, [condition.left, condition.right], ['S', 'N']);
  }
  if (condition.kind === 'begins') demand('begins_with', [condition.subject, condition.argument], ['S']);
  if (condition.kind === 'type') demand('attribute_type', [condition.argument], ['S']);
  if (condition.kind === 'between') {
    const { operand, low, high } = condition;
    demand('BETWEEN', [operand, low, high], ['S', 'N']);
    if (low.kind === 'value' && high.kind === 'value' && (compare(low.value, high.value) ?? 1) > 0) {
      const what = 'The BETWEEN operator requires upper bound to be greater than or equal to lower bound';
      throw new ValidationException(`Invalid ${kind}: ${what}`);
    }
  }
}

function keyCondition(condition: Condition, keys: KeySchema | undefined): CompiledExpressions['keyCondition'] {
  if (!keys) throw new NotSimulatedError('a KeyConditionExpression without the key schema of the table');
  checkTypes('KeyConditionExpression', condition);
  const parts = condition.kind === 'and' ? condition.conditions : [condition];
  const named = parts.map((part) => ({ part, name: keyOf(part) }));
  const stray = named.find(({ name }) => name !== keys.partitionKey && name !== keys.sortKey);
  if (stray) {
    const what = `Query condition missed key schema element: ${keys.sortKey ?? keys.partitionKey}`;
    throw new ValidationException(stray.name === undefined ? 'Query key condition not supported' : what);
  }
  const partition = named.find(({ name }) => name === keys.partitionKey)?.part;
  if (!partition) throw new ValidationException(`Query condition missed key schema element: ${keys.partitionKey}`);
  const isEqual = partition.kind === 'compare' && partition.operator === '=' && partition.right.kind === 'value';
  if (!isEqual || new Set(named.map(({ name }) => name)).size < named.length) {
    throw new ValidationException('Query key condition not supported');
  }
  const { value } = partition.right as Operand & { kind: 'value' };
  return { partition: value, matches: (item) => holds(condition, item) };
}

/** The one attribute that a part of a key condition is about, compared with values only; else `undefined`. */
function keyOf(part: Condition): string | undefined {
  const [subject, ...others] =
    part.kind === 'compare' && part.operator !== '<>'
      ? [part.left, part.right]
      : part.kind === 'between'
        ? [part.operand, part.low, part.high]
        : part.kind === 'begins'
          ? [part.subject, part.argument]
          : [];
  const fits = subject?.kind === 'path' && subject.path.length === 1 && others.every(({ kind }) => kind === 'value');
  return fits ? String(subject.path[0]) : undefined;
}

function project(item: Item, paths: readonly Path[]): Item {
  let result: Item = {};
  for (const path of paths) {
    if (path.some((step) => typeof step === 'number')) throw new NotSimulatedError('a list index in a projection');
    const value = valueAt(item, path);
    if (value === undefined) continue;
    for (let depth = 1; depth < path.length; depth++) {
      if (!valueAt(result, path.slice(0, depth))) result = withValueAt(result, path.slice(0, depth), { M: {} });
    }
    result = withValueAt(result, path, value);
  }
  return result;
}

function refuseOverlaps(kind: ExpressionKind, paths: readonly Path[]): void {
  paths.forEach((path, i) => {
    const other = paths.slice(i + 1).find((p) => path.every((s, k) => k >= p.length || s === p[k]));
    if (!other) return;
    const [one, two] = [path, other].map((steps) => `[${steps.join(', ')}]`);
    const what = 'Two document paths overlap with each other; must remove or rewrite one of these paths';
    throw new ValidationException(`Invalid ${kind}: ${what}; path one: ${one}, path two: ${two}`);
  });
}

function refuseUnused(field: string, given: readonly string[], used: ReadonlySet<string>): void {
  const unused = given.filter((name) => !used.has(name));
  if (unused.length === 0) return;
  throw new ValidationException(`Value provided in ${field} unused in expressions: keys: {${unused.join(', ')}}`);
}

function refuseEmpty(fields: Readonly<Record<string, Names | Values>>): void {
  for (const [field, content] of Object.entries(fields)) {
    if (content && Object.keys(content).length === 0) throw new ValidationException(`${field} must not be empty`);
  }
}

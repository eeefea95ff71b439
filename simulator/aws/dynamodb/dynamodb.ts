import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import { type Input, onlyMembers, text } from '../ec2/input.ts';
import type { Principal } from '../iam/account.ts';
import { missingForTable } from '../iam/key-uses.ts';
import { deniedTo, type ResourcePolicy } from '../iam/resource-policies.ts';
import { type CompiledExpressions, compileExpressions, type Item } from './expressions.ts';
import { keysAsked, pageOf } from './query.ts';
import { TableStream } from './stream.ts';

/** After this long without a call, a table's key is decrypted anew: "Table key caching" in DynamoDB's usage notes on encryption. */
const UNLOCKED_MS = 5 * 60_000;

interface Table {
  readonly partitionKey: string;
  readonly sortKey: string | undefined;
  readonly items: Map<string, Item>;
  /** ARN or id of the key that encrypts it; `undefined`: one that DynamoDB owns. */
  readonly key: string | undefined;
  /** What the table itself says. What it allows beyond a role's own policies is not taken into account. */
  readonly policy: ResourcePolicy | undefined;
  /** Who has called it, and when last. Unix milliseconds of virtual time. */
  readonly unlocked: Map<string, number>;
  /** What was written, for whoever reads it. */
  stream: TableStream | undefined;
}

/** Tables of the simulated DynamoDB: single-item operations with conditions, consistent at once. */
export class DynamoDb {
  /** What was lost by `forget`: keys, with a slash between them. */
  readonly forgotten = new Set<string>();
  readonly #tables = new Map<string, Table>();
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    cloud.offer('dynamodb', {
      GetItem: (input, principal) => {
        onlyMembers('GetItem', input, ['TableName', 'Key', 'ConsistentRead', 'ProjectionExpression']);
        // Only the current state is kept, so an eventually consistent read cannot be simulated and is refused.
        if (input.ConsistentRead !== true) throw new Error('the simulated GetItem knows only ConsistentRead: true');
        const { table, key } = this.#locate('GetItem', input, input.Key as Item, principal);
        return { Item: projected(copyOf(table.items.get(key)), input.ProjectionExpression) };
      },
      Query: (input, principal) => {
        const { partition, begins } = keysAsked(input);
        const { table } = this.#locate('Query', input, { pk: { S: partition }, sk: { S: begins } }, principal);
        return pageOf([...table.items.values()], input);
      },
      PutItem: (input, principal) => {
        onlyMembers('PutItem', input, ['TableName', 'Item', ...EXPRESSIONS]);
        const { table, key } = this.#locate('PutItem', input, input.Item as Item, principal);
        checked(compileExpressions(input), table.items.get(key));
        this.#put(table, key, copyOf(input.Item as Item));
        return {};
      },
      UpdateItem: (input, principal) => {
        onlyMembers('UpdateItem', input, ['TableName', 'Key', 'UpdateExpression', 'ReturnValues', ...EXPRESSIONS]);
        if (![undefined, 'NONE', 'UPDATED_NEW', 'ALL_NEW'].includes(input.ReturnValues as string | undefined))
          throw new Error('the simulated UpdateItem knows only ReturnValues: NONE, UPDATED_NEW and ALL_NEW');
        const { table, key } = this.#locate('UpdateItem', input, input.Key as Item, principal);
        const before = table.items.get(key);
        const expressions = compileExpressions(input);
        checked(expressions, before);
        const base = before ?? copyOf(input.Key as Item);
        const after = expressions.update?.(base) ?? base;
        this.#put(table, key, after);
        if (input.ReturnValues === 'ALL_NEW') return { Attributes: after };
        return input.ReturnValues === 'UPDATED_NEW' ? { Attributes: changed(base, after) } : {};
      },
    });
  }

  /** @param key ARN or id of the key that encrypts it */
  createTable(
    name: string,
    partitionKey: string,
    sortKey: string | undefined,
    key?: string,
    policy?: ResourcePolicy,
  ): void {
    const empty = { items: new Map(), unlocked: new Map(), stream: undefined };
    this.#tables.set(name, { partitionKey, sortKey, key, policy, ...empty });
    this.#cloud.partitionKeys.set(name, partitionKey);
  }

  /** @param view what its records have. @returns the stream's ARN */
  enableStream(name: string, view: string): string {
    const table = this.#tables.get(name);
    if (!table) throw new Error(`the simulated DynamoDB has no table ${name}`);
    table.stream = new TableStream(this.#cloud, name, view);
    return table.stream.arn;
  }

  /** @throws Error where no table has that stream */
  stream(arn: string): TableStream {
    for (const { stream } of this.#tables.values()) if (stream?.arn === arn) return stream;
    throw new Error(`the simulated DynamoDB has no stream ${arn}`);
  }

  /** @throws Error where the table has none */
  streamOf(name: string): TableStream {
    const found = this.#tables.get(name)?.stream;
    if (!found) throw new Error(`the table ${name} has no stream`);
    return found;
  }

  /** A stream is encrypted with its table's key, and read in the reader's name: github.com/aws/aws-cdk/issues/22796. @returns what is missing, or `undefined` */
  missingToFollow(arn: string, reader: Principal): string | undefined {
    for (const [name, { stream, key }] of this.#tables)
      if (stream?.arn === arn && key !== undefined) return missingForTable(this.#cloud, reader, key, name);
    return undefined;
  }

  #put(table: Table, key: string, item: Item): void {
    const before = table.items.get(key);
    table.items.set(key, item);
    const names = [table.partitionKey, ...(table.sortKey === undefined ? [] : [table.sortKey])];
    table.stream?.write(names, before, copyOf(item));
  }

  /** All items of all tables, for reports and checkers. */
  all(): Item[] {
    return [...this.#tables.values()].flatMap((table) => [...table.items.values()]);
  }

  /** Loses an item, as a careless hand does. */
  forget(...keys: readonly string[]): void {
    for (const table of this.#tables.values()) table.items.delete(JSON.stringify(keys));
    this.forgotten.add(keys.join('/'));
  }

  #locate(operation: string, input: Input, item: Item, principal: Principal): { table: Table; key: string } {
    const name = text(input, 'TableName');
    const table = this.#tables.get(name);
    if (!table)
      throw new ServiceError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
    this.#refuse(operation, name, table, principal);
    this.#unlock(name, table, principal);
    const part = (attribute: string) => {
      const value = item[attribute]?.S;
      if (value === undefined)
        throw new ServiceError('ValidationException', `One of the required keys was not given a value: ${attribute}`);
      return value;
    };
    return { table, key: JSON.stringify([part(table.partitionKey), table.sortKey && part(table.sortKey)]) };
  }

  /** What the table's own policy denies. @throws ServiceError */
  #refuse(operation: string, name: string, { policy }: Table, principal: Principal): void {
    const { partition, region, account } = this.#cloud;
    const arn = `arn:${partition}:dynamodb:${region}:${account}:table/${name}`;
    const denied = deniedTo(this.#cloud, principal, policy, `dynamodb:${operation}`, arn);
    if (!denied) return;
    this.#cloud.say('iam', `denied: ${principal.name} may not ${denied}`);
    throw new ServiceError('AccessDeniedException', `${principal.name} is not authorized: ${denied}`, 400);
  }

  /** @throws ServiceError as DynamoDB sends it: github.com/aws/aws-cdk/issues/10010 */
  #unlock(name: string, { key, unlocked }: Table, principal: Principal): void {
    if (key === undefined) return;
    const now = this.#cloud.clock.now();
    const before = unlocked.get(principal.name);
    const missing =
      before === undefined || now - before > UNLOCKED_MS
        ? missingForTable(this.#cloud, principal, key, name)
        : undefined;
    if (missing) {
      this.#cloud.say('iam', `denied: ${principal.name} may not ${missing}`);
      throw new ServiceError('AccessDeniedException', `KMS key access denied error: ${missing}`, 400);
    }
    unlocked.set(principal.name, now);
  }
}

/** Top-level attributes by their names, as hosts ask for them; other expressions are not known. */
function projected(item: Item | undefined, expression: unknown): Item | undefined {
  if (item === undefined || expression === undefined) return item;
  const names = String(expression).split(', ');
  if (!names.every((name) => /^[a-zA-Z]+$/.test(name)))
    throw new Error(`the simulated GetItem does not know the projection ${String(expression)}`);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}

/** Attributes whose values an update has changed. What it set to the value that was there already is not distinguished from the rest. */
function changed(before: Item, after: Item): Item {
  const now = Object.entries(after).filter(([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value));
  return copyOf(Object.fromEntries(now));
}

/** Attribute values are plain data, without bytes: a copy that is made by hand takes a tenth of what `structuredClone` does. */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, part] of Object.entries(value)) copy[key] = copyOf(part);
  return copy as T;
}

const EXPRESSIONS = ['ConditionExpression', 'ExpressionAttributeValues'];

function checked(expressions: CompiledExpressions, item: Item | undefined): void {
  if (expressions.condition && !expressions.condition(item)) {
    throw new ServiceError('ConditionalCheckFailedException', 'The conditional request failed');
  }
}

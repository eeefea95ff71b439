import type { Cloud } from './cloud.ts';
import { type Input, onlyMembers, text } from './ec2-input.ts';
import { type CompiledExpressions, compileExpressions, type Item } from './expressions.ts';
import { ServiceError } from './service-error.ts';

interface Table {
  readonly partitionKey: string;
  readonly sortKey: string | undefined;
  readonly items: Map<string, Item>;
}

/** Tables of the simulated DynamoDB: single-item operations with conditions, consistent at once. */
export class DynamoDb {
  readonly #tables = new Map<string, Table>();
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    cloud.offer('dynamodb', {
      GetItem: (input) => {
        onlyMembers('GetItem', input, ['TableName', 'Key', 'ConsistentRead']);
        // Only the current state is kept, so an eventually consistent read cannot be simulated and is refused.
        if (input.ConsistentRead !== true) throw new Error('the simulated GetItem knows only ConsistentRead: true');
        const { table, key } = this.#locate(input, input.Key as Item);
        return { Item: structuredClone(table.items.get(key)) };
      },
      PutItem: (input) => {
        onlyMembers('PutItem', input, ['TableName', 'Item', ...EXPRESSIONS]);
        const { table, key } = this.#locate(input, input.Item as Item);
        checked(compileExpressions(input), table.items.get(key));
        table.items.set(key, structuredClone(input.Item as Item));
        return {};
      },
      UpdateItem: (input) => {
        onlyMembers('UpdateItem', input, ['TableName', 'Key', 'UpdateExpression', ...EXPRESSIONS]);
        const { table, key } = this.#locate(input, input.Key as Item);
        const before = table.items.get(key);
        const expressions = compileExpressions(input);
        checked(expressions, before);
        const base = before ?? structuredClone(input.Key as Item);
        table.items.set(key, expressions.update?.apply(base) ?? base);
        return {};
      },
    });
  }

  createTable(name: string, partitionKey: string, sortKey: string | undefined): void {
    this.#tables.set(name, { partitionKey, sortKey, items: new Map() });
    this.#cloud.partitionKeys.set(name, partitionKey);
  }

  /** All items of all tables, for reports and checkers. */
  all(): Item[] {
    return [...this.#tables.values()].flatMap((table) => [...table.items.values()]);
  }

  /** Loses an item, as a careless hand does. */
  forget(...keys: readonly string[]): void {
    for (const table of this.#tables.values()) table.items.delete(JSON.stringify(keys));
  }

  #locate(input: Input, item: Item): { table: Table; key: string } {
    const name = text(input, 'TableName');
    const table = this.#tables.get(name);
    if (!table)
      throw new ServiceError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
    const part = (attribute: string) => {
      const value = item[attribute]?.S;
      if (value === undefined)
        throw new ServiceError('ValidationException', `One of the required keys was not given a value: ${attribute}`);
      return value;
    };
    return { table, key: JSON.stringify([part(table.partitionKey), table.sortKey && part(table.sortKey)]) };
  }
}

const EXPRESSIONS = ['ConditionExpression', 'ExpressionAttributeNames', 'ExpressionAttributeValues'];

function checked(expressions: CompiledExpressions, item: Item | undefined): void {
  if (expressions.condition && !expressions.condition(item)) {
    throw new ServiceError('ConditionalCheckFailedException', 'The conditional request failed');
  }
}

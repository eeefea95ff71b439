import { type AttributeValue, type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LEDGER } from '../../lib/contract.ts';
import type { PolicyNotes } from '../core/ports.ts';
import { translated } from './errors.ts';

const KEY: Record<string, AttributeValue> = {
  [LEDGER.partitionKey]: { S: LEDGER.guard },
  [LEDGER.sortKey]: { S: 'POLICY' },
};

/** What people were last told of the snapshot policy: one item of the ledger's table. */
export function dynamoPolicyNotes(dynamo: DynamoDBClient, TableName: string): PolicyNotes {
  return {
    async read() {
      const { Item } = await translated('read what people were told of the snapshot policy', () =>
        dynamo.send(new GetItemCommand({ TableName, Key: KEY, ConsistentRead: true })),
      );
      return Item && { about: Item.about?.S ?? '', at: Number(Item.toldAt?.N) };
    },

    async write({ about, at }) {
      const Item = { ...KEY, about: { S: about }, toldAt: { N: String(at) } };
      await translated('note what people were told of the snapshot policy', () =>
        dynamo.send(new PutItemCommand({ TableName, Item })),
      );
    },
  };
}

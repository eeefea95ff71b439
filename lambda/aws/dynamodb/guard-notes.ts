import { type AttributeValue, type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LEDGER } from '../../../contract/contract.ts';
import type { PolicyNotes } from '../../core/guard/ports.ts';
import { translated } from '../errors.ts';

/** What people were last notified of by the guard, the snapshot policy or a test: one item of the ledger's table each. */
export function dynamoPolicyNotes(
  dynamo: DynamoDBClient,
  TableName: string,
  of: 'POLICY' | 'TEST' = 'POLICY',
): PolicyNotes {
  const Key: Record<string, AttributeValue> = {
    [LEDGER.partitionKey]: { S: LEDGER.guard },
    [LEDGER.sortKey]: { S: of },
  };
  const what = of === 'POLICY' ? 'of the snapshot policy' : 'as a test';
  return {
    async read() {
      const { Item } = await translated(`read what people were told ${what}`, () =>
        dynamo.send(new GetItemCommand({ TableName, Key, ConsistentRead: true })),
      );
      return Item && { about: Item.about?.S ?? '', at: Number(Item.toldAt?.N) };
    },

    async write({ about, at }) {
      const Item = { ...Key, about: { S: about }, toldAt: { N: String(at) } };
      await translated(`note what people were told ${what}`, () =>
        dynamo.send(new PutItemCommand({ TableName, Item })),
      );
    },
  };
}

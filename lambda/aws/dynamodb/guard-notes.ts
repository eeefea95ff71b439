import { type AttributeValue, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LEDGER } from '../../../contract/contract.ts';
import type { PolicyNotes } from '../../core/guard/ports.ts';
import { translated } from '../errors.ts';
import { readItem } from './ledger.ts';

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
  const what = of === 'POLICY' ? 'the snapshot policy' : 'a test';
  return {
    async read() {
      const item = await readItem(dynamo, TableName, Key);
      return item && { about: item.about?.S ?? '', at: Number(item.notifiedAt?.N) };
    },

    async write({ about, at }) {
      const Item = { ...Key, about: { S: about }, notifiedAt: { N: String(at) } };
      await translated(`note that people were notified of ${what}`, () =>
        dynamo.send(new PutItemCommand({ TableName, Item })),
      );
    },
  };
}

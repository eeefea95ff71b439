import { type AttributeValue, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LEDGER } from '../../../contract/contract.ts';
import type { PolicyNotes } from '../../core/guard/ports.ts';
import { translated } from '../errors.ts';
import { readItem } from './ledger.ts';

/** Of what, and its words. */
const OF = { POLICY: 'the snapshot policy', TEST: 'a test', ALARMS: 'alarms' } as const;

/** What people were last notified of by the guard, the snapshot policy, a test or alarms: one item of the ledger's table each. */
export function dynamoPolicyNotes(
  dynamo: DynamoDBClient,
  TableName: string,
  of: keyof typeof OF = 'POLICY',
): PolicyNotes {
  const Key: Record<string, AttributeValue> = {
    [LEDGER.partitionKey]: { S: LEDGER.guard },
    [LEDGER.sortKey]: { S: of },
  };
  return {
    async read() {
      const item = await readItem(dynamo, TableName, Key);
      return item && { about: item.about?.S ?? '', at: Number(item.notifiedAt?.N) };
    },

    async write({ about, at }) {
      const Item = { ...Key, about: { S: about }, notifiedAt: { N: String(at) } };
      await translated(`note that people were notified of ${OF[of]}`, () =>
        dynamo.send(new PutItemCommand({ TableName, Item })),
      );
    },
  };
}

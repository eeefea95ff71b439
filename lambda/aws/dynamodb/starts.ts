import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LEDGER } from '../../../contract/contract.ts';
import { WITNESS } from '../../../contract/witness.ts';
import type { StarterPorts } from '../../core/witness/start.ts';
import { readItem, whereItHolds } from './ledger.ts';

/** The starter's notes: of each content volume an item of the ledger, in a partition that no host reads. */
export function dynamoStarts(dynamo: DynamoDBClient, TableName: string): StarterPorts['starts'] {
  const keyOf = (volume: string) => ({
    [LEDGER.partitionKey]: { S: `${WITNESS.partition}${volume}` },
    [LEDGER.sortKey]: { S: WITNESS.starts },
  });
  return {
    async read(volume) {
      const item = await readItem(dynamo, TableName, keyOf(volume));
      if (!item) return undefined;
      const number = (name: string) => Number(item[name]?.N ?? 0);
      return {
        at: number('startedAt'),
        owner: item.volumeOwner?.S ?? '',
        generation: number('generation'),
        looks: number('looks'),
      };
    },

    note(volume, { at, owner, generation, looks }, before) {
      const Item = {
        ...keyOf(volume),
        startedAt: { N: String(at) },
        volumeOwner: { S: owner },
        generation: { N: String(generation) },
        looks: { N: String(looks) },
      };
      const condition = before
        ? {
            ConditionExpression: 'startedAt = :before',
            ExpressionAttributeValues: { ':before': { N: String(before.at) } },
          }
        : { ConditionExpression: 'attribute_not_exists(startedAt)' };
      return whereItHolds(`note a look at ${volume}`, () =>
        dynamo.send(new PutItemCommand({ TableName, Item, ...condition })),
      );
    },
  };
}

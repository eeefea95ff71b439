import { type AttributeValue, type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { LEDGER } from '../../lib/contract.ts';
import type { DrillPorts } from '../core/ports.ts';
import { isKind, translated } from './errors.ts';
import { dynamoLease, dynamoLedger, readItem } from './ledger.ts';

/** The ledger as drills use it: an item of their own beside the content volume's state (`sk` DRILL), and a record each. */
export function dynamoDrillLedger(dynamo: DynamoDBClient, TableName: string): DrillPorts['ledger'] {
  const key = (volume: string, sk: string): Record<string, AttributeValue> => ({
    [LEDGER.partitionKey]: { S: `VOLUME#${volume}` },
    [LEDGER.sortKey]: { S: sk },
  });
  const lease = dynamoLease(dynamo, TableName, 'DRILL');

  return {
    read: (volume) => dynamoLedger(dynamo, TableName).read(volume),
    acquireDrill: lease.acquire,
    releaseDrill: lease.release,

    async noteVerified(volume, at) {
      try {
        await translated(`note the newest verified snapshot of ${volume}`, () =>
          dynamo.send(
            new UpdateItemCommand({
              TableName,
              Key: key(volume, 'STATE'),
              UpdateExpression: 'SET verifiedAt = :at',
              ConditionExpression: 'attribute_not_exists(verifiedAt) OR verifiedAt < :at',
              ExpressionAttributeValues: { ':at': { N: String(at) } },
            }),
          ),
        );
      } catch (error) {
        // A newer one is noted already.
        if (!isKind(error, 'conflict')) throw error;
      }
    },

    async noteSpare(volume, now, spare) {
      try {
        await translated(`note the spare of ${volume}`, () =>
          dynamo.send(
            new UpdateItemCommand({
              TableName,
              Key: key(volume, 'STATE'),
              UpdateExpression: 'SET spare = :spare',
              ConditionExpression: 'attribute_not_exists(leaseHolder) OR leaseUntil < :now',
              ExpressionAttributeValues: {
                ':spare': { S: JSON.stringify(spare) },
                ':now': { N: String(now) },
              },
            }),
          ),
        );
        return true;
      } catch (error) {
        if (isKind(error, 'conflict')) return false;
        throw error;
      }
    },

    async readDrillNote(volume) {
      const item = await readItem(dynamo, TableName, key(volume, 'DRILL'));
      if (item?.toldAt?.N === undefined) return undefined;
      return { about: item.toldAbout?.S, at: Number(item.toldAt.N) };
    },

    async writeDrillNote(volume, { about, at }) {
      await translated(`note what people were told of the drills of ${volume}`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: key(volume, 'DRILL'),
            UpdateExpression:
              about === undefined ? 'SET toldAt = :at REMOVE toldAbout' : 'SET toldAt = :at, toldAbout = :about',
            ExpressionAttributeValues: {
              ':at': { N: String(at) },
              ...(about !== undefined && { ':about': { S: about } }),
            },
          }),
        ),
      );
    },

    async recordDrill(record) {
      const sk = `DRILL#${new Date(record.startedAt).toISOString()}#${record.id}`;
      const Item = {
        ...key(record.volume, sk),
        outcome: { S: record.outcome },
        summary: { S: record.summary },
        drill: { S: JSON.stringify(record) },
      };
      await translated(`record drill ${record.id} of ${record.volume}`, () =>
        dynamo.send(new PutItemCommand({ TableName, Item })),
      );
    },
  };
}

import { type AttributeValue, type DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { LEDGER } from '../../../contract/contract.ts';
import type { DrillPorts } from '../../core/drill/ports.ts';
import { NO_REMARKS } from '../../core/drill/remarks.ts';
import { translated } from '../errors.ts';
import { FILES, parsed, readingOf } from '../schemas.ts';
import { dynamoLease, dynamoLedger, readItem, whereItHolds } from './ledger.ts';
import { NAMES_BEFORE } from './names-before.ts';

/** The ledger as drills use it: an item of their own beside the content volume's state (`sk` DRILL), and a record each. */
export function dynamoDrillLedger(dynamo: DynamoDBClient, TableName: string): DrillPorts['ledger'] {
  const key = (volume: string, sk: string): Record<string, AttributeValue> => ({
    [LEDGER.partitionKey]: { S: `VOLUME#${volume}` },
    [LEDGER.sortKey]: { S: sk },
  });
  const lease = dynamoLease(dynamo, TableName, 'DRILL');

  return {
    read: (volume) => dynamoLedger(dynamo, TableName).read(volume),
    acquireDrill: async (...request) => (await lease.acquire(...request)) !== undefined,
    releaseDrill: lease.release,

    async isDrilled(volume, now) {
      const item = await readItem(dynamo, TableName, key(volume, 'DRILL'));
      return item?.leaseUntil?.N !== undefined && Number(item.leaseUntil.N) > now;
    },

    async countDrill(volume) {
      const counted = await translated(`count the drills of ${volume}`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: key(volume, 'DRILL'),
            UpdateExpression: 'ADD drills :one',
            ExpressionAttributeValues: { ':one': { N: '1' } },
            ReturnValues: 'UPDATED_NEW',
          }),
        ),
      );
      return Number(counted.Attributes?.drills?.N);
    },

    async noteVerified(volume, snapshotId, at) {
      // Nothing where a newer one is noted already.
      await whereItHolds(`note the newest verified snapshot of ${volume}`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: key(volume, 'STATE'),
            UpdateExpression: 'SET verifiedAt = :at, verifiedSnapshot = :id',
            ConditionExpression: 'attribute_not_exists(verifiedAt) OR verifiedAt < :at',
            ExpressionAttributeValues: { ':at': { N: String(at) }, ':id': { S: snapshotId } },
          }),
        ),
      );
    },

    async noteSpare(volume, now, spare) {
      return whereItHolds(`note the spare of ${volume}`, () =>
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
    },

    async readDrillNote(volume) {
      const item = await readItem(dynamo, TableName, key(volume, 'DRILL'));
      if (item?.notifiedAt?.N === undefined) return undefined;
      const { notifiedAbout, notifiedAt, rejectedAt, notifiedFiles } = item;
      return {
        about: notifiedAbout?.S,
        at: Number(notifiedAt.N),
        of: Number(rejectedAt?.N ?? 0),
        files: notifiedFiles?.S === undefined ? [] : parsed('`notifiedFiles` in the ledger', notifiedFiles.S, FILES),
      };
    },

    async writeDrillNote(volume, { about, at, of, files }) {
      await translated(`note what people were notified of by the drills of ${volume}`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: key(volume, 'DRILL'),
            UpdateExpression: `SET notifiedAt = :at, rejectedAt = :of, notifiedFiles = :files${about === undefined ? '' : ', notifiedAbout = :about'} REMOVE ${NAMES_BEFORE.join(', ')}${about === undefined ? ', notifiedAbout' : ''}`,
            ExpressionAttributeValues: {
              ':at': { N: String(at) },
              ':of': { N: String(of) },
              ':files': { S: JSON.stringify(files) },
              ...(about !== undefined && { ':about': { S: about } }),
            },
          }),
        ),
      );
    },

    async readReading(volume) {
      const text = (await readItem(dynamo, TableName, key(volume, 'DRILL')))?.reading?.S;
      // Another version may have written it otherwise: then nothing is known, and everything is read.
      return text === undefined ? undefined : readingOf(text);
    },

    async writeReading(volume, reading) {
      await translated(`note what was read of ${volume}`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: key(volume, 'DRILL'),
            ...(reading
              ? {
                  UpdateExpression: 'SET reading = :reading',
                  ExpressionAttributeValues: { ':reading': { S: JSON.stringify(reading) } },
                }
              : { UpdateExpression: 'REMOVE reading' }),
          }),
        ),
      );
    },

    async readRemarks(volume) {
      const item = await readItem(dynamo, TableName, key(volume, 'DRILL'));
      const { incomplete, notifiedIncomplete, notifiedUnreadable, notifiedOdd } = item?.remarks?.M ?? {};
      return {
        incomplete: Number(incomplete?.N ?? NO_REMARKS.incomplete),
        notifiedIncomplete: notifiedIncomplete?.BOOL ?? NO_REMARKS.notifiedIncomplete,
        notifiedUnreadable: Number(notifiedUnreadable?.N ?? NO_REMARKS.notifiedUnreadable),
        notifiedOdd: Number(notifiedOdd?.N ?? NO_REMARKS.notifiedOdd),
      };
    },

    async writeRemarks(volume, { incomplete, notifiedIncomplete, notifiedUnreadable, notifiedOdd }) {
      const remarks = {
        M: {
          incomplete: { N: String(incomplete) },
          notifiedIncomplete: { BOOL: notifiedIncomplete },
          notifiedUnreadable: { N: String(notifiedUnreadable) },
          notifiedOdd: { N: String(notifiedOdd) },
        },
      };
      await translated(`note what was remarked of the copies of ${volume}`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: key(volume, 'DRILL'),
            UpdateExpression: 'SET remarks = :remarks',
            ExpressionAttributeValues: { ':remarks': remarks },
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

import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { LEDGER } from '../../../contract/contract.ts';
import { isInstanceId, isSnapshotId, isVolumeId } from '../../../contract/ids.ts';
import { incidentKey } from '../../core/world/incident.ts';
import type { LedgerEntry, LedgerState } from '../../core/world/model.ts';
import type { Ledger } from '../../core/world/ports.ts';
import { isKind, translated } from '../errors.ts';
import { parsed, REPLACED, SPARE } from '../schemas.ts';
import { inNamesOfNow } from './names-before.ts';

/** The ledger in DynamoDB: one item per content volume (`sk` STATE), one per incident (`sk` INCIDENT#start#id). */
export function dynamoLedger(dynamo: DynamoDBClient, TableName: string): Ledger {
  const stateKey = (volume: string) => key(`VOLUME#${volume}`, LEDGER.state);
  const lease = dynamoLease(dynamo, TableName, LEDGER.state);

  return {
    async read(volume) {
      const item = await readItem(dynamo, TableName, stateKey(volume));
      return item && toState(item);
    },

    async acquire(...request) {
      const item = await lease.acquire(...request);
      return item && toState(item);
    },
    release: lease.release,

    async commit(volume, holder, now, entry, replaced) {
      await translated(`commit generation ${entry.generation} of ${volume} to the ledger`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: stateKey(volume),
            UpdateExpression: `SET generation = :generation, currentVolume = :volume, volumeOwner = :owner${replaced ? ', replaced = :replaced' : ''}${standSet(entry.journal)} REMOVE ${LEDGER.fencing}, ${LEDGER.shutDown}${replaced ? ', spare' : ''}`,
            // A holder whose lease has run out may be overtaken; it must not write. A generation never goes back, and is one volume.
            ConditionExpression: `${LEASED} AND (attribute_not_exists(generation) OR generation < :generation OR (generation = :generation AND currentVolume = :volume))`,
            ExpressionAttributeValues: {
              ':me': { S: holder },
              ':now': { N: String(now) },
              ':generation': { N: String(entry.generation) },
              ':volume': { S: entry.currentVolume ?? '' },
              ':owner': { S: entry.owner ?? '' },
              ...(replaced && { ':replaced': { S: JSON.stringify(replaced) } }),
              ...standValues(entry.journal),
            },
          }),
        ),
      );
    },

    async noteFencing(volume, holder, now, instanceId, shutDown) {
      const why = shutDown === undefined ? '' : `, ${LEDGER.shutDown} = :shutDown`;
      await translated(`note in the ledger that ${instanceId} is fenced`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: stateKey(volume),
            UpdateExpression: `SET ${LEDGER.fencing} = :fenced${why}`,
            ConditionExpression: LEASED,
            ExpressionAttributeValues: {
              ':me': { S: holder },
              ':now': { N: String(now) },
              ':fenced': { S: instanceId },
              ...(shutDown !== undefined && { ':shutDown': { S: shutDown } }),
            },
          }),
        ),
      );
    },

    async raiseTerm(volume, holder, now) {
      const write = (UpdateExpression: string, ConditionExpression: string, by: number) =>
        translated(`make a term of the journal of ${volume}`, () =>
          dynamo.send(
            new UpdateItemCommand({
              TableName,
              Key: stateKey(volume),
              UpdateExpression,
              ConditionExpression,
              ExpressionAttributeValues: {
                ':me': { S: holder },
                ':now': { N: String(now) },
                ':by': { N: String(by) },
              },
              ReturnValues: 'ALL_NEW',
            }),
          ),
        );
      // The time is above all terms that the journal has seen, also where the ledger was emptied, or restored to what it was.
      const isAbove = `(attribute_not_exists(${LEDGER.term}) OR ${LEDGER.term} < :by)`;
      const { Attributes } = await write(
        `SET ${LEDGER.term} = :by`,
        `${LEASED} AND ${isAbove}`,
        Math.floor(now / SECOND_MS),
      ).catch((error: unknown) => {
        if (!isKind(error, 'conflict')) throw error;
        return write(`ADD ${LEDGER.term} :by`, LEASED, 1);
      });
      const term = Number(Attributes?.[LEDGER.term]?.N);
      if (!Number.isSafeInteger(term) || term < 1)
        throw new Error(`the ledger gives no term of the journal of ${volume}`);
      return term;
    },

    async notePage(volume, holder, paged) {
      await whereItHolds(`note that people were notified of ${volume}`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: stateKey(volume),
            UpdateExpression: 'SET pagedAbout = :about, pagedAt = :at, pagedFinal = :final',
            ConditionExpression: HOLDER,
            ExpressionAttributeValues: {
              ':me': { S: holder },
              ':about': { S: paged.about },
              ':at': { N: String(paged.at) },
              ':final': { BOOL: paged.final },
            },
          }),
        ),
      );
    },

    async noteServed(volume, notified) {
      await whereItHolds(`note that people know of ${volume} being served`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: stateKey(volume),
            // What took over, and they have not been notified of, is still to be said.
            UpdateExpression: `REMOVE pagedAbout, pagedAt, pagedFinal, ${LEDGER.shutDown}${notified === undefined ? '' : ', replaced'}`,
            ...(notified !== undefined && {
              ConditionExpression: 'currentVolume = :notified',
              ExpressionAttributeValues: { ':notified': { S: notified } },
            }),
          }),
        ),
      );
    },

    async record(incident) {
      const Item = {
        ...key(`VOLUME#${incident.volume}`, incidentKey(incident)),
        outcome: { S: incident.outcome },
        summary: { S: incident.summary },
        // The whole record as one document: it is read as a whole, by people and by reports.
        incident: { S: JSON.stringify(incident) },
      };
      await translated(`record incident ${incident.id} of ${incident.volume}`, () =>
        dynamo.send(new PutItemCommand({ TableName, Item })),
      );
    },
  };
}

/** A consistent read of one item. */
export async function readItem(
  dynamo: DynamoDBClient,
  TableName: string,
  Key: Record<string, AttributeValue>,
): Promise<Record<string, AttributeValue> | undefined> {
  const { pk, sk } = Key;
  const answer = await translated(`read ${pk?.S} ${sk?.S} of the ledger`, () =>
    dynamo.send(new GetItemCommand({ TableName, Key, ConsistentRead: true })),
  );
  return answer.Item && inNamesOfNow(answer.Item);
}

interface Lease extends Pick<Ledger, 'release'> {
  /** @returns the item with the lease; `undefined`: another holder has it */
  acquire(...request: Parameters<Ledger['acquire']>): Promise<Record<string, AttributeValue> | undefined>;
}

/** A lease on a content volume, kept in one of its items by conditional writes. */
export function dynamoLease(dynamo: DynamoDBClient, TableName: string, sk: string): Lease {
  return {
    async acquire(volume, holder, now, until) {
      let item: Record<string, AttributeValue> | undefined;
      await whereItHolds(`take the lease of ${volume}`, async () => {
        const answer = await dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: key(`VOLUME#${volume}`, sk),
            UpdateExpression: 'SET leaseHolder = :me, leaseUntil = :until ADD leases :one',
            ConditionExpression: 'attribute_not_exists(leaseHolder) OR leaseHolder = :me OR leaseUntil < :now',
            ExpressionAttributeValues: {
              ':me': { S: holder },
              ':until': { N: String(until) },
              ':now': { N: String(now) },
              ':one': { N: '1' },
            },
            ReturnValues: 'ALL_NEW',
          }),
        );
        item = answer.Attributes ?? {};
      });
      return item;
    },

    async release(volume, holder) {
      await whereItHolds(`give the lease of ${volume} back`, () =>
        dynamo.send(
          new UpdateItemCommand({
            TableName,
            Key: key(`VOLUME#${volume}`, sk),
            UpdateExpression: 'REMOVE leaseHolder, leaseUntil',
            ConditionExpression: HOLDER,
            ExpressionAttributeValues: { ':me': { S: holder } },
          }),
        ),
      );
    },
  };
}

/** Of how far the journal was read, what is known. */
function standSet(stand: LedgerEntry['journal']): string {
  const { cursor, head } = stand ?? {};
  return `${cursor === undefined ? '' : `, ${LEDGER.cursor} = :cursor`}${head === undefined ? '' : `, ${LEDGER.head} = :head`}`;
}

function standValues(stand: LedgerEntry['journal']): Record<string, AttributeValue> {
  const { cursor, head } = stand ?? {};
  return {
    ...(cursor !== undefined && { ':cursor': { N: String(cursor) } }),
    ...(head !== undefined && { ':head': { N: String(head) } }),
  };
}

const SECOND_MS = 1000;
const HOLDER = 'leaseHolder = :me';
/** And it has not run out. */
const LEASED = `${HOLDER} AND leaseUntil > :now`;

/**
 * Makes a conditional write. @returns `false` where its condition does not hold, and nothing is written: this step ran before, or
 * another was first
 */
export async function whereItHolds(what: string, write: () => Promise<unknown>): Promise<boolean> {
  try {
    await translated(what, write);
    return true;
  } catch (error) {
    if (isKind(error, 'conflict')) return false;
    throw error;
  }
}

function key(pk: string, sk: string): Record<string, AttributeValue> {
  return { [LEDGER.partitionKey]: { S: pk }, [LEDGER.sortKey]: { S: sk } };
}

/** @throws Error where the item has something else there, which nobody wrote as that */
function idOf<Id extends string>(
  item: Record<string, AttributeValue>,
  name: string,
  is: (text: unknown) => text is Id,
): Id | undefined {
  const id = item[name]?.S;
  // Nobody owns it: an empty string stands for that.
  if (!id) return undefined;
  if (!is(id)) throw new Error(`the ledger has "${id}" for ${name}`);
  return id;
}

function toState(item: Record<string, AttributeValue>): LedgerState {
  const { leaseHolder, leaseUntil, pagedAbout, pagedAt, pagedFinal } = item;
  return {
    generation: Number(item.generation?.N ?? 0),
    currentVolume: idOf(item, 'currentVolume', isVolumeId),
    owner: idOf(item, 'volumeOwner', isInstanceId),
    replaced:
      item.replaced?.S === undefined ? undefined : parsed('`replaced` in the ledger', item.replaced.S, REPLACED),
    spare: item.spare?.S === undefined ? undefined : parsed('`spare` in the ledger', item.spare.S, SPARE),
    verifiedAt: item.verifiedAt?.N === undefined ? undefined : Number(item.verifiedAt.N),
    verifiedSnapshot: idOf(item, 'verifiedSnapshot', isSnapshotId),
    shutDown: idOf(item, LEDGER.shutDown, isVolumeId),
    leases: Number(item.leases?.N ?? 0),
    lease: leaseHolder?.S === undefined ? undefined : { holder: leaseHolder.S, until: Number(leaseUntil?.N) },
    paged:
      pagedAbout?.S === undefined
        ? undefined
        : { about: pagedAbout.S, at: Number(pagedAt?.N), final: pagedFinal?.BOOL === true },
  };
}

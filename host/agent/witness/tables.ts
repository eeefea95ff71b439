import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LEDGER } from '../../../contract/contract.ts';
import { WITNESS } from '../../../contract/witness.ts';
import type { World } from '../../../witness/watch.ts';

/** Of each request. Milliseconds. */
const TIMEOUT_MS = 3000;

export interface Tables {
  readonly region: string;
  /** Name of the ledger's table. */
  readonly ledger: string;
  /** Name of the table of the witnesses. */
  readonly table: string;
  /** This instance. */
  readonly self: string;
  /** Of DynamoDB, in tests. */
  readonly endpoint?: string | undefined;
}

/** The ledger, of which one item is read; and the table, of which none is. */
export function tables({ region, ledger, table, self, endpoint }: Tables): Pick<World, 'owner' | 'says'> {
  const client = new DynamoDBClient({
    region,
    ...(endpoint !== undefined && { endpoint }),
    maxAttempts: 2,
    // The Region's own name is what the network has a way to.
    accountIdEndpointMode: 'disabled',
    requestHandler: { connectionTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
  });
  return {
    async owner(volume) {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName: ledger,
          Key: { [LEDGER.partitionKey]: { S: `${LEDGER.volume}${volume}` }, [LEDGER.sortKey]: { S: LEDGER.state } },
          ProjectionExpression: `volumeOwner, ${LEDGER.fencing}`,
          ConsistentRead: true,
        }),
      );
      return Item?.[LEDGER.fencing] === undefined ? Item?.volumeOwner?.S || undefined : undefined;
    },

    async says(volume, owner) {
      const Item = {
        [LEDGER.partitionKey]: { S: `${WITNESS.partition}${volume}` },
        [WITNESS.owner]: { S: owner },
        [WITNESS.by]: { S: self },
        [WITNESS.at]: { N: String(Date.now()) },
      };
      await client.send(new PutItemCommand({ TableName: table, Item }));
    },
  };
}

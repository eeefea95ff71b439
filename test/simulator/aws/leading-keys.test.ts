import { beforeEach, expect, test } from '@jest/globals';
import { LEDGER } from '../../../contract/contract.ts';
import { DynamoDb } from '../../../simulator/aws/dynamodb/dynamodb.ts';
import { readStatements } from '../../../simulator/aws/iam/iam.ts';
import { Lab } from './lab.ts';

/** May write the guard's own notes, and nothing else of the table. */
const guard = {
  name: 'guard',
  statements: () =>
    readStatements(
      {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Action: 'dynamodb:PutItem',
          Resource: '*',
          Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [LEDGER.guard] } },
        },
      },
      'guard',
    ),
};

let lab: Lab;
let table: DynamoDb;
beforeEach(() => {
  lab = new Lab();
  table = new DynamoDb(lab.cloud);
  table.createTable('ledger', LEDGER.partitionKey, LEDGER.sortKey);
});

const put = (pk: string) =>
  lab.within(() =>
    lab.cloud.call(guard, 'dynamodb', 'PutItem', {
      TableName: 'ledger',
      Item: { [LEDGER.partitionKey]: { S: pk }, [LEDGER.sortKey]: { S: 'POLICY' } },
    }),
  );

test('whoever may write one partition of a table writes that', async () => {
  await put(LEDGER.guard);
  expect(table.all()).toHaveLength(1);
});

test.each(['VOLUME#alpha', `${LEDGER.guard}2`, ''])('and no other: %p', async (pk) => {
  await expect(put(pk)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(table.all()).toHaveLength(0);
});

import { type AttributeValue, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { LEDGER } from '../../../contract/contract.ts';
import { dynamoClient } from '../../../lambda/aws/clients.ts';
import { dynamoPolicyNotes } from '../../../lambda/aws/dynamodb/guard-notes.ts';
import { inNamesOfNow } from '../../../lambda/aws/dynamodb/names-before.ts';
import { DrillLab } from '../handlers/drill.lab.ts';

let lab: DrillLab;
let client: ReturnType<typeof dynamoClient>;
beforeEach(() => {
  lab = new DrillLab();
  client = dynamoClient(lab.runtime);
});

const DRILL = { pk: { S: 'VOLUME#alpha' }, sk: { S: 'DRILL' } };
const NOTE = { toldAbout: { S: 'altered' }, toldAt: { N: '7' }, rejectedAt: { N: '6' }, toldFiles: { S: '["a"]' } };
const REMARKS = { incomplete: { N: '3' }, toldIncomplete: { BOOL: true }, toldUnreadable: { N: '5' } };
const put = (Item: Record<string, AttributeValue>) =>
  lab.within(() => client.send(new PutItemCommand({ TableName: 'ledger', Item })));
const note = () => lab.within(() => lab.ports.ledger.readDrillNote('alpha'));

describe('what a version before has written is read', () => {
  test('of drills, and of the remarks on their copies', async () => {
    await put({ ...DRILL, ...NOTE, remarks: { M: REMARKS } });
    expect(await note()).toEqual({ about: 'altered', at: 7, of: 6, files: ['a'] });
    expect(await lab.within(() => lab.ports.ledger.readRemarks('alpha'))).toEqual({
      incomplete: 3,
      notifiedIncomplete: true,
      notifiedUnreadable: 5,
      notifiedOdd: 0,
    });
  });

  test.each(['POLICY', 'TEST'] as const)('of the guard: %s', async (of) => {
    const notes = dynamoPolicyNotes(client, 'ledger', of);
    await put({ pk: { S: LEDGER.guard }, sk: { S: of }, about: { S: 'it' }, toldAt: { N: '7' } });
    expect(await lab.within(() => notes.read())).toEqual({ about: 'it', at: 7 });
    await lab.within(() => notes.write({ about: 'that', at: 8 }));
    expect(await lab.within(() => notes.read())).toEqual({ about: 'that', at: 8 });
  });
});

test('what this version writes takes its place; and what a run of before writes after that is the newest', async () => {
  await put({ ...DRILL, ...NOTE });
  const written = { about: 'unmountable', at: 8, of: 8, files: ['b'] };
  await lab.within(() => lab.ports.ledger.writeDrillNote('alpha', written));
  expect(await note()).toEqual(written);
  const sound = new UpdateItemCommand({
    TableName: 'ledger',
    Key: DRILL,
    UpdateExpression: 'SET toldAt = :at, rejectedAt = :of, toldFiles = :files REMOVE toldAbout',
    ExpressionAttributeValues: { ':at': { N: '9' }, ':of': { N: '8' }, ':files': { S: '[]' } },
  });
  await lab.within(() => client.send(sound));
  expect(await note()).toEqual({ about: undefined, at: 9, of: 8, files: [] });
});

test('an item without old names is as it is', () => {
  const item = { ...DRILL, notifiedAt: { N: '7' }, remarks: { M: { incomplete: { N: '3' } } } };
  expect(inNamesOfNow(item)).toEqual(item);
});

import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, expect, test } from '@jest/globals';
import { LEDGER } from '../../../contract/contract.ts';
import { dynamoLedger } from '../../../lambda/aws/dynamodb/ledger.ts';
import { AdapterLab } from '../../simulator/aws/adapter-lab.ts';

const Key = { pk: { S: 'VOLUME#alpha' }, sk: { S: LEDGER.state } };
const TableName = 'ledger';
const MINUTE_MS = 60_000;
let lab: AdapterLab;
beforeEach(() => {
  lab = new AdapterLab();
});

const ledger = () => dynamoLedger(lab.clients().dynamo, TableName);
/** @param late how far the clock of whoever asks is behind. Milliseconds. */
async function raised(late = 0): Promise<number> {
  const now = lab.clock.now() - late;
  await lab.within(() => ledger().acquire('alpha', 'heal', now, now + MINUTE_MS));
  return lab.within(() => ledger().raiseTerm('alpha', 'heal', now));
}

test('each term is above the one before, within one second too, and where a clock is behind', async () => {
  const terms = [await raised(), await raised(), await raised(10 * MINUTE_MS)];
  await lab.pass(100);
  terms.push(await raised());
  const [first = 0] = terms;
  expect(terms).toEqual([...new Set(terms)].sort((one, other) => one - other));
  expect(first).toBeGreaterThanOrEqual(Math.floor(lab.clock.now() / 1000) - 101);
});

test('a ledger that was emptied, or is as it was before, gives no term twice', async () => {
  const first = await raised();
  const { Item: before } = await lab.within(() =>
    lab.clients().dynamo.send(new GetItemCommand({ TableName, Key, ConsistentRead: true })),
  );
  await lab.pass(60);
  const second = await raised();
  const Item = { ...before, ...Key, leaseUntil: { N: '0' } };
  await lab.within(() => lab.clients().dynamo.send(new PutItemCommand({ TableName, Item })));
  await lab.pass(60);
  const third = await raised();
  lab.dynamodb.forget('VOLUME#alpha', LEDGER.state);
  await lab.pass(60);
  const fourth = await raised();
  expect(second).toBeGreaterThan(first);
  expect(third).toBeGreaterThan(second);
  expect(fourth).toBeGreaterThan(third);
});

test('without the lease there is none, by either way', async () => {
  await raised();
  const now = lab.clock.now();
  const of = (holder: string, at: number) => lab.within(() => ledger().raiseTerm('alpha', holder, at));
  await expect(of('another', now)).rejects.toMatchObject({ kind: 'conflict' });
  await expect(of('heal', now + 2 * MINUTE_MS)).rejects.toMatchObject({ kind: 'conflict' });
});

test('a write that is throttled raises nothing by the other way', async () => {
  await raised();
  lab.fail('UpdateItem', 'ThrottlingException');
  const asked = () => lab.inputs.get('UpdateItem')?.map(({ UpdateExpression }) => UpdateExpression) ?? [];
  const from = asked().length;
  await expect(lab.within(() => ledger().raiseTerm('alpha', 'heal', lab.clock.now()))).rejects.toMatchObject({
    kind: 'transient',
  });
  expect(new Set(asked().slice(from))).toEqual(new Set([`SET ${LEDGER.term} = :by`]));
});

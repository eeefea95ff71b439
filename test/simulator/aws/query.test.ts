import { expect, test } from '@jest/globals';
import { keysAsked, pageOf } from '../../../simulator/aws/dynamodb/query.ts';

const item = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
const ITEMS = [
  item('a', 'STATE'),
  ...Array.from({ length: 45 }, (_, n) => item('a', `INCIDENT#${String(n).padStart(2, '0')}`)),
  item('b', 'INCIDENT#99'),
];
const asked = {
  TableName: 't',
  KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
  ExpressionAttributeValues: { ':pk': { S: 'a' }, ':sk': { S: 'INCIDENT#' } },
  ConsistentRead: true,
};
interface Page {
  readonly Items: readonly ReturnType<typeof item>[];
  readonly LastEvaluatedKey?: object;
}

/** Sort keys of all pages. */
function all(over: object): string[] {
  const found: string[] = [];
  let ExclusiveStartKey: object | undefined;
  do {
    const page = pageOf(ITEMS, { ...asked, ...over, ...(ExclusiveStartKey && { ExclusiveStartKey }) }) as Page;
    found.push(...page.Items.map(({ sk }) => sk.S));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
}

test.each([{}, { Limit: 7 }, { Limit: 1000 }])('all of a partition that begins so, over pages: %j', (over) => {
  const forward = all({ ...over, ScanIndexForward: true });
  expect(forward).toHaveLength(45);
  expect(forward).toEqual([...forward].sort());
  expect(all({ ...over, ScanIndexForward: false })).toEqual(forward.toReversed());
});

test('a page ends with no key where nothing is left', () => {
  expect(pageOf(ITEMS.slice(0, 3), asked)).not.toHaveProperty('LastEvaluatedKey');
});

test('what it does not know is no answer', () => {
  expect(() => keysAsked({ ...asked, KeyConditionExpression: 'pk = :pk' })).toThrow(/knows pk = :pk AND/);
  expect(() => keysAsked({ ...asked, ConsistentRead: false })).toThrow(/ConsistentRead/);
  expect(() => keysAsked({ ...asked, FilterExpression: 'x' })).toThrow();
});

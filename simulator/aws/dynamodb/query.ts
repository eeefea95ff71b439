import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Input, onlyMembers, text } from '../ec2/input.ts';
import type { Item } from './expressions.ts';

/** The one condition that is known: all of a partition whose sort key begins so. */
const CONDITION = 'pk = :pk AND begins_with(sk, :sk)';
/** How much DynamoDB reads for a page: 1 MB; here, so many items. Small, so that there are further pages. */
const PAGE = 20;

/**
 * What a Query asks for. Source: API reference of Query. Its pages are small on purpose, and `Limit` is of what is read.
 * @throws Error for a condition that the simulation does not know
 */
export function keysAsked(input: Input): { readonly partition: string; readonly begins: string } {
  onlyMembers('Query', input, [
    ...['TableName', 'KeyConditionExpression', 'ExpressionAttributeValues', 'ConsistentRead'],
    ...['ScanIndexForward', 'Limit', 'ExclusiveStartKey'],
  ]);
  if (text(input, 'KeyConditionExpression') !== CONDITION || input.ConsistentRead !== true)
    throw new Error(`the simulated Query knows ${CONDITION} alone, with ConsistentRead: true`);
  const values = (input.ExpressionAttributeValues ?? {}) as Readonly<Record<string, AttributeValue>>;
  const [partition, begins] = [values[':pk']?.S, values[':sk']?.S];
  if (partition === undefined || begins === undefined)
    throw new Error('the simulated Query knows texts for :pk and :sk');
  return { partition, begins };
}

export function pageOf(items: readonly Item[], input: Input): object {
  const { partition, begins } = keysAsked(input);
  const forward = input.ScanIndexForward !== false;
  const after = (input.ExclusiveStartKey as Item | undefined)?.sk?.S;
  const keyOf = (item: Item) => item.sk?.S ?? '';
  const found = items
    .filter((item) => item.pk?.S === partition && keyOf(item).startsWith(begins))
    .sort((a, b) => (keyOf(a) < keyOf(b) === forward ? -1 : 1))
    .filter((item) => after === undefined || (keyOf(item) !== after && keyOf(item) > after === forward));
  const most = Math.min(PAGE, Number(input.Limit ?? PAGE));
  const Items = structuredClone(found.slice(0, most));
  const last = found.length > most ? Items.at(-1) : undefined;
  return {
    Items,
    Count: Items.length,
    ScannedCount: Items.length,
    ...(last?.pk && last.sk && { LastEvaluatedKey: { pk: last.pk, sk: last.sk } }),
  };
}

import { describe, expect, test } from '@jest/globals';
import { readTrigger } from '../../../lambda/heal/trigger.ts';
import { readSaid } from '../../../lambda/witness/said.ts';

const [OWNER, BY] = ['i-0123456789abcdef0', 'i-0fedcba9876543210'];
const record = (image: object, seconds: unknown = 1_767_787_200) => ({
  eventName: 'MODIFY',
  dynamodb: { ApproximateCreationDateTime: seconds, NewImage: image },
});
const item = { pk: { S: 'WITNESS#alpha' }, volumeOwner: { S: OWNER }, saidBy: { S: BY }, saidAt: { N: '1' } };

describe('what the starter reads out of a stream', () => {
  test('who does not answer, by whose word, and when DynamoDB had it', () => {
    expect(readSaid({ Records: [record(item)] })).toEqual([
      { volume: 'alpha', owner: OWNER, by: BY, at: 1_767_787_200_000 },
    ]);
  });

  test.each([
    ['of another partition', { ...item, pk: { S: 'VOLUME#alpha' } }],
    ['of no volume', { ...item, pk: { S: 'WITNESS#A B' } }],
    ['of no instance', { ...item, volumeOwner: { S: 'me; rm -rf' } }],
    ['without an owner', { pk: item.pk, saidBy: item.saidBy }],
    ['of another kind', { ...item, volumeOwner: { N: '1' } }],
  ])('an item %s is nothing, and holds up no other', (_, odd) => {
    expect(readSaid({ Records: [record(odd), record(item, 'now'), record(item)] }).length).toBe(1);
  });

  test('what is no batch is refused with what was received', () => {
    expect(() => readSaid({ sweep: 'alpha' })).toThrow('event: received {"sweep":"alpha"}');
  });
});

test('the healer knows what the starter sends', () => {
  expect(readTrigger({ witness: 'alpha', at: 5, owner: OWNER, by: BY }, 'Remount')).toEqual({
    kind: 'witness',
    volume: 'alpha',
    reason: `${BY} says that ${OWNER} does not answer`,
    at: 5,
  });
});

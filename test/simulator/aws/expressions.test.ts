import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  compileExpressions,
  type Item,
  NotSimulatedError,
  ValidationException,
} from '../../../simulator/aws/dynamodb/expressions.ts';

const ITEM: Item = {
  pk: { S: 'volume#alpha' },
  generation: { N: '7' },
  holder: { S: 'heal-1' },
  ready: { BOOL: true },
  spare: { M: { id: { S: 'vol-1' } } },
};
const VALUES: Record<string, AttributeValue> = {
  ':seven': { N: '7' },
  ':text7': { S: '7' },
  ':ten': { N: '10' },
  ':heal': { S: 'heal' },
  ':yes': { BOOL: true },
  ':map': { M: {} },
};

/** Gives an expression exactly the values that it mentions, so that none is unused. */
const mentioned = (expression: string) => {
  const found = Object.entries(VALUES).filter(([key]) => new RegExp(`${key}\\b`).test(expression));
  return found.length > 0 ? { ExpressionAttributeValues: Object.fromEntries(found) } : {};
};
const holds = (ConditionExpression: string, item: Item | undefined = ITEM) =>
  compileExpressions({ ConditionExpression, ...mentioned(ConditionExpression) }).condition?.(item);
const updated = (UpdateExpression: string, item: Item = ITEM) =>
  compileExpressions({ UpdateExpression, ...mentioned(UpdateExpression) }).update?.(item);

describe('conditions', () => {
  test.each<[string, boolean]>([
    ['generation = :seven', true],
    ['generation = :text7', false],
    ['generation < :ten', true],
    ['generation > :ten', false],
    ['generation < :seven', false],
    ['generation > :seven', false],
    ['generation > :heal', false],
    ['holder > :heal', true],
    ['holder = :heal', false],
    ['ready = :yes', true],
    ['attribute_exists(spare)', true],
    ['attribute_exists(absent)', false],
    ['attribute_not_exists(absent)', true],
    ['attribute_not_exists(spare)', false],
    // A missing attribute is neither equal, nor less, nor more.
    ['absent = :seven', false],
    ['absent < :seven', false],
    ['absent > :seven', false],
    // AND binds tighter than OR.
    ['generation = :seven OR absent = :heal AND absent = :heal', true],
    ['absent = :heal AND absent = :heal OR generation = :seven', true],
    ['(generation = :seven OR absent = :heal) AND absent = :heal', false],
    ['((generation = :seven)) AND ready = :yes', true],
  ])('%s is %s', (expression, expected) => {
    expect(holds(expression)).toBe(expected);
  });

  test('of an item that is not there', () => {
    const of = (ConditionExpression: string) =>
      compileExpressions({ ConditionExpression, ...mentioned(ConditionExpression) }).condition?.(undefined);
    expect(of('attribute_not_exists(pk)')).toBe(true);
    expect(of('holder = :heal')).toBe(false);
  });

  test('numbers are ordered by value, texts by their UTF-8 bytes', () => {
    const compare = (a: AttributeValue, operator: string, b: AttributeValue) =>
      compileExpressions({
        ConditionExpression: `x ${operator} :b`,
        ExpressionAttributeValues: { ':b': b },
      }).condition?.({ x: a });
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.bigInt(-(10n ** 30n), 10n ** 30n), (a, b) => {
        const [left, right] = [{ N: String(a) }, { N: String(b) }];
        expect(['=', '<', '>'].map((o) => compare(left, o, right))).toEqual([a === b, a < b, a > b]);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        const order = Buffer.compare(Buffer.from(a), Buffer.from(b));
        const seen = ['=', '<', '>'].map((o) => compare({ S: a }, o, { S: b }));
        expect(seen).toEqual([order === 0, order < 0, order > 0]);
      }),
    );
  });
});

describe('updates', () => {
  test.each<[string, Item]>([
    ['SET holder = :heal', { ...ITEM, holder: { S: 'heal' } }],
    ['SET fresh = :map, generation = :ten', { ...ITEM, fresh: { M: {} }, generation: { N: '10' } }],
    ['ADD generation :ten', { ...ITEM, generation: { N: '17' } }],
  ])('%s', (expression, expected) => {
    expect(updated(expression)).toEqual(expected);
  });

  test('what is removed is gone, and what was not there stays so', () => {
    const { holder: _, ready: __, ...rest } = ITEM;
    expect(updated('REMOVE holder, ready, absent')).toEqual(rest);
    expect(updated('SET generation = :ten REMOVE holder, ready')).toEqual({ ...rest, generation: { N: '10' } });
  });

  test('ADD begins at nothing, and leaves the item that was given as it is', () => {
    expect(updated('ADD drills :seven', {})).toEqual({ drills: { N: '7' } });
    expect(updated('ADD drills :seven', { drills: { N: '-3' } })).toEqual({ drills: { N: '4' } });
    const before = structuredClone(ITEM);
    updated('SET holder = :heal REMOVE ready ADD generation :ten');
    expect(ITEM).toEqual(before);
  });

  test('a number is added to a number', () => {
    expect(() => updated('ADD holder :seven')).toThrow('incorrect data type');
    expect(() => updated('ADD generation :heal')).toThrow('incorrect data type');
  });
});

describe('refused as DynamoDB refuses it', () => {
  test.each([
    ['', 'The expression can not be empty'],
    ['generation = :absent', 'attribute value: :absent'],
    ['generation =', '<EOF>'],
    ['owner = :heal', 'reserved keyword: owner'],
    ['ready < :yes', 'Incorrect operand type'],
    ['generation > :map', 'Incorrect operand type'],
  ])('%s', (expression, why) => {
    expect(() => holds(expression)).toThrow(ValidationException);
    expect(() => holds(expression)).toThrow(`Invalid ConditionExpression: `);
    expect(() => holds(expression)).toThrow(why);
  });

  test.each([
    ['SET holder = :heal SET ready = :yes', 'The "SET" section can only be used once'],
    ['SET holder = :heal REMOVE holder', 'overlap'],
    ['SET holder = :absent', 'attribute value: :absent'],
    ['SET owner = :heal', 'reserved keyword: owner'],
  ])('%s', (expression, why) => {
    expect(() => updated(expression)).toThrow(ValidationException);
    expect(() => updated(expression)).toThrow(why);
  });

  test('a value that is not used, and none at all', () => {
    const given = (ExpressionAttributeValues: Record<string, AttributeValue>) => () =>
      compileExpressions({ ConditionExpression: 'attribute_exists(pk)', ExpressionAttributeValues });
    expect(given({ ':me': { S: 'x' } })).toThrow('unused in expressions: keys: {:me}');
    expect(given({})).toThrow('must not be empty');
  });
});

/** It would do something, and nobody would know whether it does as DynamoDB does. */
describe('refused by name, with what is known', () => {
  test.each([
    ['generation <> :seven', '<>', '= < >'],
    ['generation <= :seven', '<=', '= < >'],
    ['generation BETWEEN :seven AND :ten', 'BETWEEN', '= < >'],
    ['holder IN (:heal)', 'IN', '= < >'],
    ['begins_with(holder, :heal)', 'begins_with', 'attribute_exists attribute_not_exists'],
    ['size(holder) > :seven', 'size', 'attribute_exists attribute_not_exists'],
    ['NOT generation = :seven', '"NOT"', 'AND OR'],
    ['spare.id = :heal', '"."', '= < >'],
    ['steps[1] = :heal', '"["', '= < >'],
    ['#name = :heal', '"#"', '= < >'],
    ['generation = holder', '"holder"', 'known:'],
    ['generation = :seven ready', '"ready"', 'AND OR'],
    ['(generation = :seven', 'EOF', ''],
    ['spare = :map', 'equality of M', 'S N BOOL'],
  ])('%s', (expression, what, known) => {
    expect(() => holds(expression)).toThrow(what);
    expect(() => holds(expression)).toThrow(known);
  });

  test.each([
    ['SET generation = generation', '"generation"'],
    ['SET generation = :seven + :ten', '"+"'],
    ['SET generation = if_not_exists(generation, :seven)', '"if_not_exists"'],
    ['DELETE zones :heal', '"DELETE"'],
    ['set generation = :seven', '"set"'],
  ])('%s', (expression, what) => {
    expect(() => updated(expression)).toThrow(NotSimulatedError);
    expect(() => updated(expression)).toThrow(what);
  });

  test('a number that is not whole', () => {
    expect(() => updated('ADD generation :seven', { generation: { N: '1.5' } })).toThrow('the number 1.5');
  });
});

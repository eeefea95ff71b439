import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  applyUpdate,
  checkCondition,
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
  steps: { L: [{ S: 'fence' }, { S: 'mount' }] },
  spare: { M: { id: { S: 'vol-1' }, size: { N: '20' } } },
  zones: { SS: ['a', 'b'] },
};
const VALUES: Record<string, AttributeValue> = {
  ':seven': { N: '7.0' },
  ':text7': { S: '7' },
  ':ten': { N: '10' },
  ':heal': { S: 'heal' },
  ':a': { S: 'a' },
  ':mount': { S: 'mount' },
  ':yes': { BOOL: true },
  ':string': { S: 'S' },
};

/** Gives an expression exactly the names and values that it mentions, so that none is unused. */
function holds(expression: string, item: Item | undefined = ITEM): boolean {
  const mentioned = (all: Record<string, unknown>) => {
    const found = Object.entries(all).filter(([key]) => new RegExp(`${key}\\b`).test(expression));
    return found.length > 0 ? Object.fromEntries(found) : undefined;
  };
  const names = mentioned({ '#size': 'size', '#owner': 'owner' }) as Record<string, string> | undefined;
  return checkCondition(expression, item, names, mentioned(VALUES) as typeof VALUES | undefined);
}

describe('conditions', () => {
  test.each<[string, boolean]>([
    ['generation = :seven', true],
    ['generation = :text7', false],
    ['generation <> :text7', true],
    ['generation < :ten', true],
    ['generation > :heal', false],
    ['generation BETWEEN :seven AND :ten', true],
    ['holder IN (:a, :heal)', false],
    ['ready = :yes', true],
    ['begins_with(holder, :heal)', true],
    ['begins_with(generation, :heal)', false],
    ['contains(steps, :mount)', true],
    ['contains(zones, :a)', true],
    ['contains(holder, :a)', true],
    ['attribute_type(holder, :string)', true],
    ['size(steps) < :seven', true],
    ['size(generation) < :seven', false],
    ['spare.#size > :seven', true],
    ['steps[1] = :mount', true],
    ['steps[2] = :mount', false],
    ['attribute_exists(spare.id)', true],
    ['attribute_not_exists(#owner)', true],
    // A missing attribute: unequal to anything, and neither less nor more.
    ['absent <> :seven', true],
    ['absent = :seven', false],
    ['absent <= :seven', false],
    ['NOT absent <= :seven', true],
    // NOT binds tighter than AND, AND tighter than OR.
    ['generation = :seven OR absent = :a AND absent = :a', true],
    ['absent = :a AND absent = :a OR generation = :seven', true],
    ['(generation = :seven OR absent = :a) AND absent = :a', false],
    ['NOT generation = :ten AND generation = :seven', true],
    ['not (generation = :seven and holder = :a)', true],
  ])('%s is %s', (expression, expected) => {
    expect(holds(expression)).toBe(expected);
  });

  test('without an item nothing exists', () => {
    expect(checkCondition('attribute_not_exists(pk)', undefined)).toBe(true);
    expect(checkCondition('attribute_exists(pk)', undefined)).toBe(false);
  });

  test.each<[string, RegExp]>([
    ['owner = :a', /Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: owner/],
    ['spare.size = :a', /reserved keyword: size/],
    ['#nobody = :a', /attribute name used in the document path is not defined; attribute name: #nobody/],
    ['holder = :nobody', /attribute value: :nobody/],
    ['holder = ', /Syntax error; token: "<EOF>"/],
    ['holder == :a', /Syntax error; token: "="/],
    ['holder = :a holder', /Syntax error; token: "holder"/],
    ['holder ! :a', /Syntax error; token: "!"/],
    ['(holder = :a', /Syntax error; token: "<EOF>"/],
    ['((holder = :a))', /redundant parentheses/],
    ['Begins_With(holder, :a)', /Invalid function name; function: Begins_With/],
    ['size(holder)', /Syntax error/],
    ['holder = holder', /first operand must be distinct/],
    ['generation < :yes', /operator or function: <, operand type: BOOL/],
    ['begins_with(holder, :ten)', /operator or function: begins_with, operand type: N/],
    ['generation BETWEEN :ten AND :seven', /upper bound to be greater/],
    ['', /can not be empty/],
  ])('%s is refused', (expression, message) => {
    expect(() => holds(expression)).toThrow(message);
    expect(() => holds(expression)).toThrow(ValidationException);
  });

  test('parentheses side by side are not redundant', () => {
    expect(holds('((holder = :a) OR (generation = :seven)) AND (ready = :yes)')).toBe(true);
  });
});

describe('names and values of one request', () => {
  test('are shared by its expressions', () => {
    const compiled = compileExpressions({
      ConditionExpression: 'generation = :g',
      UpdateExpression: 'SET #o = :o',
      ExpressionAttributeNames: { '#o': 'owner' },
      ExpressionAttributeValues: { ':g': { N: '7' }, ':o': { S: 'i-1' } },
    });
    expect(compiled.condition?.(ITEM)).toBe(true);
    expect(compiled.update?.attributes).toEqual(['owner']);
  });

  test('are refused when unused or empty', () => {
    const check = (names?: Record<string, string>, values?: typeof VALUES) =>
      checkCondition('attribute_exists(pk)', ITEM, names, values);
    expect(() => check({ '#o': 'owner' })).toThrow('ExpressionAttributeNames unused in expressions: keys: {#o}');
    expect(() => check(undefined, { ':a': { S: '' } })).toThrow('Values unused in expressions: keys: {:a}');
    expect(() => check({})).toThrow('ExpressionAttributeNames must not be empty');
    expect(() => check(undefined, { ':b': { B: new Uint8Array() } })).toThrow(NotSimulatedError);
  });
});

describe('updates', () => {
  const one: typeof VALUES = { ':one': { N: '1' } };

  test('set, remove and add read the item as it was', () => {
    const expression = 'SET holder = pk, pk2 = holder, generation = generation + :one REMOVE ready ADD counted :one';
    expect(applyUpdate(expression, ITEM, undefined, one)).toEqual({
      ...Object.fromEntries(Object.entries(ITEM).filter(([name]) => name !== 'ready')),
      holder: ITEM.pk,
      pk2: ITEM.holder,
      generation: { N: '8' },
      counted: { N: '1' },
    });
    expect(ITEM.generation).toEqual({ N: '7' });
  });

  test('if_not_exists, list_append and nested paths', () => {
    const values = { ':zero': { N: '0' }, ':more': { L: [{ S: 'serve' }] }, ...one };
    const expression =
      'SET attempts = if_not_exists(attempts, :zero) + :one, steps = list_append(steps, :more), spare.id = holder';
    const after = applyUpdate(expression, ITEM, undefined, values);
    expect(after.attempts).toEqual({ N: '1' });
    expect(after.steps).toEqual({ L: [{ S: 'fence' }, { S: 'mount' }, { S: 'serve' }] });
    expect(after.spare).toEqual({ M: { id: { S: 'heal-1' }, size: { N: '20' } } });
  });

  test('list elements are removed by their old index', () => {
    expect(applyUpdate('REMOVE steps[0], steps[1]', ITEM).steps).toEqual({ L: [] });
    expect(applyUpdate('SET steps[9] = holder', ITEM).steps?.L).toHaveLength(3);
  });

  test.each<[string, RegExp | typeof NotSimulatedError]>([
    ['SET a = absent', /refers to an attribute that does not exist in the item/],
    ['SET a.b = holder', /document path provided in the update expression is invalid/],
    ['SET a = holder + generation', /incorrect data type/],
    ['SET spare = holder, spare.id = pk', /paths overlap .* path one: \[spare\], path two: \[spare, id\]/],
    ['SET a = pk SET b = pk', /"SET" section can only be used once/],
    ['SET status = pk', /reserved keyword: status/],
    ['SET a = made_up(pk)', /Invalid function name; function: made_up/],
    ['PUT a = pk', /Syntax error; token: "PUT"/],
  ])('%s is refused', (expression, message) => {
    expect(() => applyUpdate(expression, ITEM)).toThrow(message);
  });

  test.each([
    ['0.1', '0.2', '0.3'],
    ['1.50', '1.50', '3'],
    ['-0.5', '0.5', '0'],
    ['1e3', '-1', '999'],
    ['99', '1', '100'],
  ])('%s + %s is written %s', (a, b, sum) => {
    const values = { ':a': { N: a }, ':b': { N: b } };
    expect(applyUpdate('SET x = :a + :b', {}, undefined, values).x).toEqual({ N: sum });
  });

  test('numbers add exactly, whatever their size', () => {
    const exact = fc.tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.nat(9));
    const text = ([digits, scale]: [bigint, number]) => `${digits}e-${scale}`;
    const scaled = ([digits, scale]: [bigint, number]) => digits * 10n ** BigInt(9 - scale);
    fc.assert(
      fc.property(exact, exact, (a, b) => {
        const values = { ':a': { N: text(a) }, ':b': { N: text(b) } };
        const up = applyUpdate('SET x = :a + :b', {}, undefined, values);
        const expected = { N: `${scaled(a) + scaled(b)}e-9` };
        expect(checkCondition('x = :e', up, undefined, { ':e': expected })).toBe(true);
        const down = applyUpdate('SET x = x - :b', up, undefined, { ':b': values[':b'] });
        expect(checkCondition('x = :e', down, undefined, { ':e': values[':a'] })).toBe(true);
      }),
    );
  });
});

describe('key conditions', () => {
  const keys = { partitionKey: 'pk', sortKey: 'sk' };
  const compile = (expression: string, values: typeof VALUES) =>
    compileExpressions({ KeyConditionExpression: expression, ExpressionAttributeValues: values }, keys).keyCondition;
  const p = { ':p': { S: 'p' } };
  const s = { ':s': { S: 's' } };

  test('an equal partition key, and a range of the sort key', () => {
    const found = compile('begins_with(sk, :s) AND pk = :p', { ...p, ...s });
    expect(found?.partition).toEqual({ S: 'p' });
    expect(found?.matches({ pk: { S: 'p' }, sk: { S: 'start' } })).toBe(true);
    expect(found?.matches({ pk: { S: 'p' }, sk: { S: 'tart' } })).toBe(false);
    expect(compile('pk = :p', p)?.matches({ pk: { S: 'q' } })).toBe(false);
  });

  test.each<[string, typeof VALUES, RegExp]>([
    ['sk = :s', s, /missed key schema element: pk/],
    ['pk = :p AND elsewhere = :s', { ...p, ...s }, /missed key schema element: sk/],
    ['pk > :p', p, /not supported/],
    ['pk = :p OR sk = :s', { ...p, ...s }, /not supported/],
    ['pk = :p AND sk <> :s', { ...p, ...s }, /not supported/],
    ['pk = :p AND pk = :s', { ...p, ...s }, /not supported/],
  ])('%s is refused', (expression, values, message) => {
    expect(() => compile(expression, values)).toThrow(message);
  });
});

test('a projection keeps only its paths', () => {
  const { projection } = compileExpressions({ ProjectionExpression: 'pk, spare.id, absent' });
  expect(projection?.(ITEM)).toEqual({ pk: ITEM.pk, spare: { M: { id: { S: 'vol-1' } } } });
});

test('NOT, AND and OR agree with JavaScript on every random formula', () => {
  const { formula } = fc.letrec<{ formula: { text: string; value: boolean } }>((tie) => ({
    formula: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.boolean().map((value) => ({ text: value ? 'attribute_exists(pk)' : 'attribute_exists(no_)', value })),
      tie('formula').map(({ text, value }) => ({ text: `NOT (${unwrapped(text)})`, value: !value })),
      fc.tuple(tie('formula'), tie('formula')).map(([a, b]) => ({
        text: `(${a.text} AND ${b.text})`,
        value: a.value && b.value,
      })),
      fc.tuple(tie('formula'), tie('formula')).map(([a, b]) => ({
        text: `(${a.text} OR ${b.text})`,
        value: a.value || b.value,
      })),
    ),
  }));
  // `NOT ((..))` and an outer pair are fine in logic, but DynamoDB refuses parentheses directly inside parentheses.
  function unwrapped(text: string): string {
    return text.startsWith('(') ? text.slice(1, -1) : text;
  }
  fc.assert(fc.property(formula, ({ text, value }) => expect(checkCondition(text, ITEM)).toBe(value)));
});

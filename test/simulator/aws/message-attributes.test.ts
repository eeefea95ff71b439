import { describe, expect, test } from '@jest/globals';
import { messageAttributes } from '../../../simulator/aws/lambda/message-attributes.ts';

const text = (StringValue: unknown) => ({ DataType: 'String', StringValue });
const list = (StringValue: unknown) => ({ DataType: 'String.Array', StringValue });

describe('attributes of a message', () => {
  test('are kept by name', () => {
    expect(messageAttributes({ kind: text('served'), 'a-b.c_1': text('x') })).toEqual({
      kind: 'served',
      'a-b.c_1': 'x',
    });
    expect(messageAttributes(undefined)).toEqual({});
    expect(messageAttributes({ reason: list('["a","b"]') })).toEqual({ reason: '["a","b"]' });
  });

  test.each<[string, object]>([
    ['an empty value', { kind: text('') }],
    ['no value', { kind: { DataType: 'String' } }],
    ['no type', { kind: { StringValue: 'x' } }],
    ['a name that is reserved', { 'Amazon.kind': text('x') }],
    ['a name that ends with a period', { 'kind.': text('x') }],
    ['a name with two periods in a row', { 'a..b': text('x') }],
    ['a name with other characters', { 'a b': text('x') }],
    ['eleven', Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, text('x')]))],
  ])('%s is refused', (_, given) => {
    expect(() => messageAttributes(given)).toThrow(expect.objectContaining({ name: 'ParameterValueInvalid' }));
  });

  test.each<[string, object]>([
    ['another type', { kind: { DataType: 'Number', StringValue: '1' } }],
    ['another member', { kind: { ...text('x'), BinaryValue: new Uint8Array(1) } }],
    ['a text that is JSON, which no filter lets through', { kind: text('{"a":1}') }],
    ['a list that is none', { reason: list('a,b') }],
    ['a list of objects', { reason: list('[{"a":1}]') }],
  ])('%s is not taken here', (_, given) => {
    expect(() => messageAttributes(given)).toThrow(/the simulated Publish/);
  });
});

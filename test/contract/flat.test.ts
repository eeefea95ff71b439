import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Data, flattened, unflattened } from '../../contract/flat.ts';

const KEY = fc.stringMatching(/^[a-z][a-zA-Z]{0,5}$/);
const LEAF = fc.oneof(fc.stringMatching(/^[a-z][\w.=#:/-]{0,8}$/), fc.integer(), fc.boolean());
const { data: DATA } = fc.letrec<{ data: Data; value: Data[string] }>((tie) => ({
  data: fc.dictionary(KEY, tie('value'), { minKeys: 1, maxKeys: 4 }),
  value: fc.oneof({ depthSize: 'small' }, LEAF, fc.array(LEAF, { minLength: 1, maxLength: 3 }), tie('data')),
}));

describe('fields as a list of path=value', () => {
  test('each has its path', () => {
    const data = { reasons: [{ code: 'dead' }, { code: 'noPoint' }], at: 12, cold: true, none: undefined, no: [] };
    expect(flattened(data)).toEqual(['reasons.0.code=dead', 'reasons.1.code=noPoint', 'at=12', 'cold=true']);
  });

  test('what is read is what was written', () => {
    fc.assert(
      fc.property(DATA, (data) => {
        const { true: _, false: __, ...rest } = data;
        expect(unflattened(flattened(rest))).toEqual(rest);
      }),
    );
  });

  test('a text that has an equals sign in it is whole', () => {
    expect(unflattened(['tag=a=b', 'n=1.5', 'id=00000000000000001'])).toEqual({
      tag: 'a=b',
      n: 1.5,
      id: '00000000000000001',
    });
  });
});

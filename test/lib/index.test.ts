import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as checks from '../../lib/checks/index.ts';
import * as constructsOf from '../../lib/index.ts';
import { ROOT } from './support.ts';

const library = { ...constructsOf, ...checks };
const LIB = join(ROOT, 'lib');
/** Every construct and pack of `lib/`, with the file that it is in. */
const constructs = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const source = readFileSync(join(LIB, file), 'utf8');
    const found = source.matchAll(/export class (\w+) extends (?:Construct|Stack|NagPack) \{/g);
    return [...found].map(([, name = '']) => ({ name, source }));
  });
const index = ['index.ts', 'checks/index.ts'].map((file) => readFileSync(join(LIB, file), 'utf8')).join('');

test('there are constructs to export', () => expect(constructs.length).toBeGreaterThan(12));

describe.each(constructs)('$name', ({ name, source }) => {
  test('is exported, with the type of its props', () => {
    expect(library).toHaveProperty(name, expect.any(Function));
    if (source.includes(`export interface ${name}Props`)) expect(index).toContain(`type ${name}Props`);
  });
});

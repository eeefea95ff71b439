import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../lib/stack/settings.ts';
import { read, rows } from './markdown.ts';

/** What a refusal says: of an unknown setting the known ones, of a wrong value what is allowed. */
function refusal(settings: unknown): string {
  try {
    readSettings(settings);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(settings)} is not refused`);
}

const known = (settings: unknown): string[] => (/known are (.*)$/.exec(refusal(settings))?.[1] ?? '').split(', ');
const NO_SUCH = { 'no such': 0 };
const DEFAULTS = readSettings({});

const isGroup = (name: string, value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && name !== 'mimeTypes';

/** Every setting by its path, as the schema has it, and with the default. */
function settings(): Map<string, unknown> {
  const all = new Map<string, unknown>();
  const top = DEFAULTS as unknown as Record<string, unknown>;
  for (const name of known(NO_SUCH)) {
    const value = top[name];
    if (!isGroup(name, value)) all.set(name, value);
    else
      for (const inner of known({ [name]: NO_SUCH }))
        all.set(`${name}.${inner}`, (value as Record<string, unknown>)[inner]);
  }
  for (const name of known({ volumes: [{ name: 'alpha', ...NO_SUCH }] }))
    all.set(`volumes[].${name}`, ({ ...DEFAULTS.volumes[0] } as Record<string, unknown>)[name]);
  return all;
}

/** What is said of a value that no setting allows. */
function allowed(path: string): string {
  const wrong = (names: readonly string[]): unknown =>
    names.reduceRight<unknown>((value, name) => ({ [name]: value }), null);
  const [group = '', inner = ''] = path.split('[].');
  const settings = inner === '' ? wrong(path.split('.')) : { [group]: [{ name: 'alpha', [inner]: null }] };
  return /allowed: (.*)$/.exec(refusal(settings))?.[1] ?? '';
}

const table = rows(read('docs/settings.md')).filter(([name = '']) => name.startsWith('`'));
const nameOf = ([name = '']: readonly string[]) => name.replaceAll('`', '');
/** These are said in words: what they are follows from other settings, or each has to be given. */
const IN_WORDS = ['zones', 'volumes', 'volumes[].name', 'volumes[].zone'];

describe('docs/settings.md', () => {
  const all = settings();

  test('has every setting once, and no others', () => {
    expect(all.size).toBeGreaterThan(35);
    expect(table.map(nameOf).sort()).toEqual([...all.keys()].sort());
  });

  test.each(table)('%s has its default', (...row) => {
    const name = nameOf(row);
    if (IN_WORDS.includes(name)) return expect(row[1]).not.toBe('');
    const value = all.get(name);
    const empty = value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0);
    return expect(row[1]).toBe(empty ? 'none' : `\`${String(value)}\``);
  });

  test.each(table)('%s has what is allowed', (...row) => {
    const said = allowed(nameOf(row));
    const [, least, most] = /whole number from (\d+) to (\d+)/.exec(said) ?? [];
    const choice = /^(\w+) or (\w+)$/.exec(said);
    if (least) expect(row[2]).toMatch(new RegExp(`^${least} to ${most}(,|$)`));
    else if (choice) expect(row[2]).toBe(`\`${choice[1]}\` or \`${choice[2]}\``);
    else expect(row[2]).not.toBe('');
  });

  test.each(table)('%s says what it is, and what it costs', (...row) => {
    expect(row).toHaveLength(5);
    expect(row.filter((cell) => cell === '')).toEqual([]);
  });

  test('counts what the reviewed template has', () => {
    const template = read('test/lib/__snapshots__/stack.test.ts.snap');
    const alarms = [...template.matchAll(/"AlarmName": "([^"]*)"/g)].map(([, name = '']) => name);
    const ofAlpha = alarms.filter((name) => name.includes('/alpha/'));
    const ofStack = alarms.filter((name) => name.split('/').length === 2);
    const interfaces = template.split('"VpcEndpointType": "Interface"').length - 1;
    // In words, as the document has them.
    expect([ofAlpha.length, ofStack.length, interfaces]).toEqual([11, 5, 3]);
    const document = read('docs/settings.md');
    for (const words of ['eleven alarms', 'five alarms of the stack', 'three interface endpoints'])
      expect(document).toContain(words);
  });
});

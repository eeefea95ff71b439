import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { EXIT } from '../../contract/contract.ts';

/** The numbers are written in the contract; the shell cannot read it, and people read the README: both are held to it here. */
const HOST = join(import.meta.dirname, '../../host');
const read = (file: string) => readFileSync(join(HOST, file), 'utf8');
const codes = Object.entries(EXIT);
/** What `fail` ends with for a state that nobody knows. */
const UNKNOWN = 70;

/** Runs lines after the shared part of the verbs. */
function printed(lines: string): string {
  const options = { encoding: 'utf8', env: { PATH: process.env.PATH } } as const;
  return spawnSync('sh', ['-c', `. "${HOST}/common.sh"\n${lines}`, join(HOST, 'verb.sh')], options).stdout;
}

describe('the shell', () => {
  test.each([...codes.filter(([name]) => name !== 'ok'), ['unheard of', UNKNOWN] as const])('%s: %i', (state, code) => {
    const said = printed(`(fail "${state}" why); echo "code=$?"`);
    expect(said).toContain(`state=${state}\n`);
    expect(said).toContain(`code=${code}\n`);
  });

  test.each([
    ...codes.map(([, code]) => [code, true] as const),
    ...[1, 2, 126, 127, 137].map((c) => [c, false] as const),
  ])('%i is an answer: %s', (code, answer) => {
    expect(printed(`is_answer ${code} && echo yes=1`).includes('yes=1')).toBe(answer);
  });

  test('has no other numbers, and writes them nowhere else', () => {
    const scripts = readdirSync(HOST).filter((name) => name.endsWith('.sh'));
    const written = scripts.flatMap((file) =>
      [...read(file).matchAll(/\b(?:exit|return) (\d{2,})\b/g)].map(([, code]) => `${file} ${code}`),
    );
    const known = codes.flatMap(([name, code]) => (name === 'ok' ? [] : [`common.sh ${code}`]));
    expect(written.sort()).toEqual([...known, `common.sh ${UNKNOWN}`].sort());
  });

  test('leaves to a heal, at boot, what the kernel or the volume has said', () => {
    const { shutdown, unmountable, noCanary, unreadable, foreign } = EXIT;
    const [, left = ''] = /case "\$code" in ([\d |]+)\) return 0/.exec(read('resume.sh')) ?? [];
    expect(left.split(' | ').map(Number)).toEqual([shutdown, unmountable, noCanary, unreadable, foreign]);
  });
});

test('people read the same numbers, each once', () => {
  const rows = [...read('README.md').matchAll(/^\| (\d+) +\| (\w+) +\|/gm)].map(([, code, name]) => [
    name,
    Number(code),
  ]);
  expect(rows.length).toBe(codes.length);
  expect(Object.fromEntries(rows)).toEqual(EXIT);
  expect(new Set(codes.map(([, code]) => code)).size).toBe(codes.length);
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SCENARIO_MUTANTS } from '../../../proof/mutants/all.ts';
import { KINDS, TEST_MUTANTS } from '../../../proof/mutants/kinds/index.ts';
import { MUTANTS } from '../../../proof/mutants/list.ts';
import { SCENARIOS } from '../../../rehearsal/scenarios/index.ts';
import { HOLE, isNode, nodesOf, sources, textOf } from '../../syntax.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

test.each([...MUTANTS, ...SCENARIO_MUTANTS, ...TEST_MUTANTS])('what is broken is there, once: $rule', ({ edits }) => {
  for (const { file, code, instead } of edits) {
    expect(read(file).split(code).length - 1).toBe(1);
    expect(instead).not.toBe(code);
  }
});

test('for each scenario the part that it proves is broken', () => {
  const played = [...MUTANTS, ...SCENARIO_MUTANTS].flatMap(({ play }) => play);
  expect(Object.keys(SCENARIOS).filter((name) => !played.includes(name))).toEqual([]);
});

/** Names of promises in the code: what `check` is given first, or a variable called `promise`. A hole may be anything. */
function promisesIn(file: string): RegExp[] {
  const given = [...nodesOf(file)].flatMap((node) => {
    if (node.type === 'VariableDeclarator' && isNode(node.id) && node.id.name === 'promise') return [node.init];
    if (node.type !== 'CallExpression' || !isNode(node.callee) || node.callee.name !== 'check') return [];
    const [first] = node.arguments as readonly unknown[];
    return isNode(first) && first.type === 'ConditionalExpression' ? [first.consequent, first.alternate] : [first];
  });
  return given.flatMap((each) => {
    const text = textOf(each);
    return text === undefined ? [] : [new RegExp(`^${text.split(HOLE).map(escaped).join('.+')}$`)];
  });
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

test('the promises that are to be broken are made', () => {
  const made = ['rehearsal', 'proof/faults'].flatMap(sources).flatMap(promisesIn);
  const named = [...MUTANTS, ...SCENARIO_MUTANTS].flatMap(({ notices }) =>
    notices.flatMap((notice) => ('promise' in notice ? (notice.promise ?? []) : [])),
  );
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((promise) => !made.some((name) => name.test(promise)))).toEqual([]);
});

const slips = Object.values(KINDS).flat();

test('what is to notice them is there', () => {
  // That it has a test of that name is seen where they are played: one that is not run notices nothing.
  for (const { test: file } of slips) expect(existsSync(join(ROOT, 'test', file))).toBe(true);
});

test('each is one of its own', () => {
  const edits = slips.map(({ file, code, instead }) => JSON.stringify([file, code, instead]));
  expect(new Set(edits).size).toBe(edits.length);
  expect(new Set(TEST_MUTANTS.map(({ rule }) => rule)).size).toBe(edits.length);
});

test('each list of kinds is played', () => {
  const folder = join(ROOT, 'proof/mutants/kinds');
  const lists = readdirSync(folder).flatMap(
    (name) => read(`proof/mutants/kinds/${name}`).match(/^export const [A-Z]+: readonly Slip/gm) ?? [],
  );
  expect(Object.keys(KINDS).length).toBe(lists.length);
});

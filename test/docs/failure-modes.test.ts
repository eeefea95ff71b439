import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const COLUMNS = ['failure', 'how it is seen', 'what is done', 'recovery point', 'recovery time', 'proof'];

/** Cells of each row of the table. */
function table(): string[][] {
  const [failures = ''] = readFileSync(join(ROOT, 'docs/failure-modes.md'), 'utf8').split('\n## ');
  return failures
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const [head, , ...rows] = table();
const proofOf = (row: readonly string[]) => /^`([^`]+)`$/.exec(row.at(-1) ?? '')?.[1] ?? '';

describe('docs/failure-modes.md', () => {
  test('has the columns that are checked here', () => expect(head).toEqual(COLUMNS));

  test.each(rows)('%s: its proof exists', (...row) => {
    expect(row).toHaveLength(COLUMNS.length);
    const proof = proofOf(row);
    expect([proof, proof.includes('/') ? existsSync(join(ROOT, proof)) : Object.hasOwn(SCENARIOS, proof)]).toEqual([
      proof,
      true,
    ]);
  });

  test('names every scenario', () => {
    const named = rows.map(proofOf);
    expect(Object.keys(SCENARIOS).filter((name) => !named.includes(name))).toEqual([]);
  });

  test('promises nothing for a scenario that is not ready', () => {
    const unready = Object.entries(SCENARIOS).filter(([, scenario]) => scenario.notYet);
    const promised = rows.filter((row) => unready.some(([name]) => name === proofOf(row)));
    for (const row of promised) expect(row.join(' ')).toContain('not yet');
  });
});

import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { realDiskTest, runScript } from '../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const listing = (...names: readonly string[]) =>
  expect.stringMatching(
    new RegExp(`^${[...names].map((name) => `[0-9a-f]{64}  \\./${name.replaceAll('.', '\\.')}\n`).join('')}$`),
  );

describe('the indexer, on real XFS', () => {
  realTest('lists hidden files, waits for what changes, and leaves what is huge for the end', () => {
    const answers = runScript(join(import.meta.dirname, 'index.script.ts')) as Record<string, string | undefined>;
    expect(answers.hidden?.split('\n').sort().join('\n')).toMatch(/\.\/\.git\/config/);
    expect(answers.hidden?.match(/^[0-9a-f]{64} {2}\.\/(?:a|\.htaccess|\.git\/config)$/gm)).toHaveLength(3);
    expect(answers.whileItChanges).toBeUndefined();
    expect(answers.later?.match(/^[0-9a-f]{64} {2}\.\/[ab]$/gm)).toHaveLength(2);
    expect(answers.before).toBe('0\n');
    expect(answers.beside).toEqual(listing('s'));
    expect(answers.huge).toBeUndefined();
  });
});

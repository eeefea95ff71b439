import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Aside } from '../../../operator/restore/place.ts';
import type { Entry } from '../../../operator/restore/plan.ts';

const lab = mkdtempSync(join(tmpdir(), 'restore-place-'));
afterAll(() => rmSync(lab, { recursive: true }));

test('what was to be replaced, and cannot be put back, stays aside', () => {
  writeFileSync(join(lab, 'c'), 'mine');
  const aside = new Aside(lab);
  const top = { identity: 'd', names: [], kind: 'directory' } as unknown as Entry;
  aside.make([top], new Map());
  // Somebody makes one of that name as soon as the way is free.
  const meanwhile = {
    ...top,
    get kind() {
      mkdirSync(join(lab, 'c/theirs'), { recursive: true });
      return 'directory' as const;
    },
  };
  expect(() => aside.place([meanwhile], 'c', true)).toThrow();
  aside.clear();
  const [kept = ''] = readdirSync(lab).filter((name) => name.startsWith('.remount-restore-'));
  expect([aside.isPlaced, readdirSync(join(lab, 'c'))]).toEqual([false, ['theirs']]);
  expect(readFileSync(join(lab, kept, 'before'), 'utf8')).toBe('mine');
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CONTEXT } from '../lib/support.ts';
import { node } from '../rehearsal/child.ts';

const directory = mkdtempSync(join(tmpdir(), 'remount-example-'));
afterAll(() => rmSync(directory, { recursive: true }));

beforeAll(() => {
  const env = { CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify(CONTEXT), CDK_VALIDATION: 'true' };
  const { code, stderr } = node('examples/whole/app.ts', [], env);
  expect([code, stderr]).toEqual([0, '']);
});

test.each([
  ['volume-lost', 'replace'],
  ['instance-loss', 'failover'],
])('Remount in a VPC of the team heals as its own stack does: %s', (scenario, outcome) => {
  const ended = node('test/examples/healed.script.ts', [directory, scenario, 'none', 'Shop']);
  if (ended.code !== 0) throw new Error(ended.stderr);
  expect(JSON.parse(ended.stdout)).toEqual({ ok: true, outcome, broken: [] });
});

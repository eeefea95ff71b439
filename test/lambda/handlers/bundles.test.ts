import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { bundle, FUNCTIONS } from '../../../lib/internal/bundle.ts';
import { node } from '../../rehearsal/child.ts';

function call(name: string): Record<string, unknown> {
  const ended = node('test/lambda/handlers/bundles.script.ts', [name]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  // Before it are the lines that the function logs.
  const result = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  expect(result.node).toMatch(/^v24\./);
  return result;
}

test('the bundle of keep is loaded, and answers CloudFormation at its address', () => {
  expect(call('keep').bodies).toEqual([
    {
      method: 'PUT',
      Status: 'SUCCESS',
      PhysicalResourceId: 'x/alpha',
      StackId: 's',
      RequestId: 'r',
      LogicalResourceId: 'l',
      Data: {},
    },
  ]);
});

test.each(['heal', 'drill'])('the bundle of %s is loaded, and refuses an event that it does not understand', (name) => {
  expect(call(name).output).toMatchObject({
    Status: 'FAILED',
    Error: { ErrorMessage: expect.stringContaining('event: received {"nonsense":true}') },
  });
});

test('the bundle of guard is loaded, asks DLM, SNS, CloudWatch and EC2, and says what it could not do', () => {
  expect(call('guard')).toMatchObject({
    // The policy; who is subscribed; the alarms; the instances, for their software.
    paths: ['GET /policies/policy-1', 'POST /', 'POST /', 'POST /'],
    error: expect.stringContaining('the guard could not do everything: snapshot policy: could not read'),
  });
});

test('the bundle of page is loaded, and refuses an event that it does not understand', () => {
  expect(call('page').error).toContain('event: received {"nonsense":true}');
});

test('whoever heals begins without the page and its renderer', () => {
  const has = (name: (typeof FUNCTIONS)[number]) =>
    readFileSync(join(bundle(name), 'index.mjs'), 'utf8').includes('Content-Security-Policy');
  expect(FUNCTIONS.filter(has)).toEqual(['page']);
});

test.each(FUNCTIONS)('the bundle of %s is small enough to start fast', (name) => {
  expect(statSync(join(bundle(name), 'index.mjs')).size).toBeLessThan(3 * 2 ** 20);
});

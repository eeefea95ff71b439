import { expect, test } from '@jest/globals';
import type { Execution, Executions } from '../../operator/aws/executions.ts';
import { exitOf, follow } from '../../operator/run/follow.ts';

const WHAT = { kind: 'heal', volume: 'alpha', function: 'healer', name: 'person-1' } as const;
const step = (name: string, failed = false) => ({ name, at: 0, failed });

/** Looks on at an execution that stands like this, one after the other. */
async function looking(looks: readonly Execution[], begunAfter = 0) {
  let now = 0;
  const [said, started]: [string[], object[]] = [[], []];
  const left = [...looks];
  const executions: Executions = {
    start: async (...request) => void started.push(request),
    find: async () => (now > begunAfter ? 'arn' : undefined),
    look: async () => left.shift() ?? { status: 'RUNNING', steps: [] },
  };
  const sleep = async (ms: number) => {
    now += ms;
  };
  const ports = { executions, now: () => now, sleep };
  const ended = await follow(ports, WHAT, {
    accepted: () => void said.push(`accepted: ${started.length}`),
    step: ({ name }) => void said.push(name),
  });
  return { ended, said, started };
}

test('each step is told once, and the outcome is what the function returned', async () => {
  const { ended, said, started } = await looking([
    { status: 'RUNNING', steps: [step('begin')] },
    { status: 'SUCCEEDED', steps: [step('begin'), step('look')], result: '{"outcome":"healed","summary":"served"}' },
  ]);
  expect(said).toEqual(['accepted: 1', 'begin', 'look']);
  expect(started).toEqual([['healer', 'person-1', { sweep: 'alpha' }]]);
  expect(ended).toMatchObject({ schema: 1, outcome: 'healed', summary: 'served' });
  expect(exitOf(ended)).toBe(0);
});

test.each(['paged', 'busy', 'quiet', 'unanswered', 'rejected', 'undecided', 'overtaken'])(
  '%s: somebody has to look',
  async (outcome) => {
    const { ended } = await looking([{ status: 'SUCCEEDED', steps: [], result: JSON.stringify({ outcome }) }]);
    expect(exitOf(ended)).toBe(1);
  },
);

test.each(['FAILED', 'TIMED_OUT', 'STOPPED'])('%s: it broke off, and says why', async (status) => {
  const { ended } = await looking([{ status, steps: [step('look', true)], error: 'AccessDenied' }]);
  expect(ended).toMatchObject({ outcome: 'failed', summary: 'AccessDenied' });
  expect(exitOf(ended)).toBe(1);
});

test('what Lambda does not begin is not waited for for ever', async () => {
  await expect(looking([], 600_000)).rejects.toThrow('Lambda has not begun the heal of alpha');
});

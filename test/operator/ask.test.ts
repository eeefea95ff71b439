import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import { agree } from '../../operator/command/ask.ts';

const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') as PropertyDescriptor;
afterEach(() => {
  Object.defineProperty(process, 'stdin', stdin);
});

/** What is asked of somebody at a terminal, who does this. */
async function asked(then: (typed: PassThrough) => void): Promise<string> {
  const typed = Object.assign(new PassThrough(), { isTTY: true });
  Object.defineProperty(process, 'stdin', { value: typed, configurable: true });
  const stderr = { write: () => {} };
  const ended = agree('', {}, { stdout: stderr, stderr }).then(
    () => 'agreed',
    (error: Error & { exitCode?: number }) => `${error.exitCode}: ${error.message}`,
  );
  then(typed);
  return ended;
}

test.each([
  ['yes', (typed: PassThrough) => void typed.write('yes\n'), 'agreed'],
  ['another word', (typed: PassThrough) => void typed.write('y\n'), '3: received "y"; allowed: yes. Nothing was done'],
  ['a return', (typed: PassThrough) => void typed.write('\n'), '3: received ""; allowed: yes. Nothing was done'],
  [
    'the end of the input',
    (typed: PassThrough) => void typed.end(),
    '3: received nothing; allowed: yes. Nothing was done',
  ],
])('%s is an answer, and nothing is started without a yes', async (_, then, said) =>
  expect(await asked(then)).toBe(said),
);

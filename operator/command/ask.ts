import { createInterface } from 'node:readline/promises';
import { EXIT, type Failed } from '../exit.ts';
import { interrupt } from './interrupt.ts';
import type { Context } from './kit.ts';

/** What changes something takes. */
export interface Agreed {
  readonly yes?: boolean;
}

export const YES = { kind: 'boolean', optional: true, brief: 'do not ask: for scripts' } as const;

export const refused = (message: string): Failed => Object.assign(new Error(message), { exitCode: EXIT.refused });

/** Shows the plan on standard error, and asks. @throws Failed where nobody can be asked, or the answer is no */
export async function agree(plan: string, { yes }: Agreed, { stderr }: Context['process']): Promise<void> {
  stderr.write(plan);
  if (yes) return;
  if (!process.stdin.isTTY)
    throw refused('--yes: received nothing, and there is no terminal to ask at; allowed: --yes, or a terminal');
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  // Without this, Ctrl-C at the question would be an answer that never comes.
  asked.once('SIGINT', interrupt);
  // Ctrl-D, or a terminal that goes, ends the question without an answer.
  const answer = await new Promise<string | undefined>((resolve) => {
    asked.once('close', () => resolve(undefined));
    asked.question('Do it? Type yes: ').then(resolve, () => resolve(undefined));
  });
  asked.close();
  if (answer === undefined) process.stderr.write('\n');
  const received = answer === undefined ? 'nothing' : `"${answer.trim()}"`;
  if (answer?.trim() !== 'yes') throw refused(`received ${received}; allowed: yes. Nothing was done`);
}

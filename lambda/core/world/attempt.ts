import type { Workflow } from './ports.ts';

/** @returns what the step came to, or what went wrong in it */
export async function attempt<T>(
  workflow: Workflow,
  name: string,
  run: () => Promise<T>,
): Promise<{ readonly value?: T; readonly failed?: string }> {
  try {
    return { value: await workflow.step(name, run) };
  } catch (error) {
    return { failed: `${name}: ${message(error)}` };
  }
}

/** What an error is called: AWS's code, where AWS said no. Of an error that a step throws, the name and the text are kept. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

/** What an error says. */
export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

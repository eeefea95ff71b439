import { EXIT } from '../exit.ts';

interface Interrupted {
  /** Says what is so if it ends now; nothing where nobody has to know. */
  readonly line: () => string;
  readonly exitCode: () => number;
}

/** The newest says it. */
const stack: Interrupted[] = [];
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ends the command with the line of whoever is at work. What has to be cleared away is cleared when the process exits. */
export function interrupt(): never {
  const { line, exitCode } = stack.at(-1) ?? { line: () => 'Nothing was done', exitCode: () => EXIT.interrupted };
  const said = line();
  process.stderr.write(said === '' ? '\n' : `\n${said}\n`);
  process.exit(exitCode());
}

/**
 * @param line says what Ctrl-C or SIGTERM leaves from now on
 * @param exitCode where Ctrl-C is how it ends
 * @returns takes it back
 */
export function whenInterrupted(line: () => string, exitCode: () => number = () => EXIT.interrupted): () => void {
  if (stack.length === 0) for (const signal of SIGNALS) process.on(signal, interrupt);
  const mine = { line, exitCode };
  stack.push(mine);
  return () => {
    stack.splice(stack.indexOf(mine), 1);
    if (stack.length === 0) for (const signal of SIGNALS) process.removeListener(signal, interrupt);
  };
}

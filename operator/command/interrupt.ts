import { EXIT } from '../exit.ts';

/** The newest says what is so if it ends now. */
const lines: (() => string)[] = [];
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ends the command with the line of whoever is at work. What has to be cleared away is cleared when the process exits. */
export function interrupt(): never {
  process.stderr.write(`\n${lines.at(-1)?.() ?? 'Nothing was done'}\n`);
  process.exit(EXIT.interrupted);
}

/** @param line says what Ctrl-C or SIGTERM leaves from now on. @returns takes it back */
export function whenInterrupted(line: () => string): () => void {
  if (lines.length === 0) for (const signal of SIGNALS) process.on(signal, interrupt);
  lines.push(line);
  return () => {
    lines.splice(lines.indexOf(line), 1);
    if (lines.length === 0) for (const signal of SIGNALS) process.removeListener(signal, interrupt);
  };
}

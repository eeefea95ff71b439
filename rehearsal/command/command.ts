/** What every command of the project does in the same way: strict options, one line for what is wrong, exit codes. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { DisksUnavailable } from '../../simulator/disks/disks.ts';

/** Exit codes. The help of each command says what each of them means there. */
export const EXIT = { ok: 0, failed: 1, usage: 2, cannot: 3 } as const;
export const MAX_SEED = 2 ** 32 - 1;

/** Options that are given or not. */
export const FLAG = { type: 'boolean', default: false } as const;
export const HELP_FLAG = { ...FLAG, short: 'h' } as const;

/** Wrong usage: one line that names the option, what was received and what is allowed. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The options that were given, by name. @throws UsageError for one that is not known, or lacks its value */
export function readArguments<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${wrongWith(args, options) ?? (error as Error).message}; --help lists the options`);
  }
}

/** What is the first that is wrong, of arguments that Node refuses; its own messages do not say what is allowed. */
function wrongWith(args: readonly string[], options: ParseArgsOptionsConfig): string | undefined {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') return `received "${token.value}"; allowed: options and their values`;
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const allowed = Object.keys(options).map((known) => `--${known}`);
    if (!Object.hasOwn(options, name)) return `received ${rawName}; allowed: ${allowed.join(', ')}`;
    if (options[name]?.type === 'boolean') {
      if (value !== undefined) return `${rawName}: received "${value}"; allowed: no value`;
    } else if (value === undefined) return `${rawName}: received no value; allowed: ${rawName} VALUE`;
    else if (!inlineValue && value.startsWith('-'))
      return `${rawName}: received "${value}"; allowed: a value, and one that begins with a dash as ${rawName}=${value}`;
  }
  return undefined;
}

/** A whole number in [min, max]. @param option with its dashes. @throws UsageError */
export function whole(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new UsageError(`${option}: received "${text}"; allowed: a whole number from ${min} to ${max}`);
  return value;
}

/**
 * Runs a command and sets the exit code. Wrong usage and settings, and a machine that cannot do it, are said in a line.
 * @param failed what is said before any other error, such as `The rehearsal could not be played`
 * @param main returns the exit code
 */
export async function runCommand(failed: string, main: () => number | Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const usage = error instanceof UsageError || error.name === 'SettingsError';
    const cannot = error instanceof DisksUnavailable;
    const where = process.env.DEBUG ? error.stack : 'Set DEBUG=1 for the place in the code.';
    process.stderr.write(usage || cannot ? `${error.message}\n` : `${failed}: ${error.message}\n${where}\n`);
    process.exitCode = usage ? EXIT.usage : cannot ? EXIT.cannot : EXIT.failed;
  }
}

/** `-c KEY=VALUE`, as the CDK's command line reads it: what is rehearsed with an argument is what `cdk deploy` makes of the same one. */
import { UsageError } from './command.ts';

/**
 * A value is a text, up to the end of its line; a key that is given twice has the last value.
 * Source: aws-cdk, `lib/cli/user-configuration.js`, parseStringContextListToObject. The CDK warns of what is no assignment and goes
 * on without it; nobody means that.
 *
 * @throws UsageError
 */
export function readContext(given: readonly string[]): Record<string, string> {
  const context: Record<string, string> = {};
  for (const assignment of given) {
    const [key = '', value] = assignment.split(/=(.*)/, 2);
    if (value === undefined) throw new UsageError(`Context argument is not an assignment (key=value): ${assignment}`);
    if (/^aws:.+/.test(key))
      throw new UsageError(`User-provided context cannot use keys prefixed with 'aws:', but ${key} was provided.`);
    context[key] = value;
  }
  return context;
}

/** The arguments that give this context again, for a shell. Begins with a space where there are any. */
export function contextArguments(context: Readonly<Record<string, string>> = {}): string {
  return Object.entries(context)
    .map(([key, value]) => ` -c ${quoted(`${key}=${value}`)}`)
    .join('');
}

/** Source: POSIX, Shell Command Language, "Single-Quotes": all but a single quote stands for itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `-c KEY=VALUE`, as the CDK's command line reads it: what is rehearsed with an argument is what `cdk deploy` makes of the same one. */
import { CONTEXT_KEY } from '../../lib/props/refusal.ts';
import { UsageError } from '../command/command.ts';

/** Of the CDK's own keys, which `cdk.json` has some of. Source: docs.aws.amazon.com/cdk/v2/guide/featureflags.html */
const FLAG = /^@aws-cdk/;

/**
 * A value is a text, up to the end of its line; a key that is given twice has the last value.
 * Source: aws-cdk, `lib/cli/user-configuration.js`, parseStringContextListToObject. The CDK warns of what is no assignment and goes
 * on without it, and takes a key that nothing reads; nobody means that.
 *
 * @throws UsageError
 */
export function readContext(given: readonly string[]): Record<string, string> {
  const context: Record<string, string> = {};
  for (const assignment of given) {
    const [key = '', value] = assignment.split(/=(.*)/, 2);
    if (value === undefined)
      throw new UsageError(
        `-c: received "${assignment}"; allowed: KEY=VALUE, such as ${CONTEXT_KEY}='{"region": "us-east-1"}'`,
      );
    if (key !== CONTEXT_KEY && !FLAG.test(key))
      throw new UsageError(
        `-c: received the key "${key}"; allowed: ${CONTEXT_KEY}, and the CDK's own, which begin with @aws-cdk`,
      );
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

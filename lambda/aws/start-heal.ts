import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { StarterPorts } from '../core/witness/start.ts';
import { translated } from './errors.ts';

/**
 * Starts the healer by its alias, which waits for nothing. An execution of the same name is not begun twice:
 * docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html
 * @param arn of the alias
 */
export function startHeal(lambda: LambdaClient, arn: string): StarterPorts['start'] {
  return async ({ volume, owner, by }, { startedAt, failedAt }) => {
    const Payload = JSON.stringify({ witness: volume, at: failedAt, owner, by });
    await translated(`start a look at ${volume}`, () =>
      lambda.send(
        new InvokeCommand({
          ...targetOf(arn),
          InvocationType: 'Event',
          DurableExecutionName: `witness-${volume}-${startedAt}`,
          Payload: new TextEncoder().encode(Payload),
        }),
      ),
    );
  };
}

/** Name and alias of `arn:...:function:<name>:<alias>`. */
function targetOf(arn: string): { readonly FunctionName: string; readonly Qualifier: string } {
  const [alias, name] = arn.split(':').reverse();
  if (!alias || !name) throw new Error(`received ${arn}; allowed: the ARN of an alias`);
  return { FunctionName: name, Qualifier: alias };
}

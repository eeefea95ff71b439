import type { Duration } from 'aws-cdk-lib';
import { RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

/** EventBridge takes five targets a rule. Source: EventBridge quotas. */
const TARGETS_A_RULE = 5;

/**
 * Targets that start a function once for each content volume, with the event `{"<key>": "<volume>"}`, in as many groups as there
 * must be rules. What could not be delivered within `maxEventAge` is given up: the next event asks the same.
 */
export function targetsByRule(
  target: IFunction,
  volumes: readonly string[],
  key: string,
  maxEventAge: Duration,
): LambdaTarget[][] {
  const rules: LambdaTarget[][] = [];
  for (let from = 0; from < volumes.length; from += TARGETS_A_RULE)
    rules.push(
      volumes.slice(from, from + TARGETS_A_RULE).map((volume) => {
        const event = RuleTargetInput.fromObject({ [key]: volume });
        return new LambdaTarget(target, { event, retryAttempts: 2, maxEventAge });
      }),
    );
  return rules;
}

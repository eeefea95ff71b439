import { type Duration, Token } from 'aws-cdk-lib';
import { type Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IContentVolume } from '../content-volume.ts';
import { fail } from '../props/refusal.ts';

/** EventBridge takes five targets a rule. Source: EventBridge quotas. */
const TARGETS_A_RULE = 5;

/**
 * Rules that start a function once for each content volume, with the event `{"<key>": "<volume>"}`; so many of them as there must be.
 * What could not be delivered within `maxEventAge` is given up: the next event asks the same.
 */
export class VolumeRules {
  readonly #target: IFunction;
  readonly #key: string;
  readonly #maxEventAge: Duration;
  readonly #make: (number: number) => readonly Rule[];
  #volumes = 0;
  #rules: readonly Rule[] = [];

  /** @param make the rules of the next few volumes, by a number that is theirs */
  constructor(
    target: IFunction,
    { key, maxEventAge }: { readonly key: string; readonly maxEventAge: Duration },
    make: (number: number) => readonly Rule[],
  ) {
    this.#target = target;
    this.#key = key;
    this.#maxEventAge = maxEventAge;
    this.#make = make;
  }

  add(volumeName: string): void {
    if (this.#volumes % TARGETS_A_RULE === 0) this.#rules = this.#make(this.#volumes / TARGETS_A_RULE);
    this.#volumes += 1;
    const event = RuleTargetInput.fromObject({ [this.#key]: volumeName });
    for (const rule of this.#rules)
      rule.addTarget(new LambdaTarget(this.#target, { event, retryAttempts: 2, maxEventAge: this.#maxEventAge }));
  }
}

/**
 * Refuses a content volume of another Remount: what has another tag would never be touched.
 *
 * @throws SettingsError
 */
export function checkOurs({ volumeName, stackName }: IContentVolume, ours: string): void {
  if (stackName !== ours && !Token.isUnresolved(stackName) && !Token.isUnresolved(ours))
    fail('volume', `${volumeName} of ${stackName}`, `content volumes of ${ours} (prop stackName of both)`);
}

/** Names of content volumes, all of one Remount. @throws SettingsError */
export function namesOf(volumes: readonly IContentVolume[], ours: string): string[] {
  for (const volume of volumes) checkOurs(volume, ours);
  return volumes.map(({ volumeName }) => volumeName);
}

import { type Duration, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { z } from 'zod';
import { ALLOWED, MAX_VOLUMES } from './allowed.ts';
import { refusal, valueAt } from './refusal.ts';

const STACK_NAME =
  '1 to 128 letters, digits, _ and - (it is a tag, a part of names and ARNs, and of the description of the snapshot policy)';
const TABLE_NAME = '3 to 255 letters, digits, _, - and . (the name of a table, and not its ARN)';
const POLICY_ARN = 'the ARN of a policy of Data Lifecycle Manager';
const COUNT = `1 to ${MAX_VOLUMES} content volumes`;

/**
 * What a prop may be: a construct that is used alone has no settings that were read before it, so its constructor holds its props
 * to what the settings allow.
 */
export const PROP = {
  ...ALLOWED,
  /** Any CloudFormation stack's. Source of the rest: DLM API reference, CreateLifecyclePolicy, Description. */
  stackName: z.string(STACK_NAME).regex(/^[\w-]{1,128}$/, STACK_NAME),
  /** Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
  tableName: z.string(TABLE_NAME).regex(/^[\w.-]{3,255}$/, TABLE_NAME),
  /** Source: docs.aws.amazon.com/dlm/latest/APIReference/API_LifecyclePolicy.html, PolicyArn */
  policyArn: z.string(POLICY_ARN).regex(/^arn:aws[a-z-]*:dlm:[\w/.-]{0,63}:\d+:policy\/[\w-]{1,128}$/, POLICY_ARN),
  /** Names of the content volumes. */
  volumes: z
    .array(ALLOWED.volumeName, COUNT)
    .min(1, COUNT)
    .max(MAX_VOLUMES, COUNT)
    .refine((names) => new Set(names).size === names.length, 'each name once'),
} as const;

/**
 * Refuses props as a wrong setting is refused. What is known at deployment only passes.
 *
 * @throws SettingsError
 */
export function checkProps<Props extends object>(
  props: Props,
  allowed: { readonly [Name in keyof Props]?: z.ZodType },
): void {
  for (const [name, type] of Object.entries<z.ZodType | undefined>(allowed)) {
    const checked = type?.safeParse(props[name as keyof Props]);
    const issues = (checked?.error?.issues ?? []).map((issue) => ({ ...issue, path: [name, ...issue.path] }));
    const known = issues.filter(({ path }) => !Token.isUnresolved(valueAt(props, path)));
    if (known.length > 0) throw refusal(new z.ZodError(known), props);
  }
}

/**
 * The name that all that belongs together is known by: what is given, or that of the stack.
 *
 * @throws SettingsError
 */
export function stackNameOf(scope: IConstruct, given: string | undefined): string {
  const stackName = given ?? Stack.of(scope).stackName;
  checkProps({ stackName }, { stackName: PROP.stackName });
  return stackName;
}

/** A length of time as the number that a resource takes: also where it is known at deployment only, in this unit. */
export const lengthOf = {
  minutes: (time: Duration) => time.toMinutes({ integral: false }),
  hours: (time: Duration) => time.toHours({ integral: false }),
  days: (time: Duration) => time.toDays({ integral: false }),
};

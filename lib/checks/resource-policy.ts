import { Token } from 'aws-cdk-lib';
import { type Declared, type DeclaredResources, isIntrinsic, listOf, objectOf, textOf } from './declared.ts';

/** Whether something is allowed; `undefined` where that cannot be told at synthesis. */
export type Verdict = boolean | undefined;

/** An AWS service that asks on behalf of an alarm. */
export interface Asker {
  readonly service: string;
  readonly alarm: Declared;
  readonly app: DeclaredResources;
}

/**
 * Whether the policy of a resource allows an action to a service. Conditions on the source are judged; of all others an Allow's
 * are taken to be met, and a Deny's not to be: TLS, for one, is what the services use.
 *
 * @param holder the resource that the document is a property of
 */
export function allows(document: unknown, holder: Declared, action: string, asker: Asker): Verdict {
  const statements = objectOf(document)?.Statement;
  if (isIntrinsic(document) || isIntrinsic(statements)) return undefined;
  const verdicts = asList(statements).map((statement) => ({
    denies: objectOf(statement)?.Effect === 'Deny',
    applies: applies(statement, holder, action, asker),
  }));
  if (verdicts.some(({ denies, applies }) => denies && applies)) return false;
  if (verdicts.some(({ denies, applies }) => denies && applies === undefined)) return undefined;
  return anyOf(verdicts.filter(({ denies }) => !denies).map(({ applies }) => applies));
}

function applies(statement: unknown, holder: Declared, action: string, asker: Asker): Verdict {
  if (isIntrinsic(statement)) return undefined;
  const { Effect, Principal, Action, NotAction, NotPrincipal, Condition } = objectOf(statement) ?? {};
  // What is left out of these is beyond what this reads.
  if (NotAction !== undefined || NotPrincipal !== undefined) return undefined;
  return allOf([
    isPrincipal(Principal, asker.service),
    matchesAny(Action, action.toLowerCase()),
    Effect === 'Deny' ? Condition === undefined : isSource(Condition, holder, asker),
  ]);
}

function isPrincipal(principal: unknown, service: string): Verdict {
  if (principal === '*') return true;
  if (isIntrinsic(principal)) return undefined;
  const { Service, AWS } = objectOf(principal) ?? {};
  // The root of an account lets no service in, but everybody does.
  return asList(AWS).includes('*') || matchesAny(Service, service);
}

function isSource(condition: unknown, holder: Declared, asker: Asker): Verdict {
  if (condition === undefined) return true;
  if (isIntrinsic(condition)) return undefined;
  const asked = Object.entries(objectOf(condition) ?? {}).filter(([operator]) =>
    /^(String|Arn)(Equals|Like)/i.test(operator),
  );
  return allOf(
    asked.flatMap(([, keys]) =>
      Object.entries(objectOf(keys) ?? {}).map(([key, values]) => {
        const fits = { 'aws:sourceaccount': isAccountOf, 'aws:sourcearn': isArnOf }[key.toLowerCase()];
        return fits ? anyOf(asList(values).map((value) => fits(value, holder, asker))) : true;
      }),
    ),
  );
}

/** Whether an account is the alarm's. */
export function isAccountOf(account: unknown, _holder: Declared, { alarm }: Asker): Verdict {
  if (objectOf(account)?.Ref === 'AWS::AccountId') return true;
  if (typeof account === 'object' || Token.isUnresolved(alarm.stack.account)) return undefined;
  return matches(String(account), alarm.stack.account);
}

/**
 * Whether an ARN, or the pattern of one, is the alarm's: `arn:aws:cloudwatch:region:account:alarm:name`,
 * docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 */
export function isArnOf(arn: unknown, holder: Declared, { alarm, app }: Asker): Verdict {
  const named = [...app.mentioned(arn, holder)].filter((of) => of?.type.startsWith('AWS::CloudWatch::'));
  if (named.length > 0) return named.includes(alarm);
  const text = textOf(arn);
  if (text === undefined) return undefined;
  if (text === '*') return true;
  const [, , service = '', region = '', account = '', kind = '', ...name] = text.split(':');
  if (name.length === 0) return undefined;
  const known = (value: string) => (Token.isUnresolved(value) ? undefined : value);
  return allOf([
    matches(service, 'cloudwatch'),
    matches(region, known(alarm.stack.region)),
    matches(account, known(alarm.stack.account)),
    matches(kind, 'alarm'),
    matches(name.join(':'), nameOf(alarm)),
  ]);
}

/** CloudFormation names what has no name after its stack and its logical id, and adds what nobody knows before. */
function nameOf({ stack, logicalId, properties: { AlarmName } }: Declared): string | undefined {
  if (AlarmName === undefined) return `${stack.stackName}-${logicalId}-\uFFFF`;
  return typeof AlarmName === 'string' ? AlarmName : undefined;
}

/** @param value `undefined` when it is known at deployment only */
function matches(pattern: string, value: string | undefined): Verdict {
  if (pattern === '*') return true;
  if (value === undefined) return undefined;
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 's').test(value);
}

function matchesAny(patterns: unknown, value: string): Verdict {
  return anyOf(
    asList(patterns).map((pattern) =>
      typeof pattern === 'string' ? matches(pattern.toLowerCase(), value) : undefined,
    ),
  );
}

/** IAM takes one where it takes a list. */
function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? listOf(value) : value === undefined ? [] : [value];
}

export function anyOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(true)) return true;
  return verdicts.includes(undefined) ? undefined : false;
}

export function allOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

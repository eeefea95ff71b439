import { Token } from 'aws-cdk-lib';
import { type Declared, type DeclaredResources, isIntrinsic, listOf, objectOf, textOf } from '../declared.ts';

/** Whether something is allowed; `undefined` where that cannot be known at synthesis. */
export type Verdict = boolean | undefined;

/** An AWS service that asks on behalf of a resource: CloudWatch for an alarm, DLM for a policy. */
export interface Asker {
  readonly service: string;
  readonly by: Declared;
  readonly app: DeclaredResources;
  /** What the ARN of that resource has behind the account, with its service; `undefined` where its name is not known. */
  readonly arn: { readonly service: string; readonly resource: string | undefined };
}

/** Of alarms: docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html */
export function alarmAsker(service: string, alarm: Declared, app: DeclaredResources): Asker {
  const name = nameOf(alarm);
  return {
    service,
    by: alarm,
    app,
    arn: { service: 'cloudwatch', resource: name === undefined ? undefined : `alarm:${name}` },
  };
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

/** What a policy of a role says of an action. Its resources and conditions are taken to be met; of a Deny, not to be. */
export function permits(document: unknown, action: string): { readonly allows: Verdict; readonly denies: boolean } {
  const statements = objectOf(document)?.Statement;
  if (isIntrinsic(document) || isIntrinsic(statements)) return { allows: undefined, denies: false };
  const spoken = asList(statements).map((statement) => {
    const { Effect, Action, NotAction, Condition, Resource } = objectOf(statement) ?? {};
    const of =
      NotAction === undefined
        ? matchesAny(Action, action.toLowerCase())
        : not(matchesAny(NotAction, action.toLowerCase()));
    const bound = Condition !== undefined || !asList(Resource).includes('*');
    return { of, denies: Effect === 'Deny', bound };
  });
  return {
    denies: spoken.some(({ of, denies, bound }) => denies && !bound && of),
    allows: anyOf(spoken.filter(({ denies }) => !denies).map(({ of }) => of)),
  };
}

function not(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict;
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

/** Whether an account is that of whoever asks. */
export function isAccountOf(account: unknown, _holder: Declared, { by }: Asker): Verdict {
  if (objectOf(account)?.Ref === 'AWS::AccountId') return true;
  if (typeof account === 'object' || Token.isUnresolved(by.stack.account)) return undefined;
  return matches(String(account), by.stack.account);
}

/** Whether an ARN, or the pattern of one, is that of whoever asks: `arn:aws:cloudwatch:region:account:alarm:name`. */
export function isArnOf(arn: unknown, holder: Declared, { by, app, arn: own }: Asker): Verdict {
  const kind = by.type.slice(0, by.type.lastIndexOf('::') + 2);
  const named = [...app.mentioned(arn, holder)].filter((of) => of?.type.startsWith(kind));
  if (named.length > 0) return named.includes(by);
  const text = textOf(arn);
  if (text === undefined) return undefined;
  if (text === '*') return true;
  const [, , service = '', region = '', account = '', ...resource] = text.split(':');
  if (resource.length === 0) return undefined;
  const known = (value: string) => (Token.isUnresolved(value) ? undefined : value);
  return allOf([
    matches(service, own.service),
    matches(region, known(by.stack.region)),
    matches(account, known(by.stack.account)),
    matches(resource.join(':'), own.resource),
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

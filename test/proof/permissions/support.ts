import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { RemountStack } from '../../../lib/stack/remount-stack.ts';
import { readSettings } from '../../../lib/stack/settings.ts';
import { roleName } from '../../../proof/permissions/statements.ts';
import { properties, resolveTemplate } from '../../../simulator/aws/cloudformation/template.ts';
import { collectStatements, evaluate, policyStatements, type Statement } from '../../../simulator/aws/iam/iam.ts';
import { authorization } from '../../../simulator/aws/iam/resources.ts';
import { CONTEXT, REGION } from '../../lib/support.ts';

export const STACK = 'Remount';
export const ACCOUNT = '111122223333';

/** The stack of the default settings, with drills, in an app without its checks. @param more settings over those */
export function template(more: Readonly<Record<string, unknown>> = {}): unknown {
  const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
  const settings = readSettings({
    stackName: STACK,
    region: REGION,
    drills: { enabled: true },
    alertEmail: 'people@example.com',
    ...more,
  });
  return Template.fromStack(new RemountStack(app, STACK, { env: { region: REGION }, settings })).toJSON();
}

/** With what ids and ARNs become. */
function resolvedOf(source: unknown): ReturnType<typeof resolveTemplate> {
  const attributes = (id: string) => {
    const of = (name: string | symbol) => (name === 'Arn' ? `arn:aws:any:::${id}` : `${id}.${String(name)}`);
    return new Proxy<Record<string, string>>(
      {},
      {
        get: (_, name) => of(name),
        getOwnPropertyDescriptor: (_, name) => ({ value: of(name), configurable: true, enumerable: true }),
      },
    );
  };
  return resolveTemplate(source, {
    region: REGION,
    account: ACCOUNT,
    stackName: STACK,
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    // A listener's Ref is an ARN that the alarms take apart; an alias's, one that says whose retries are meant.
    references: (id, { type }) => ({
      ref: type.endsWith('::Listener')
        ? `${id}/app/name/1`
        : type === 'AWS::Lambda::Alias'
          ? `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${id}:live`
          : id,
      attributes: attributes(id),
    }),
  });
}

/** The statements of each role, by its short name. */
export function rolesOf(source: unknown): ReadonlyMap<string, readonly Statement[]> {
  const resolved = resolvedOf(source);
  const ids = Object.keys(resolved.resources).filter((id) => resolved.resources[id]?.type === 'AWS::IAM::Role');
  return new Map(ids.map((id) => [roleName(id), collectStatements(resolved, id)]));
}

/** The statements of each policy that people get, by its short name. */
export function holdersOf(source: unknown): ReadonlyMap<string, readonly Statement[]> {
  const policies = Object.values(resolvedOf(source).resources).filter(({ type }) => type === 'AWS::IAM::ManagedPolicy');
  return new Map(policies.map((each) => [roleName(each.logicalId), policyStatements(properties(each))]));
}

/** Who may make a call, of all roles, in a world of these tags. */
export function whoMay(
  roles: ReadonlyMap<string, readonly Statement[]>,
  tags: Readonly<Record<string, Readonly<Record<string, string>>>>,
) {
  const world = {
    account: ACCOUNT,
    region: REGION,
    partition: 'aws',
    tagsOf: (id: string) => tags[id] ?? {},
    instanceOf: () => 'i-ours',
    partitionKeyOf: () => 'pk',
  };
  return (service: string, operation: string, input: object): string[] => {
    const requests = authorization(service, operation, { ...input }, world);
    const may = [...roles].filter(([, statements]) =>
      requests.every((request) => evaluate(request, statements).allowed),
    );
    return may.map(([name]) => name);
  };
}

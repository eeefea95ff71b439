import { type Declared, type DeclaredResources, isIntrinsic, listOf, objectOf, shown, textOf } from '../declared.ts';
import { type Asker, allOf, allows, anyOf, permits, type Verdict } from './resource-policy.ts';

/** Whether a service can do its work by a role, and if not, or not surely, why. */
export type RoleVerdict = { readonly works: true } | { readonly works: false | undefined; readonly because: string };

/** A role that a service takes, and what it has to be able to do by it. */
export interface RoleUse {
  /** Possibly an intrinsic. */
  readonly arn: unknown;
  readonly asker: Asker;
  readonly action: string;
}

/** Roles that AWS makes for its own services, by the end of their ARN: trusted and permitted as they have to be. */
const DEFAULT_ROLES = /:role\/(service-role\/)?AWS(DataLifecycleManagerDefaultRole|BackupDefaultServiceRole)$/;
/**
 * Managed policies that let snapshots be made, by the end of their ARN. Any other of AWS's, and one of the account's, is not read.
 * docs.aws.amazon.com/ebs/latest/userguide/service-role.html, docs.aws.amazon.com/aws-managed-policy/latest/reference/
 */
const SUFFICIENT =
  /:policy\/(service-role\/(AWSDataLifecycleManagerServiceRole|AWSBackupServiceRolePolicyForBackup)|AdministratorAccess|PowerUserAccess|AmazonEC2FullAccess)$/;

/** Whether the role lets its service assume it, and do what it is for. */
export function roleVerdict({ arn, asker, action }: RoleUse): RoleVerdict {
  const { app, by } = asker;
  const role = app.named(arn, by);
  if (role?.type !== 'AWS::IAM::Role') {
    if (DEFAULT_ROLES.test(textOf(arn) ?? '')) return { works: true };
    return { works: undefined, because: `its role ${shown(arn)} is not in this app` };
  }
  const path = role.construct.node.path;
  const trusted = allows(role.properties.AssumeRolePolicyDocument, role, 'sts:AssumeRole', asker);
  if (trusted === false)
    return {
      works: false,
      because: `its role ${path} does not let ${asker.service} assume it: add it to the trust policy`,
    };
  const permitted = isPermitted(role, action, app);
  if (permitted === false)
    return {
      works: false,
      because: `its role ${path} does not allow ${action}: attach the managed policy of the service`,
    };
  if (trusted && permitted) return { works: true };
  const what = trusted ? `allows ${action}` : `lets ${asker.service} assume it`;
  return { works: undefined, because: `whether its role ${path} ${what} is known at deployment only` };
}

function isPermitted(role: Declared, action: string, app: DeclaredResources): Verdict {
  const { Policies, ManagedPolicyArns } = role.properties;
  if (isIntrinsic(Policies) || isIntrinsic(ManagedPolicyArns)) return undefined;
  const inline = listOf(Policies).map((policy) => objectOf(policy)?.PolicyDocument);
  const attached = ['AWS::IAM::Policy', 'AWS::IAM::RolePolicy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    app.of(type, role).filter((policy) => {
      const { Roles, RoleName } = policy.properties;
      const named = listOf(ManagedPolicyArns).some((of) => app.named(of, role) === policy);
      return named || [...listOf(Roles), RoleName].some((of) => app.named(of, policy) === role);
    }),
  );
  const documents = [...inline, ...attached.map((policy) => policy.properties.PolicyDocument)];
  const managed = listOf(ManagedPolicyArns)
    .filter((of) => !app.named(of, role))
    .map((of) => (SUFFICIENT.test(textOf(of) ?? '') ? true : undefined));
  const verdicts = documents.map((document) => permits(document, action));
  if (verdicts.some(({ denies }) => denies)) return allOf([false]);
  return anyOf([...managed, ...verdicts.map(({ allows: allowed }) => allowed)]);
}

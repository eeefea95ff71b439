import type { Cloud } from '../account/cloud.ts';
import { TemplateError } from '../cloudformation/template-model.ts';
import type { Properties } from '../cloudformation/template-properties.ts';
import { evaluate } from './iam.ts';
import { ResourcePolicy } from './resource-policies.ts';

const ACTION = 'sts:AssumeRole';

/**
 * A role that the template passes to a service must let that service take it. AWS finds out at different moments (Lambda refuses to
 * make the function, an instance has no credentials, DLM and flow logs do nothing): here the deployment fails.
 * Source: docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
 * @param role properties of the role
 * @param sourceArn what the service takes it for, where AWS documents that the service says so
 * @throws TemplateError naming the role, and the statement that its trust policy lacks
 */
export function mustTrust(cloud: Cloud, role: Properties, service: string, sourceArn?: string): void {
  const path = `${role.path}.AssumeRolePolicyDocument`;
  // A trust policy speaks of its role alone, and names no resource.
  const policy = new ResourcePolicy(onThisRole(role.values.AssumeRolePolicyDocument), path);
  const context = {
    'aws:SourceAccount': cloud.account,
    ...(sourceArn !== undefined && { 'aws:SourceArn': sourceArn }),
  };
  const request = { action: ACTION, resources: ['*'], context };
  const verdict = evaluate(request, policy.to(service));
  if (verdict.allowed) return;
  const wanted = JSON.stringify({ Effect: 'Allow', Principal: { Service: service }, Action: ACTION });
  throw new TemplateError(path, `does not let ${service} take the role: needs ${wanted} (${verdict.missing})`);
}

function onThisRole(document: unknown): unknown {
  const { Statement, ...rest } = document as { readonly Statement: unknown };
  const statements = [Statement].flat() as object[];
  return { ...rest, Statement: statements.map((statement) => ({ ...statement, Resource: '*' })) };
}

import { properties, type Reference, type ResolvedResource } from '../cloudformation/template.ts';
import type { Principal } from '../iam/account.ts';
import { collectStatements, policyStatements, type Statement } from '../iam/iam.ts';
import { mustTrust } from '../iam/trust.ts';
import type { Cloud } from './cloud.ts';

/** Everything that has been created so far: what a later resource, or a role at the moment of a call, looks at. */
export interface Created {
  readonly stackName: string;
  /** Begins the physical names of what the stack creates: two stacks of one account have the same logical ids. */
  readonly prefix: string;
  readonly resources: Map<string, ResolvedResource>;
  readonly references: Map<string, Reference>;
  /** Raised by each update: what roles may do is read anew. */
  revision: number;
}

/** The logical id of the resource whose `Ref` or ARN this is. */
export function logicalIdOf(created: Created, value: string): string {
  for (const [id, reference] of created.references)
    if (reference.ref === value || reference.attributes.Arn === value) return id;
  throw new Error(`nothing in the template is ${value}`);
}

/** Who calls with a role of the template: what its policies, as created so far, allow. */
export function principalOf(roleLogicalId: string, created: Created): Principal {
  let known:
    | { readonly size: number; readonly policies: string; readonly statements: readonly Statement[] }
    | undefined;
  const arn = created.references.get(roleLogicalId)?.attributes.Arn;
  return {
    name: `${created.prefix}${roleLogicalId}`,
    ...(typeof arn === 'string' && { arn }),
    statements() {
      const { resources, references } = created;
      const { size } = references;
      if (known?.size === size && known.policies.startsWith(`${created.revision} `)) return known.statements;
      // While a stack is created most of what is added says nothing of what roles may do.
      const count = [...references.keys()].filter((id) => resources.get(id)?.type.startsWith('AWS::IAM::')).length;
      const policies = `${created.revision} ${count}`;
      const template = () => ({ resources: Object.fromEntries(resources), references: Object.fromEntries(references) });
      const statements = known?.policies === policies ? known.statements : collectStatements(template(), roleLogicalId);
      known = { size, policies, statements };
      return statements;
    },
  };
}

/** Whoever has a managed policy of the template attached, as it is now, and no other. */
export function holderOf(policyLogicalId: string, created: Created): Principal {
  let known: { readonly resource: ResolvedResource | undefined; readonly statements: readonly Statement[] } | undefined;
  return {
    name: `${created.prefix}${policyLogicalId}`,
    statements() {
      const resource = created.resources.get(policyLogicalId);
      if (known?.resource !== resource || !known)
        known = { resource, statements: resource ? policyStatements(properties(resource)) : [] };
      return known.statements;
    },
  };
}

/**
 * A service is given a role of the template, by its ARN or name.
 * @param sourceArn as `mustTrust` takes it
 * @throws TemplateError where the role does not let that service take it
 */
export function passRole(cloud: Cloud, created: Created, role: string, service: string, sourceArn?: string): Principal {
  const id = logicalIdOf(created, role);
  const resource = created.resources.get(id);
  if (!resource) throw new Error(`nothing in the template is ${role}`);
  mustTrust(cloud, properties(resource), service, sourceArn);
  return principalOf(id, created);
}

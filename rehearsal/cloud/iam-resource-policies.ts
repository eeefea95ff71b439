import { evaluate, readStatements, type Statement } from './iam.ts';
import { type Dictionary, isDictionary, kindOf, TemplateError } from './template-model.ts';

/**
 * What a resource policy says to one service of AWS. Statements for others are left out; an element that is not known is an error.
 * Source: AWS IAM User Guide, "AWS JSON policy elements: Principal".
 * @throws TemplateError for a principal that the simulation does not know
 */
export function statementsFor(service: string, document: unknown, path: string): Statement[] {
  const { Statement: content, ...rest } = isDictionary(document) ? document : {};
  const statements = (Array.isArray(content) ? content : [content]) as Dictionary[];
  const mine = statements.filter((statement, i) => speaksTo(service, statement.Principal, `${path}.Statement[${i}]`));
  const stripped = mine.map(({ Principal: _, ...statement }) => statement);
  return readStatements({ ...rest, Statement: stripped }, path);
}

function speaksTo(service: string, principal: unknown, path: string): boolean {
  if (principal === '*') return true;
  const kinds = isDictionary(principal) ? principal : {};
  const unknown = Object.keys(kinds).find((kind) => kind !== 'AWS' && kind !== 'Service');
  if (unknown !== undefined || Object.keys(kinds).length === 0)
    throw new TemplateError(`${path}.Principal`, `is not known to the simulation: ${unknown ?? kindOf(principal)}`);
  return [kinds.AWS].flat().includes('*') || [kinds.Service].flat().includes(service);
}

/**
 * Whether a service may do something, by a resource's own policy alone: a service has no identity policy.
 * Calls of services are made over TLS, for this account.
 * @returns what is missing, or `undefined`
 */
export function missingForService(
  statements: readonly Statement[],
  action: string,
  resource: string,
  account: string,
): string | undefined {
  const context = { 'aws:SourceAccount': account, 'aws:SecureTransport': 'true' };
  const verdict = evaluate({ action, resources: [resource], context }, statements);
  return verdict.allowed ? undefined : `${action}: ${verdict.missing}`;
}

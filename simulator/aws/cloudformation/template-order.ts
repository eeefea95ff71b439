import {
  type Dictionary,
  isDictionary,
  type Template,
  TemplateError,
  type TemplateResource,
} from './template-model.ts';

/** One `${...}` of Fn::Sub: `${!Literal}` stands for the text `${Literal}`; the rest names something. */
export const SUB_VARIABLE = /\$\{(!?)([^{}]*)\}/g;

/**
 * The logical ids in an order in which CloudFormation could create them one by one: each after all that it names in
 * `DependsOn`, `Ref`, `Fn::GetAtt` or `Fn::Sub`. Where the order is free, the template's own order decides, so the
 * result is the same at every run. Both branches of `Fn::If` count.
 * @throws TemplateError for a cycle, naming it, and for a `DependsOn` that names no resource.
 */
export function creationOrder(template: Template): string[] {
  const ids = Object.keys(template.Resources);
  const waiting = new Map(Object.entries(template.Resources).map(([id, r]) => [id, dependencies(template, id, r)]));
  const order: string[] = [];
  const done = new Set<string>();
  while (order.length < ids.length) {
    const next = ids.find((id) => !done.has(id) && [...(waiting.get(id) ?? [])].every((other) => done.has(other)));
    if (next === undefined) throw new TemplateError('Resources', `circular dependency: ${cycle(waiting, done)}`);
    done.add(next);
    order.push(next);
  }
  return order;
}

/** The resources that one resource waits for, in the order of their first mention. */
export function dependencies(template: Template, logicalId: string, resource: TemplateResource): Set<string> {
  const found = new Set<string>();
  const isResource = (name: string) => Object.hasOwn(template.Resources, name);
  const dependsOn = resource.DependsOn ?? [];
  for (const name of typeof dependsOn === 'string' ? [dependsOn] : dependsOn) {
    if (!isResource(name)) throw new TemplateError(`${logicalId}.DependsOn`, `names ${name}, which is no resource`);
    found.add(name);
  }
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const item of node) visit(item);
    if (!isDictionary(node)) return;
    for (const name of mentions(node)) if (isResource(name)) found.add(name);
    for (const item of Object.values(node)) visit(item);
  };
  visit(resource.Properties);
  visit(resource.UpdatePolicy);
  visit(resource.CreationPolicy);
  return found;
}

function mentions(node: Dictionary): string[] {
  const { Ref: ref, 'Fn::GetAtt': getAtt, 'Fn::Sub': sub } = node;
  const names: string[] = [];
  if (typeof ref === 'string') names.push(ref);
  if (typeof getAtt === 'string') names.push(getAtt.split('.')[0] ?? '');
  if (Array.isArray(getAtt) && typeof getAtt[0] === 'string') names.push(getAtt[0]);
  const [text, variables] = Array.isArray(sub) ? sub : [sub, {}];
  if (typeof text === 'string') {
    for (const [, literal, name = ''] of text.matchAll(SUB_VARIABLE)) {
      const own = isDictionary(variables) && Object.hasOwn(variables, name);
      if (literal === '' && !own) names.push(name.trim().split('.')[0] ?? '');
    }
  }
  return names;
}

/** Follows first unmet dependencies until one repeats; every resource left over waits for one, so it must. */
function cycle(waiting: ReadonlyMap<string, ReadonlySet<string>>, done: ReadonlySet<string>): string {
  const trail: string[] = [];
  let at = [...waiting.keys()].find((id) => !done.has(id)) ?? '';
  while (!trail.includes(at)) {
    trail.push(at);
    at = [...(waiting.get(at) ?? [])].find((id) => !done.has(id)) ?? '';
  }
  return [...trail.slice(trail.indexOf(at)), at].join(' -> ');
}

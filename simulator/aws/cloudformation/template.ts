/**
 * Resolves a synthesized CloudFormation template into plain values, strictly: an intrinsic, parameter, attribute or
 * section that is not known is a {@link TemplateError} naming its place. Nothing is skipped. Not resolved on purpose:
 * `Metadata` (the deployed stack does not act on it). Import the model and the property accessors from here too.
 *
 * Source of the rules: AWS CloudFormation User Guide, "Intrinsic function reference", "Pseudo parameters reference".
 */

import { Intrinsics, type Reference, type ResolverOptions } from './template-intrinsics.ts';
import { type Dictionary, isDictionary, kindOf, readTemplate, type Template, TemplateError } from './template-model.ts';
import { creationOrder } from './template-order.ts';

export type { Reference, ResolverOptions } from './template-intrinsics.ts';
export {
  type Dictionary,
  readTemplate,
  type Template,
  TemplateError,
  type TemplateResource,
} from './template-model.ts';
export { creationOrder, dependencies } from './template-order.ts';
export {
  bool,
  has,
  list,
  num,
  object,
  onlyKnown,
  type Properties,
  properties,
  str,
  strings,
  tags,
} from './template-properties.ts';

/** A resource with all intrinsics resolved. */
export interface ResolvedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Dictionary;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
  readonly updatePolicy: Dictionary | undefined;
  readonly creationPolicy: Dictionary | undefined;
  readonly metadata: Dictionary | undefined;
}

export interface ResolvedOutput {
  readonly value: unknown;
  readonly exportName: string | undefined;
}

export interface ResolvedTemplate {
  readonly region: string;
  readonly account: string;
  readonly partition: string;
  /** Keyed by logical id, in creation order; resources whose condition is false are absent. */
  readonly resources: Readonly<Record<string, ResolvedResource>>;
  readonly references: Readonly<Record<string, Reference>>;
  readonly outputs: Readonly<Record<string, ResolvedOutput>>;
}

export interface ResolveOptions extends ResolverOptions {
  /** Called once for each resource, in creation order, with resolved properties. */
  references(logicalId: string, resource: ResolvedResource): Reference;
}

/** Resolves a whole template in one go; see {@link Resolver} for one resource at a time. @throws TemplateError */
export function resolveTemplate(source: unknown, options: ResolveOptions): ResolvedTemplate {
  const resolver = new Resolver(source, options);
  const resources: Record<string, ResolvedResource> = {};
  const references: Record<string, Reference> = {};
  for (const id of resolver.order) {
    const resource = resolver.resource(id);
    resources[id] = resource;
    references[id] = options.references(id, resource);
    resolver.provide(id, references[id]);
  }
  const { region, account } = options;
  return { region, account, partition: resolver.partition, resources, references, outputs: resolver.outputs() };
}

/** What does not depend on the options, by the template as it was given: thousands of worlds are made from one. */
const plans = new WeakMap<object, { readonly template: Template; readonly order: readonly string[] }>();

function planOf(source: unknown) {
  const known = isDictionary(source) ? plans.get(source) : undefined;
  if (known) return known;
  const template = readTemplate(source);
  const plan = { template, order: creationOrder(template) };
  if (isDictionary(source)) plans.set(source, plan);
  return plan;
}

/**
 * Resolves resource by resource, for creations that take time (a custom resource's attributes come from a function):
 * for each id of `order`, call {@link resource}, create it, then {@link provide} its reference; last {@link outputs}.
 */
export class Resolver {
  readonly template: Template;
  /** Logical ids to create, in order; without those whose condition is false. */
  readonly order: readonly string[];
  readonly partition: string;
  readonly #intrinsics: Intrinsics;

  constructor(source: unknown, options: ResolverOptions) {
    const { template, order } = planOf(source);
    this.template = template;
    this.#intrinsics = new Intrinsics(this.template, options);
    this.partition = this.#intrinsics.partition;
    this.#assertRules();
    this.order = order.filter((id) => {
      const condition = this.template.Resources[id]?.Condition;
      return condition === undefined || this.#intrinsics.condition(condition, `${id}.Condition`);
    });
  }

  /** The resource with its intrinsics resolved. @throws TemplateError if it names one not provided yet */
  resource(logicalId: string): ResolvedResource {
    const raw = this.template.Resources[logicalId];
    if (!raw) throw new TemplateError(logicalId, 'is no resource of the template');
    const part = (value: Dictionary | undefined, name: string) =>
      value === undefined ? undefined : this.#intrinsics.dictionary(value, `${logicalId}.${name}`);
    return {
      logicalId,
      type: raw.Type,
      properties: part(raw.Properties, 'Properties') ?? {},
      dependsOn: typeof raw.DependsOn === 'string' ? [raw.DependsOn] : (raw.DependsOn ?? []),
      deletionPolicy: raw.DeletionPolicy,
      updateReplacePolicy: raw.UpdateReplacePolicy,
      updatePolicy: part(raw.UpdatePolicy, 'UpdatePolicy'),
      creationPolicy: part(raw.CreationPolicy, 'CreationPolicy'),
      metadata: raw.Metadata,
    };
  }

  /** Makes a created resource known to those that name it. */
  provide(logicalId: string, reference: Reference): void {
    this.#intrinsics.references.set(logicalId, reference);
  }

  /** The stack's outputs; those with a false condition are absent. */
  outputs(): Record<string, ResolvedOutput> {
    const outputs: Record<string, ResolvedOutput> = {};
    for (const [name, { Condition: condition, ...output }] of Object.entries(this.template.Outputs)) {
      const path = `Outputs.${name}`;
      if (condition !== undefined && !this.#intrinsics.condition(condition, `${path}.Condition`)) continue;
      const { Value: value, Export: exported } = this.#intrinsics.dictionary(output, path);
      const exportName = isDictionary(exported) ? String(exported.Name) : undefined;
      outputs[name] = { value, exportName };
    }
    return outputs;
  }

  #assertRules(): void {
    for (const [name, rule] of Object.entries(this.template.Rules)) {
      const path = `Rules.${name}`;
      if (rule.RuleCondition !== undefined && !this.#intrinsics.condition(rule.RuleCondition, `${path}.RuleCondition`))
        continue;
      for (const assertion of Array.isArray(rule.Assertions) ? rule.Assertions : []) {
        if (!this.#intrinsics.condition(assertion.Assert, `${path}.Assertions`)) {
          throw new TemplateError(path, `assertion failed: ${assertion.AssertDescription ?? kindOf(assertion.Assert)}`);
        }
      }
    }
  }
}

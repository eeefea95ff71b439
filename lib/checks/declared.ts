import { CfnOutput, CfnParameter, CfnResource, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export type Json = Readonly<Record<string, unknown>>;

/** A resource as the template will hold it, raw overrides and aspects included. */
export interface Declared {
  readonly construct: CfnResource;
  readonly stack: Stack;
  readonly type: string;
  readonly logicalId: string;
  readonly properties: Json;
  readonly condition: string | undefined;
  readonly deletionPolicy: unknown;
  readonly updateReplacePolicy: unknown;
}

/** What stands for one value of one resource, here or elsewhere. */
const LEAVES = ['Ref', 'Fn::GetAtt', 'Fn::ImportValue', 'Fn::GetStackOutput'];

/** The resources of an app, rendered when they are first asked for: most of an app is of no interest to these checks. */
export class DeclaredResources {
  readonly #byType = new Map<string, CfnResource[]>();
  readonly #byId = new Map<Stack, ReadonlyMap<string, CfnResource>>();
  readonly #outputs: CfnOutput[] = [];
  readonly #parameters: CfnParameter[] = [];
  readonly #rendered = new Map<CfnResource, Declared>();

  constructor(scope: IConstruct) {
    for (const construct of scope.node.findAll()) {
      if (construct instanceof CfnOutput) this.#outputs.push(construct);
      if (construct instanceof CfnParameter) this.#parameters.push(construct);
      if (!CfnResource.isCfnResource(construct)) continue;
      const same = this.#byType.get(construct.cfnResourceType);
      if (same) same.push(construct);
      else this.#byType.set(construct.cfnResourceType, [construct]);
    }
  }

  /** All resources of a type, in the account and Region of `beside`. */
  of(type: string, beside: Declared): Declared[] {
    return this.#ofType(type).filter(({ stack }) => stack.environment === beside.stack.environment);
  }

  /** All of a type that may be deployed beside it: a stack without `env` goes to any account and Region. */
  perhapsOf(type: string, beside: Declared): Declared[] {
    return this.#ofType(type).filter(
      ({ stack }) =>
        stack.environment !== beside.stack.environment &&
        mayEqual(stack.account, beside.stack.account) &&
        mayEqual(stack.region, beside.stack.region),
    );
  }

  /** The resources of these types that name `target` in any part. */
  naming(target: Declared, types: RegExp): Declared[] {
    return [...this.#byType.keys()]
      .filter((type) => types.test(type))
      .flatMap((type) => this.of(type, target))
      .filter((resource) => this.mentioned(resource.properties, resource).has(target));
  }

  /** The default of the parameter that a `Ref` in `from` names: of one of Systems Manager, the name of that. */
  defaultOf(value: unknown, from: Declared): unknown {
    const id = objectOf(value)?.Ref;
    return this.#parameters.find(
      (parameter) => Stack.of(parameter) === from.stack && from.stack.resolve(parameter.logicalId) === id,
    )?.default;
  }

  #ofType(type: string): Declared[] {
    return (this.#byType.get(type) ?? []).map((construct) => this.render(construct));
  }

  render(construct: CfnResource): Declared {
    const known = this.#rendered.get(construct);
    if (known) return known;
    const stack = Stack.of(construct);
    // Typed properties miss raw overrides and generic resources; this is what the CDK itself writes the template from.
    const { Resources = {} } = stack.resolve(construct._toCloudFormation()) as { Resources?: Record<string, Json> };
    const [[logicalId, resource] = ['', {} as Json]] = Object.entries(Resources);
    const declared: Declared = {
      construct,
      stack,
      type: construct.cfnResourceType,
      logicalId,
      properties: objectOf(resource.Properties) ?? {},
      condition: resource.Condition as string | undefined,
      deletionPolicy: resource.DeletionPolicy,
      updateReplacePolicy: resource.UpdateReplacePolicy,
    };
    this.#rendered.set(construct, declared);
    return declared;
  }

  /** The resource that a `Ref` or `Fn::GetAtt` in `from` names, or what another stack of the app hands over. */
  named(value: unknown, from: Declared): Declared | undefined {
    const output = this.#handedOver(value);
    const stack = output ? Stack.of(output) : from.stack;
    const id = referenceOf(output ? stack.resolve(output.value) : value);
    const construct = id === undefined ? undefined : this.#idsOf(stack).get(id);
    return construct && this.render(construct);
  }

  /**
   * What any part of a value in `from` names: the resources of the app, and `undefined` once where a part is known at deployment
   * only (a parameter, an import from elsewhere).
   */
  mentioned(value: unknown, from: Declared): Set<Declared | undefined> {
    if (Array.isArray(value)) return new Set(value.flatMap((item) => [...this.mentioned(item, from)]));
    const object = objectOf(value);
    if (!object) return new Set();
    if (String(object.Ref).startsWith('AWS::')) return new Set();
    if (LEAVES.some((key) => key in object)) return new Set([this.named(value, from)]);
    const names = [...(substituted(object) ?? '').matchAll(SUBSTITUTED)].map(([, name = '']) => ({
      Ref: name.split('.')[0],
    }));
    return new Set([...names, ...Object.values(object)].flatMap((item) => [...this.mentioned(item, from)]));
  }

  /** The output behind an import; the CDK writes either, as its flag defaultCrossStackReferences says. */
  #handedOver(value: unknown): CfnOutput | undefined {
    const object = objectOf(value);
    const imported = object?.['Fn::ImportValue'];
    const of = objectOf(object?.['Fn::GetStackOutput']);
    if (imported !== undefined) return this.#outputs.find(({ exportName }) => exportName === imported);
    if (!of) return undefined;
    return this.#outputs.find((output) => {
      const stack = Stack.of(output);
      return stack.stackName === of.StackName && stack.resolve(output.logicalId) === of.OutputName;
    });
  }

  #idsOf(stack: Stack): ReadonlyMap<string, CfnResource> {
    const known = this.#byId.get(stack);
    if (known) return known;
    const constructs = [...this.#byType.values()].flat().filter((construct) => Stack.of(construct) === stack);
    const ids = new Map(constructs.map((construct) => [String(stack.resolve(construct.logicalId)), construct]));
    this.#byId.set(stack, ids);
    return ids;
  }
}

/** Accounts or Regions of two stacks; a token stands for whatever it is deployed to. */
function mayEqual(a: string, b: string): boolean {
  return a === b || Token.isUnresolved(a) || Token.isUnresolved(b);
}

/** The logical id in a `Ref` or `Fn::GetAtt`. */
export function referenceOf(value: unknown): string | undefined {
  const object = objectOf(value);
  if (typeof object?.Ref === 'string') return object.Ref;
  const getAtt = object?.['Fn::GetAtt'];
  if (typeof getAtt === 'string') return getAtt.split('.')[0];
  return Array.isArray(getAtt) && typeof getAtt[0] === 'string' ? getAtt[0] : undefined;
}

export function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** Whether the value is known only at deployment: `Ref`, `Fn::GetAtt`, `Fn::Join` ... */
export function isIntrinsic(value: unknown): boolean {
  const keys = Object.keys(objectOf(value) ?? {});
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0]?.startsWith('Fn::') === true);
}

/** The list without what is left out at deployment, or nothing when it is absent. Whoever calls has asked {@link isIntrinsic} first. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.filter((item) => referenceOf(item) !== 'AWS::NoValue') : [];
}

/** Whether two values of two resources are the same once deployed; `undefined` when that cannot be known before. */
export function sameValue(a: unknown, of: Declared, b: unknown, ofOther: Declared): boolean | undefined {
  const deferred = typeof a === 'object' || typeof b === 'object';
  if (!deferred) return String(a) === String(b);
  return of.stack === ofOther.stack && JSON.stringify(a) === JSON.stringify(b) ? true : undefined;
}

/** A value in a message: texts as they are, intrinsics as JSON. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? 'nothing');
}

/** A text whose form is known, its references as `*`; `undefined` for one that is known at deployment only. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const object = objectOf(value);
  const [separator, parts] = listOf(object?.['Fn::Join']);
  if (Array.isArray(parts)) return parts.map((part) => (typeof part === 'string' ? part : '*')).join(String(separator));
  const sub = substituted(object);
  return sub?.replace(SUBSTITUTED, '*');
}

const SUBSTITUTED = /\$\{([^!}][^}]*)\}/g;

/** The text of an `Fn::Sub`. */
function substituted(object: Json | undefined): string | undefined {
  const sub = object?.['Fn::Sub'];
  const text = Array.isArray(sub) ? sub[0] : sub;
  return typeof text === 'string' ? text : undefined;
}

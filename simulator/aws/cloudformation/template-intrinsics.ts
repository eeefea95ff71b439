import { type Dictionary, isDictionary, kindOf, type Template, TemplateError } from './template-model.ts';
import { SUB_VARIABLE } from './template-order.ts';
import { parameterValues } from './template-parameters.ts';

/** What other resources see of a created one: its physical id (`Ref`) and its attributes (`Fn::GetAtt`). */
export interface Reference {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
}

export interface ResolverOptions {
  readonly region: string;
  readonly account: string;
  /** Values of `AWS::StackName` and, if `stackId` is not given, part of `AWS::StackId`; using either without it throws. */
  readonly stackName?: string;
  readonly stackId?: string;
  /** Values by parameter name; for `AWS::SSM::Parameter::Value<..>` the resolved value, not the SSM name. */
  readonly parameters?: Readonly<Record<string, string | readonly string[]>>;
  /** Zones of the Region, for `Fn::GetAZs`. @default the first three letters */
  readonly availabilityZones?: readonly string[];
}

export const NO_VALUE = Symbol('AWS::NoValue');
const CONDITION_FUNCTIONS = ['Fn::Equals', 'Fn::And', 'Fn::Or', 'Fn::Not', 'Fn::Contains', 'Condition'];

/** By the part of the template as it was given: thousands of worlds share it, and what was read out of it. */
const plain = new WeakMap<object, boolean>();

/** Whether there is nothing to be resolved in a part of a template. */
function isPlain(node: unknown): boolean {
  if (typeof node === 'string') return !node.includes('{{resolve:');
  if (typeof node !== 'object' || node === null) return true;
  const known = plain.get(node);
  if (known !== undefined) return known;
  const found =
    !Object.keys(node).some((key) => key === 'Ref' || key.startsWith('Fn::')) && Object.values(node).every(isPlain);
  plain.set(node, found);
  return found;
}

/** Evaluates intrinsic functions and conditions of one template; every place it cannot evaluate is a TemplateError. */
export class Intrinsics {
  readonly template: Template;
  readonly partition: string;
  /** What `Ref` and `Fn::GetAtt` see, by logical id; filled while resources are created. */
  readonly references = new Map<string, Reference>();
  readonly #options: ResolverOptions;
  readonly #parameters: Readonly<Record<string, string | readonly string[]>>;
  /** Conditions being evaluated, to name a cycle among them. */
  readonly #evaluating: string[] = [];

  constructor(template: Template, options: ResolverOptions) {
    this.template = template;
    this.#options = options;
    this.#parameters = parameterValues(template.Parameters, options.parameters ?? {});
    this.partition = partitionOf(options.region);
  }

  /** Any value with its intrinsics resolved; {@link NO_VALUE} where the template says there is none. */
  value(node: unknown, path: string): unknown {
    if (isPlain(node)) return node;
    if (typeof node === 'string') {
      throw new TemplateError(path, `dynamic reference ${kindOf(node)} is not known to the simulation`);
    }
    if (Array.isArray(node)) {
      return node.map((item, i) => this.value(item, `${path}[${i}]`)).filter((item) => item !== NO_VALUE);
    }
    if (!isDictionary(node)) return node;
    const keys = Object.keys(node);
    const intrinsic = keys.find((key) => key === 'Ref' || key.startsWith('Fn::'));
    if (intrinsic === undefined) return this.dictionary(node, path);
    if (keys.length > 1) throw new TemplateError(path, `${intrinsic} must stand alone, got ${keys.join(', ')}`);
    return this.#intrinsic(intrinsic, node[intrinsic], `${path}.${intrinsic}`);
  }

  /** An object with the intrinsics in it resolved, without the entries that have no value. */
  dictionary(node: Dictionary, path: string): Dictionary {
    if (isPlain(node)) return node;
    const entries = Object.entries(node).map(([key, value]) => [key, this.value(value, `${path}.${key}`)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== NO_VALUE));
  }

  #intrinsic(name: string, argument: unknown, path: string): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(this.#text(argument, path), path);
      case 'Fn::GetAtt':
        return this.#getAtt(argument, path);
      case 'Fn::Join': {
        const [separator, items] = this.#arguments(argument, path, 2);
        return this.#texts(items, path).join(this.#text(separator, path));
      }
      case 'Fn::Sub':
        return this.#sub(argument, path);
      case 'Fn::Select': {
        const [index, items] = this.#arguments(argument, path, 2);
        const choices = this.#items(items, path);
        const chosen = choices[Number(index)];
        if (chosen === undefined) throw new TemplateError(path, `index ${kindOf(index)} is not in ${kindOf(choices)}`);
        return chosen;
      }
      case 'Fn::Split': {
        const [separator, text] = this.#arguments(argument, path, 2);
        return this.#text(text, path).split(this.#text(separator, path));
      }
      case 'Fn::GetAZs':
        return this.#zones(this.#text(this.value(argument, path), path), path);
      case 'Fn::Base64':
        return Buffer.from(this.#text(this.value(argument, path), path)).toString('base64');
      case 'Fn::If': {
        if (!Array.isArray(argument) || argument.length !== 3) {
          throw new TemplateError(path, `must be [condition, then, else], got ${kindOf(argument)}`);
        }
        const branch = this.condition(argument[0], path) ? 1 : 2;
        return this.value(argument[branch], `${path}[${branch}]`);
      }
      case 'Fn::FindInMap': {
        const [map, first, second] = this.#arguments(argument, path, 3).map((key) => this.#text(key, path));
        const level = this.template.Mappings[map ?? ''];
        const row = isDictionary(level) ? level[first ?? ''] : undefined;
        const found = isDictionary(row) ? row[second ?? ''] : undefined;
        if (found === undefined) throw new TemplateError(path, `no entry ${map}.${first}.${second} in Mappings`);
        return found;
      }
      default:
        throw new TemplateError(path, `intrinsic function ${name} is not known to the simulation`);
    }
  }

  #ref(name: string, path: string): unknown {
    if (name.startsWith('AWS::')) return this.#pseudo(name, path);
    if (Object.hasOwn(this.#parameters, name)) return this.#parameters[name];
    return this.#reference(name, path).ref;
  }

  #pseudo(name: string, path: string): unknown {
    const { region, account, stackName, stackId } = this.#options;
    if (name === 'AWS::NoValue') return NO_VALUE;
    if (name === 'AWS::Region') return region;
    if (name === 'AWS::AccountId') return account;
    if (name === 'AWS::Partition') return this.partition;
    if (name === 'AWS::URLSuffix') return this.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
    if (name === 'AWS::StackName' && stackName !== undefined) return stackName;
    if (name === 'AWS::StackId' && stackId !== undefined) return stackId;
    if (name === 'AWS::StackId' && stackName !== undefined) {
      const id = '00000000-0000-4000-8000-000000000000';
      return `arn:${this.partition}:cloudformation:${region}:${account}:stack/${stackName}/${id}`;
    }
    throw new TemplateError(path, `pseudo parameter ${name} is not known, or no stackName was given`);
  }

  #reference(logicalId: string, path: string): Reference {
    const reference = this.references.get(logicalId);
    if (reference) return reference;
    const exists = Object.hasOwn(this.template.Resources, logicalId);
    const why = exists ? 'not created (its condition is false, or it comes later)' : 'no resource or parameter';
    throw new TemplateError(path, `${logicalId} is ${why}`);
  }

  #getAtt(argument: unknown, path: string): unknown {
    const parts = typeof argument === 'string' ? splitOnce(argument) : this.#arguments(argument, path, 2);
    const [logicalId, attribute] = parts.map((part) => this.#text(part, path));
    return this.#attribute(logicalId ?? '', attribute ?? '', path);
  }

  #attribute(logicalId: string, attribute: string, path: string): string | readonly string[] {
    const { attributes } = this.#reference(logicalId, path);
    const value = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    if (value !== undefined) return value;
    const type = this.template.Resources[logicalId]?.Type;
    const known = Object.keys(attributes).join(', ') || 'none';
    throw new TemplateError(path, `${logicalId} (${type}) has no attribute '${attribute}'; known: ${known}`);
  }

  #sub(argument: unknown, path: string): string {
    const [text, given] = Array.isArray(argument) ? argument : [argument, {}];
    if (typeof text !== 'string' || !isDictionary(given)) {
      throw new TemplateError(path, `must be a string or [string, {name: value}], got ${kindOf(argument)}`);
    }
    const variables = this.dictionary(given, path);
    return text.replaceAll(SUB_VARIABLE, (_whole, literal: string, raw: string) => {
      if (literal) return `\${${raw}}`;
      const name = raw.trim();
      if (Object.hasOwn(variables, name)) return this.#text(variables[name], path);
      const [id = '', attribute] = splitOnce(name);
      return this.#text(attribute ? this.#attribute(id, attribute, path) : this.#ref(name, path), path);
    });
  }

  #zones(region: string, path: string): readonly string[] {
    if (region !== '' && region !== this.#options.region) {
      throw new TemplateError(path, `zones of ${region} are not known; the stack is in ${this.#options.region}`);
    }
    return this.#options.availabilityZones ?? ['a', 'b', 'c'].map((letter) => `${this.#options.region}${letter}`);
  }

  /** Conditions are evaluated where they are used; `Fn::Contains` is for `Rules` only, as in CloudFormation. */
  condition(node: unknown, path: string): boolean {
    if (typeof node === 'string') {
      if (!Object.hasOwn(this.template.Conditions, node)) throw new TemplateError(path, `no condition ${node}`);
      if (this.#evaluating.includes(node)) throw new TemplateError(path, `condition ${node} depends on itself`);
      this.#evaluating.push(node);
      const outcome = this.condition(this.template.Conditions[node], `Conditions.${node}`);
      this.#evaluating.pop();
      return outcome;
    }
    const [name = '', ...others] = isDictionary(node) ? Object.keys(node) : [];
    if (!isDictionary(node) || others.length > 0 || !CONDITION_FUNCTIONS.includes(name)) {
      throw new TemplateError(path, `must be one of ${CONDITION_FUNCTIONS.join(', ')}, got ${kindOf(node)}`);
    }
    const argument = node[name];
    if (name === 'Condition') return this.condition(this.#text(argument, path), path);
    if (name === 'Fn::Equals') {
      const [left, right] = this.#arguments(argument, `${path}.${name}`, 2);
      return JSON.stringify(left) === JSON.stringify(right);
    }
    if (name === 'Fn::Contains') {
      const [items, item] = this.#arguments(argument, `${path}.${name}`, 2);
      return this.#items(items, path).includes(item);
    }
    if (!Array.isArray(argument)) throw new TemplateError(path, `${name} must be a list, got ${kindOf(argument)}`);
    const outcomes = argument.map((item, i) => this.condition(item, `${path}.${name}[${i}]`));
    if (name === 'Fn::Not') return !outcomes[0];
    return name === 'Fn::And' ? outcomes.every(Boolean) : outcomes.some(Boolean);
  }

  #arguments(node: unknown, path: string, count: number): readonly unknown[] {
    const values = this.#items(this.value(node, path), path);
    if (values.length !== count) throw new TemplateError(path, `takes ${count} arguments, got ${kindOf(values)}`);
    return values;
  }

  #items(value: unknown, path: string): readonly unknown[] {
    if (!Array.isArray(value)) throw new TemplateError(path, `must be a list, got ${kindOf(value)}`);
    return value;
  }

  #texts(value: unknown, path: string): string[] {
    return this.#items(value, path).map((item) => this.#text(item, path));
  }

  #text(value: unknown, path: string): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw new TemplateError(path, `must be a string, got ${kindOf(value)}`);
  }
}

function splitOnce(text: string): string[] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text] : [text.slice(0, dot), text.slice(dot + 1)];
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

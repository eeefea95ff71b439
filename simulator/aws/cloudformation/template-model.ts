/**
 * The shape of a CloudFormation template, checked on reading: a section or a resource attribute that the simulated
 * AWS does not know is an error by name, so that nothing in a template is silently without effect.
 */

/** A template that cannot be read or resolved; the message starts with the place, for example `Table.Properties.Name`. */
export class TemplateError extends Error {
  readonly path: string;
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = 'TemplateError';
    this.path = path;
  }
}

export type Dictionary = Readonly<Record<string, unknown>>;

/** One entry of `Resources`, intrinsics not resolved. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Dictionary;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly Metadata?: Dictionary;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly UpdatePolicy?: Dictionary;
  readonly CreationPolicy?: Dictionary;
}

/** A template as synthesized, intrinsics not resolved. */
export interface Template {
  readonly Parameters: Readonly<Record<string, Dictionary>>;
  readonly Mappings: Dictionary;
  readonly Conditions: Dictionary;
  readonly Rules: Readonly<Record<string, Dictionary>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs: Readonly<Record<string, Dictionary>>;
}

const INERT_SECTIONS = ['AWSTemplateFormatVersion', 'Description', 'Metadata'];
const SECTIONS = ['Parameters', 'Mappings', 'Conditions', 'Rules', 'Resources', 'Outputs'] as const;
const RESOURCE_KEYS: Readonly<Record<string, 'string' | 'object' | 'names'>> = {
  Type: 'string',
  Properties: 'object',
  DependsOn: 'names',
  Condition: 'string',
  Metadata: 'object',
  DeletionPolicy: 'string',
  UpdateReplacePolicy: 'string',
  UpdatePolicy: 'object',
  CreationPolicy: 'object',
};

/** A plain JSON object, neither list nor null. */
export function isDictionary(value: unknown): value is Dictionary {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a value is, in words for an error message. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** Checks the sections and the attributes of each resource. @throws TemplateError naming what is not known. */
export function readTemplate(value: unknown): Template {
  if (!isDictionary(value)) throw new TemplateError('template', `must be an object, got ${kindOf(value)}`);
  for (const section of Object.keys(value)) {
    if (!INERT_SECTIONS.includes(section) && !(SECTIONS as readonly string[]).includes(section)) {
      const allowed = [...INERT_SECTIONS, ...SECTIONS].join(', ');
      throw new TemplateError(section, `unknown template section; known are ${allowed}`);
    }
  }
  const section = (name: (typeof SECTIONS)[number]): Readonly<Record<string, Dictionary>> => {
    const content = value[name] ?? {};
    if (!isDictionary(content)) throw new TemplateError(name, `must be an object, got ${kindOf(content)}`);
    for (const [key, entry] of Object.entries(content)) {
      if (!isDictionary(entry)) throw new TemplateError(`${name}.${key}`, `must be an object, got ${kindOf(entry)}`);
    }
    return content as Readonly<Record<string, Dictionary>>;
  };
  const resources = section('Resources');
  return {
    Parameters: section('Parameters'),
    Mappings: section('Mappings'),
    Conditions: section('Conditions'),
    Rules: section('Rules'),
    Resources: Object.fromEntries(Object.entries(resources).map(([id, raw]) => [id, readResource(id, raw)])),
    Outputs: section('Outputs'),
  };
}

function readResource(logicalId: string, raw: Dictionary): TemplateResource {
  for (const [key, value] of Object.entries(raw)) {
    const kind = RESOURCE_KEYS[key];
    const path = `${logicalId}.${key}`;
    if (!kind) {
      throw new TemplateError(path, `unknown resource attribute; known are ${Object.keys(RESOURCE_KEYS).join(', ')}`);
    }
    const isNames = typeof value === 'string' || (Array.isArray(value) && value.every((v) => typeof v === 'string'));
    const fits = kind === 'names' ? isNames : kind === 'object' ? isDictionary(value) : typeof value === 'string';
    if (!fits) throw new TemplateError(path, `must be ${kind}, got ${kindOf(value)}`);
  }
  if (raw.Type === undefined) throw new TemplateError(`${logicalId}.Type`, 'is missing');
  return raw as unknown as TemplateResource;
}

import { type Dictionary, isDictionary, kindOf, TemplateError } from './template-model.ts';

/**
 * Typed reading of resolved properties. Each accessor throws a TemplateError that names the resource, the property, the
 * value received and the type wanted; a missing property throws too, unless a fallback is given. As CloudFormation
 * does, numbers and booleans are also read from strings (`"20"`, `"true"`) and strings from numbers and booleans.
 */
export interface Properties {
  /** Where these properties are, for example `Policy.Properties.PolicyDetails`. */
  readonly path: string;
  readonly values: Dictionary;
}

/** The properties of a resolved resource, to be read with the accessors of this file. */
export function properties(resource: { readonly logicalId: string; readonly properties: Dictionary }): Properties {
  return { path: `${resource.logicalId}.Properties`, values: resource.properties };
}

/** Whether a property is given. */
export function has(p: Properties, key: string): boolean {
  return p.values[key] !== undefined;
}

/** Throws for every property outside `allowed`: what a service does not simulate must not be ignored. */
export function onlyKnown(p: Properties, allowed: readonly string[]): void {
  const unknown = Object.keys(p.values).filter((key) => !allowed.includes(key));
  if (unknown.length > 0) {
    throw new TemplateError(p.path, `unknown ${unknown.join(', ')}; the simulation knows ${allowed.join(', ')}`);
  }
}

export function str(p: Properties, key: string, fallback?: string): string {
  return read(p, key, 'a string', toStr, fallback);
}

export function num(p: Properties, key: string, fallback?: number): number {
  return read(p, key, 'a number', toNum, fallback);
}

export function bool(p: Properties, key: string, fallback?: boolean): boolean {
  return read(p, key, 'true or false', toBool, fallback);
}

/** A list of strings. */
export function strings(p: Properties, key: string, fallback?: readonly string[]): readonly string[] {
  return read(p, key, 'a list of strings', (v) => each(v, toStr), fallback);
}

/** A list of objects, each to be read with these accessors in turn. */
export function list(p: Properties, key: string, fallback?: readonly Properties[]): readonly Properties[] {
  const values = read(
    p,
    key,
    'a list of objects',
    (v) => each(v, toObject),
    fallback?.map((f) => f.values),
  );
  return values.map((item, i) => ({ path: `${p.path}.${key}[${i}]`, values: item }));
}

/** A nested object, to be read with these accessors in turn. */
export function object(p: Properties, key: string, fallback?: Dictionary): Properties {
  return { path: `${p.path}.${key}`, values: read(p, key, 'an object', toObject, fallback) };
}

/** A list of `{Key, Value}`, as resources carry tags. */
export function tags(p: Properties, key: string, fallback?: Record<string, string>): Record<string, string> {
  if (!has(p, key) && fallback) return fallback;
  return Object.fromEntries(list(p, key).map((tag) => [str(tag, 'Key'), str(tag, 'Value')]));
}

function read<T>(p: Properties, key: string, wanted: string, parse: (v: unknown) => T | undefined, fallback?: T): T {
  const value = p.values[key];
  const path = `${p.path}.${key}`;
  if (value === undefined) {
    if (fallback !== undefined) return fallback;
    throw new TemplateError(path, `is missing; must be ${wanted}`);
  }
  const parsed = parse(value);
  if (parsed === undefined) throw new TemplateError(path, `must be ${wanted}, got ${kindOf(value)}`);
  return parsed;
}

const toStr = (v: unknown) =>
  typeof v === 'string' ? v : typeof v === 'number' || typeof v === 'boolean' ? String(v) : undefined;
const toObject = (v: unknown) => (isDictionary(v) ? v : undefined);

function toNum(v: unknown): number | undefined {
  if (typeof v !== 'number' && (typeof v !== 'string' || v.trim() === '')) return undefined;
  return Number.isFinite(Number(v)) ? Number(v) : undefined;
}

function toBool(v: unknown): boolean | undefined {
  if (v === true || v === 'true') return true;
  return v === false || v === 'false' ? false : undefined;
}

function each<T>(v: unknown, parse: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(v)) return undefined;
  const items = v.map(parse);
  return items.every((item) => item !== undefined) ? (items as T[]) : undefined;
}

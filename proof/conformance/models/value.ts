import type { ServiceModel, Shape, ShapeReference } from './model.ts';

/** Says what is wrong with the value at a path. */
export type Complain = (path: string, what: string) => void;

const patterns = new Map<string, RegExp | undefined>();

/** A pattern as the service holds it against the whole text. Some use what only Java knows: `undefined`. */
function whole(pattern: string): RegExp | undefined {
  if (!patterns.has(pattern)) {
    let made: RegExp | undefined;
    try {
      made = new RegExp(`^(?:${pattern.replaceAll('\\p{all}', '\\s\\S')})$`, 's');
    } catch {
      made = undefined;
    }
    patterns.set(pattern, made);
  }
  return patterns.get(pattern);
}

/**
 * Holds one value against the shape that AWS's model gives it: members that are not known, required ones that are missing,
 * types, enumerations, lengths, ranges and patterns. What the SDK leaves out (`undefined`) is not there.
 */
export class ValueJudge {
  readonly #model: ServiceModel;
  readonly #complain: Complain;
  /** Patterns that only Java understands: what should match them was passed. */
  readonly unjudged = new Set<string>();

  constructor(model: ServiceModel, complain: Complain) {
    this.#model = model;
    this.#complain = complain;
  }

  judge(value: unknown, reference: ShapeReference, path: string): void {
    const shape = this.#model.shapes[reference.shape];
    if (!shape) throw new Error(`the model of ${this.#model.metadata.serviceId} has no shape ${reference.shape}`);
    const type = TYPES[shape.type];
    if (!type) throw new Error(`nobody here knows shapes of the type ${shape.type} (${reference.shape})`);
    if (!type.is(value)) this.#complain(path, `${kind(value)}, and not ${type.called}`);
    else if (shape.type === 'structure') this.#structure(value as Record<string, unknown>, shape, path);
    else if (shape.type === 'list') this.#list(value as readonly unknown[], shape, path);
    else if (shape.type === 'map') this.#map(value as Record<string, unknown>, shape, path);
    else if (shape.type === 'string') this.#text(value as string, shape, path);
    else if (typeof value === 'number') this.#range(value, shape, path, '');
  }

  #structure(value: Readonly<Record<string, unknown>>, shape: Shape, path: string): void {
    const members = shape.members ?? {};
    let given = 0;
    for (const [name, each] of Object.entries(value)) {
      if (each === undefined) continue;
      given++;
      const member = Object.hasOwn(members, name) ? members[name] : undefined;
      if (member) this.judge(each, member, `${path}.${name}`);
      else this.#complain(`${path}.${name}`, 'a member that is not known');
    }
    for (const name of shape.required ?? [])
      if (value[name] === undefined) this.#complain(`${path}.${name}`, 'missing, and required');
    if (shape.union && given !== 1) this.#complain(path, `${given} members of a union, and not one`);
  }

  #list(value: readonly unknown[], shape: Shape, path: string): void {
    this.#range(value.length, shape, path, ' entries');
    if (shape.member) for (const each of value) this.judge(each, shape.member, `${path}[]`);
  }

  #map(value: Readonly<Record<string, unknown>>, shape: Shape, path: string): void {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    this.#range(entries.length, shape, path, ' entries');
    for (const [key, each] of entries) {
      if (shape.key) this.judge(key, shape.key, `${path}{key}`);
      if (shape.value) this.judge(each, shape.value, `${path}{}`);
    }
  }

  #text(value: string, shape: Shape, path: string): void {
    if (shape.enum && !shape.enum.includes(value)) this.#complain(path, `"${value}", and not one of the enumeration`);
    this.#range([...value].length, shape, path, ' characters');
    if (shape.pattern === undefined) return;
    const pattern = whole(shape.pattern);
    if (!pattern) this.unjudged.add(shape.pattern);
    else if (!pattern.test(value)) this.#complain(path, `does not match ${shape.pattern}`);
  }

  #range(size: number, { min, max }: Shape, path: string, unit: string): void {
    if (min !== undefined && size < min) this.#complain(path, `${size}${unit}, and not at least ${min}`);
    if (max !== undefined && size > max) this.#complain(path, `${size}${unit}, and not at most ${max}`);
  }
}

/** As the SDK takes and gives them: moments are dates, and bytes are arrays of them. */
const TYPES: Readonly<Record<string, { readonly called: string; is(value: unknown): boolean }>> = {
  structure: { called: 'an object', is: isObject },
  map: { called: 'a map', is: isObject },
  list: { called: 'a list', is: Array.isArray },
  string: { called: 'a text', is: (value) => typeof value === 'string' },
  integer: { called: 'a whole number', is: Number.isInteger },
  long: { called: 'a whole number', is: Number.isInteger },
  float: { called: 'a number', is: (value) => typeof value === 'number' },
  double: { called: 'a number', is: (value) => typeof value === 'number' },
  boolean: { called: 'true or false', is: (value) => typeof value === 'boolean' },
  timestamp: { called: 'a moment', is: (value) => value instanceof Date && !Number.isNaN(value.getTime()) },
  blob: { called: 'bytes', is: (value) => value instanceof Uint8Array },
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a moment';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

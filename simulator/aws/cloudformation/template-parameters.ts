import { type Dictionary, kindOf, TemplateError } from './template-model.ts';

type Value = string | readonly string[];

const SSM_VALUE = /^AWS::SSM::Parameter::Value<(.+)>$/;
const LIST = /^(?:List<.+>|CommaDelimitedList)$/;
const SCALAR = /^(?:String|Number|AWS::SSM::Parameter::Name|AWS::EC2::[A-Za-z:]+|AWS::Route53::HostedZone::Id)$/;
const KNOWN_KEYS = [
  ...['Type', 'Default', 'Description', 'NoEcho', 'ConstraintDescription', 'AllowedValues', 'AllowedPattern'],
  ...['MinLength', 'MaxLength', 'MinValue', 'MaxValue'],
];

/**
 * The value of each template parameter: the one given, else the default. A parameter that takes its value from the
 * Systems Manager parameter store gets a synthetic value that depends on the store's name alone: an AMI id for
 * `AWS::EC2::Image::Id`, else a text naming the source.
 * @throws TemplateError for an unknown type, key or name, a missing value, and a value that its constraints exclude
 */
export function parameterValues(
  declared: Readonly<Record<string, Dictionary>>,
  given: Readonly<Record<string, Value>>,
): Record<string, Value> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(declared, name)) throw new TemplateError(`Parameters.${name}`, 'given, but not declared');
  }
  return Object.fromEntries(Object.entries(declared).map(([name, spec]) => [name, parameter(name, spec, given[name])]));
}

function parameter(name: string, spec: Dictionary, given: Value | undefined): Value {
  const path = `Parameters.${name}`;
  const unknown = Object.keys(spec).find((key) => !KNOWN_KEYS.includes(key));
  if (unknown) throw new TemplateError(`${path}.${unknown}`, `unknown; known are ${KNOWN_KEYS.join(', ')}`);
  const type = String(spec.Type);
  const stored = SSM_VALUE.exec(type)?.[1];
  if (![SCALAR, LIST].some((known) => known.test(stored ?? type))) {
    throw new TemplateError(`${path}.Type`, `parameter type ${kindOf(spec.Type)} is not known to the simulation`);
  }
  const value = given ?? (spec.Default === undefined ? undefined : String(spec.Default));
  if (value === undefined) throw new TemplateError(path, 'has no default and no value was given');
  if (stored) {
    const one = given ?? synthetic(stored, String(value));
    return LIST.test(stored) && typeof one === 'string' ? [one] : one;
  }
  const items = typeof value === 'string' && LIST.test(type) ? value.split(',').map((item) => item.trim()) : value;
  for (const item of typeof items === 'string' ? [items] : items) constrain(path, spec, item);
  return items;
}

function constrain(path: string, spec: Dictionary, value: string): void {
  const { AllowedValues: allowed, AllowedPattern: pattern } = spec;
  if (Array.isArray(allowed) && !allowed.map(String).includes(value)) {
    throw new TemplateError(path, `must be one of ${allowed.join(', ')}, got ${kindOf(value)}`);
  }
  if (typeof pattern === 'string' && !new RegExp(`^(?:${pattern})$`).test(value)) {
    throw new TemplateError(path, `must match ${pattern}, got ${kindOf(value)}`);
  }
  if (spec.Type === 'Number' && !Number.isFinite(Number(value))) {
    throw new TemplateError(path, `must be a number, got ${kindOf(value)}`);
  }
  between(path, 'length', value.length, spec.MinLength, spec.MaxLength);
  if (spec.Type === 'Number') between(path, 'value', Number(value), spec.MinValue, spec.MaxValue);
}

function between(path: string, what: string, actual: number, min: unknown, max: unknown): void {
  if ((min === undefined || actual >= Number(min)) && (max === undefined || actual <= Number(max))) return;
  throw new TemplateError(path, `${what} must be from ${min ?? 'any'} to ${max ?? 'any'}, got ${actual}`);
}

function synthetic(type: string, storeName: string): string {
  return type.includes('AWS::EC2::Image::Id') ? `ami-0${digits(storeName)}` : `value-of-${storeName}`;
}

/** 16 hex digits from a text (FNV-1a, 64 bit): stable over runs, and different for different names. */
function digits(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString(16).padStart(16, '0');
}

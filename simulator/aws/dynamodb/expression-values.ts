import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item, or a map inside one, as the SDK's commands carry it. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** A request that DynamoDB refuses, with its own words where they are known. Carries the name that the SDK gives it. */
export class ValidationException extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ValidationException';
  }
}

/** A request that DynamoDB accepts and this simulation does not know: extend the simulation, do not catch this. */
export class NotSimulatedError extends Error {
  constructor(what: string) {
    super(`DynamoDB simulation: ${what} is not simulated`);
    this.name = 'NotSimulatedError';
  }
}

const TYPES = ['S', 'N', 'BOOL', 'NULL', 'M', 'L', 'SS'] as const;
export type ValueType = (typeof TYPES)[number];

/** A step into a document: an attribute name, or an index into a list. */
export type Step = string | number;

/** The one type of an attribute value. @throws NotSimulatedError for binary values and sets of numbers */
export function typeOf(value: AttributeValue): ValueType {
  const [type, ...others] = Object.entries(value).flatMap(([key, content]) => (content === undefined ? [] : [key]));
  if (type === undefined || others.length > 0) {
    throw new ValidationException('Supplied AttributeValue must contain exactly one of the supported datatypes');
  }
  const known = TYPES.find((name) => name === type);
  if (!known) throw new NotSimulatedError(`attribute type ${type}`);
  return known;
}

/** Equality of DynamoDB: types must agree, numbers by value, sets without order, documents in depth. */
export function equals(a: AttributeValue, b: AttributeValue): boolean {
  if (typeOf(a) !== typeOf(b)) return false;
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N) === 0;
  if (a.SS && b.SS) return JSON.stringify([...a.SS].sort()) === JSON.stringify([...b.SS].sort());
  if (a.L && b.L) {
    const other = b.L;
    return a.L.length === other.length && a.L.every((item, i) => equals(item, other[i] ?? { NULL: true }));
  }
  if (a.M && b.M) {
    const other = b.M;
    const keys = Object.keys(a.M);
    return keys.length === Object.keys(other).length && keys.every((key) => sameAt(a.M, other, key));
  }
  return a.S === b.S && a.BOOL === b.BOOL && a.NULL === b.NULL;
}

function sameAt(a: Item | undefined, b: Item, key: string): boolean {
  const [left, right] = [a?.[key], Object.hasOwn(b, key) ? b[key] : undefined];
  return left !== undefined && right !== undefined && equals(left, right);
}

/** Order of two texts (by UTF-8 bytes) or two numbers, `undefined` where DynamoDB has none: other or unlike types. */
export function compare(a: AttributeValue, b: AttributeValue): number | undefined {
  if (a.N !== undefined && b.N !== undefined) return compareNumbers(a.N, b.N);
  if (a.S !== undefined && b.S !== undefined) return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S));
  return undefined;
}

/** Value of a DynamoDB number as `digits * 10 ** -scale`, exact. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

function decimal(text: string): Decimal {
  const match = /^([+-]?)(\d+)?(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text.trim());
  const [, sign, whole = '', fraction = '', exponent = '0'] = match ?? [];
  if (!match || whole + fraction === '') {
    throw new ValidationException(`The parameter cannot be converted to a numeric value: ${text}`);
  }
  const scale = fraction.length - Number(exponent);
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`);
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

function aligned(a: string, b: string): { left: bigint; right: bigint; scale: number } {
  const [x, y] = [decimal(a), decimal(b)];
  const scale = Math.max(x.scale, y.scale);
  const to = (d: Decimal) => d.digits * 10n ** BigInt(scale - d.scale);
  return { left: to(x), right: to(y), scale };
}

export function compareNumbers(a: string, b: string): number {
  const { left, right } = aligned(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Exact sum of two DynamoDB numbers, in plain notation. @throws ValidationException beyond 38 significant digits */
export function addNumbers(a: string, b: string): string {
  const { left, right, scale } = aligned(a, b);
  const sum = left + right;
  const padded = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, '0');
  const whole = padded.slice(0, padded.length - scale);
  const fraction = scale > 0 ? padded.slice(-scale).replace(/0+$/, '') : '';
  if ((whole + fraction).replace(/^0+|0+$/g, '').length > 38) {
    throw new ValidationException('Attempting to store more than 38 significant digits in a Number');
  }
  return `${sum < 0n ? '-' : ''}${whole}${fraction && `.${fraction}`}`;
}

export function negateNumber(a: string): string {
  const plain = addNumbers(a, '0');
  return plain.startsWith('-') ? plain.slice(1) : plain === '0' ? plain : `-${plain}`;
}

/** Length of a text (in UTF-8 bytes), or number of members of a collection; `undefined` where `size` has no meaning. */
export function sizeOf(value: AttributeValue): number | undefined {
  typeOf(value);
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.M) return Object.keys(value.M).length;
  return value.L?.length ?? value.SS?.length;
}

/** The value at a document path, or `undefined`. */
export function valueAt(item: Item | undefined, steps: readonly Step[]): AttributeValue | undefined {
  let at: AttributeValue | undefined = { M: { ...item } };
  for (const step of steps) {
    if (typeof step === 'number') at = at?.L?.[step];
    else at = at?.M && Object.hasOwn(at.M, step) ? at.M[step] : undefined;
  }
  return at;
}

/**
 * A copy of the item with one value set, or removed where `value` is `undefined`. An index beyond the end of a list
 * appends. @throws ValidationException if the parent of the path is not there or of the wrong type
 */
export function withValueAt(item: Item, steps: readonly Step[], value: AttributeValue | undefined): Item {
  const [step, ...rest] = steps;
  if (typeof step !== 'string') throw invalidPath();
  const own = Object.hasOwn(item, step) ? item[step] : undefined;
  const next = rest.length === 0 ? value : withinValue(own, rest, value);
  const { [step]: _replaced, ...others } = item;
  return next === undefined ? others : { ...item, [step]: next };
}

function withinValue(
  parent: AttributeValue | undefined,
  steps: readonly Step[],
  value: AttributeValue | undefined,
): AttributeValue {
  const [step, ...rest] = steps;
  if (typeof step === 'string' && parent?.M) return { M: { ...withValueAt(parent.M, steps, value) } };
  if (typeof step !== 'number' || !parent?.L) throw invalidPath();
  const list = [...parent.L];
  const next = rest.length === 0 ? value : withinValue(list[step], rest, value);
  if (next !== undefined) list[Math.min(step, list.length)] = next;
  else if (step < list.length) list.splice(step, 1);
  return { L: list };
}

function invalidPath(): ValidationException {
  return new ValidationException('The document path provided in the update expression is invalid for update');
}

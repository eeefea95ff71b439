/**
 * DynamoDB expressions on attribute values, pure, and of their grammar what the functions write: conditions of `attribute_exists`,
 * `attribute_not_exists`, `=`, `<`, `>`, AND, OR and parentheses; updates of SET to a value, REMOVE, and ADD of a number; top-level
 * attributes, whole numbers. Whatever else DynamoDB knows is refused by name, with what is known. Names and values of a request are
 * shared among its expressions, and an unused one is an error.
 *
 * Source: Amazon DynamoDB Developer Guide, "Condition and filter expressions, operators, and functions", "Using update expressions".
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { RESERVED_WORDS } from './expression-reserved.ts';

/** An item as the SDK's commands carry it. */
export type Item = Readonly<Record<string, AttributeValue>>;
type Values = Readonly<Record<string, AttributeValue>>;
type Condition = (item: Item | undefined) => boolean;
type Kind = 'ConditionExpression' | 'UpdateExpression';

/** A request that DynamoDB refuses, with its own words where they are known. Carries the name that the SDK gives it. */
export class ValidationException extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ValidationException';
  }
}

/** A request that DynamoDB accepts and this simulation does not know: extend the simulation, do not catch this. */
export class NotSimulatedError extends Error {
  constructor(what: string, known: readonly string[]) {
    super(`DynamoDB simulation: ${what} is not simulated; known: ${known.join(' ')}`);
    this.name = 'NotSimulatedError';
  }
}

/** The expression fields of a DynamoDB request, as the SDK's commands name them. */
export interface ExpressionRequest {
  readonly ConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ExpressionAttributeValues?: Values | undefined;
}

export interface CompiledExpressions {
  /** Given the item as it is, or `undefined` where there is none. */
  readonly condition: Condition | undefined;
  /** For an upsert give the key attributes as the item. */
  readonly update: ((item: Item) => Item) | undefined;
}

/**
 * Parses and checks the expressions of a request.
 * @throws ValidationException as DynamoDB: syntax, reserved words, undefined or unused values, operand types
 * @throws NotSimulatedError for what DynamoDB would take
 */
export function compileExpressions(request: ExpressionRequest): CompiledExpressions {
  const { ConditionExpression, UpdateExpression, ExpressionAttributeValues } = request;
  if (ExpressionAttributeValues && Object.keys(ExpressionAttributeValues).length === 0)
    throw new ValidationException('ExpressionAttributeValues must not be empty');
  const values = ExpressionAttributeValues ?? {};
  const used = new Set<string>();
  const reader = (kind: Kind, text: string) => new Reader(kind, text, values, used);
  const condition =
    ConditionExpression === undefined ? undefined : reader('ConditionExpression', ConditionExpression).condition();
  const update = UpdateExpression === undefined ? undefined : reader('UpdateExpression', UpdateExpression).update();
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0)
    throw new ValidationException(
      `Value provided in ExpressionAttributeValues unused in expressions: keys: {${unused.join(', ')}}`,
    );
  return { condition, update };
}

const TOKEN = /\s*(?:(:?[A-Za-z]\w*)|(<>|<=|>=|[^\s\w]))/y;
const COMPARATORS = ['=', '<', '>'] as const;
type Comparator = (typeof COMPARATORS)[number];
const OTHERS = ['<>', '<=', '>=', 'BETWEEN', 'IN'];
const FUNCTIONS = ['attribute_exists', 'attribute_not_exists'];
const CLAUSES = ['SET', 'REMOVE', 'ADD'];
const SIGNS = ['=', '<', '>', '(', ')', ','];

/** One expression, read from its beginning to its end. */
class Reader {
  readonly #kind: Kind;
  readonly #values: Values;
  readonly #used: Set<string>;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(kind: Kind, text: string, values: Values, used: Set<string>) {
    this.#kind = kind;
    this.#values = values;
    this.#used = used;
    if (text.trim() === '') throw this.#invalid('The expression can not be empty;');
    this.#tokens = tokensOf(text);
  }

  condition(): Condition {
    const condition = this.#or();
    if (this.#at < this.#tokens.length) throw this.#unexpected(this.#next());
    return condition;
  }

  /** Each action reads the item as it was. */
  update(): (item: Item) => Item {
    const changes = new Map<string, (before: AttributeValue | undefined) => AttributeValue | undefined>();
    const clauses = new Set<string>();
    while (this.#at < this.#tokens.length) {
      const clause = this.#next();
      if (!CLAUSES.includes(clause)) throw this.#unexpected(clause, CLAUSES);
      if (clauses.has(clause))
        throw this.#invalid(`The "${clause}" section can only be used once in an update expression;`);
      clauses.add(clause);
      do {
        const name = this.#name();
        if (changes.has(name)) throw this.#invalid(`Two document paths overlap with each other; path one: [${name}]`);
        changes.set(name, this.#change(clause));
      } while (this.#accept(','));
    }
    return (item) => {
      const after = { ...item };
      for (const [name, change] of changes) {
        const value = change(item[name]);
        if (value === undefined) delete after[name];
        else after[name] = value;
      }
      return after;
    };
  }

  #change(clause: string): (before: AttributeValue | undefined) => AttributeValue | undefined {
    if (clause === 'REMOVE') return () => undefined;
    if (clause === 'SET') this.#expect('=');
    const value = this.#value();
    if (clause === 'SET') return () => value;
    const more = number(value);
    return (before) => ({ N: String((before === undefined ? 0n : number(before)) + more) });
  }

  #or(): Condition {
    const parts = [this.#and()];
    while (this.#accept('OR')) parts.push(this.#and());
    return (item) => parts.some((part) => part(item));
  }

  #and(): Condition {
    const parts = [this.#predicate()];
    while (this.#accept('AND')) parts.push(this.#predicate());
    return (item) => parts.every((part) => part(item));
  }

  #predicate(): Condition {
    if (this.#accept('(')) {
      const inner = this.#or();
      this.#expect(')');
      return inner;
    }
    if (this.#tokens[this.#at]?.toUpperCase() === 'NOT') throw this.#unexpected(this.#next());
    if (this.#tokens[this.#at + 1] === '(') return this.#function();
    const name = this.#name();
    const operator = this.#next();
    if (OTHERS.includes(operator.toUpperCase())) throw new NotSimulatedError(operator, COMPARATORS);
    const known = COMPARATORS.find((each) => each === operator);
    if (!known) throw this.#unexpected(operator);
    const value = this.#value();
    if (known !== '=' && value.S === undefined && value.N === undefined)
      throw this.#invalid(`Incorrect operand type for operator or function; operator or function: ${known}`);
    return (item) => compares(known, item?.[name], value);
  }

  #function(): Condition {
    const name = this.#next();
    if (!FUNCTIONS.includes(name)) throw this.#unexpected(name, FUNCTIONS);
    this.#expect('(');
    const attribute = this.#name();
    this.#expect(')');
    return (item) => (item?.[attribute] !== undefined) === (name === 'attribute_exists');
  }

  #value(): AttributeValue {
    const token = this.#next();
    if (!token.startsWith(':')) throw this.#unexpected(token, Object.keys(this.#values));
    const value = Object.hasOwn(this.#values, token) ? this.#values[token] : undefined;
    if (!value)
      throw this.#invalid(`An expression attribute value used in expression is not defined; attribute value: ${token}`);
    this.#used.add(token);
    return value;
  }

  #name(): string {
    const token = this.#next();
    if (!/^[A-Za-z]\w*$/.test(token)) throw this.#unexpected(token);
    if (RESERVED_WORDS.has(token.toUpperCase()))
      throw this.#invalid(`Attribute name is a reserved keyword; reserved keyword: ${token}`);
    return token;
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#invalid('Syntax error; token: "<EOF>"');
    this.#at += 1;
    return token;
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at += 1;
    return true;
  }

  #expect(token: string): void {
    if (!this.#accept(token)) throw this.#unexpected(this.#next(), [token]);
  }

  /** A word of DynamoDB's or none: either is a mistake in what is simulated, and named. */
  #unexpected(token: string, known: readonly string[] = [...SIGNS, 'AND', 'OR', ...FUNCTIONS]): NotSimulatedError {
    return new NotSimulatedError(
      `"${token}" in ${this.#kind} at "${this.#tokens.slice(this.#at - 1).join(' ')}"`,
      known,
    );
  }

  #invalid(problem: string): ValidationException {
    return new ValidationException(`Invalid ${this.#kind}: ${problem}`);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let rest = text; rest.trim() !== ''; rest = text.slice(TOKEN.lastIndex)) {
    const [, word, sign] = TOKEN.exec(text) ?? [];
    const token = word ?? sign;
    if (token === undefined || (sign && !SIGNS.includes(sign) && !OTHERS.includes(sign)))
      throw new NotSimulatedError(`"${token ?? rest.trim()[0]}" in "${text}"`, SIGNS);
    tokens.push(token);
  }
  return tokens;
}

/** A missing attribute is unequal to anything, and neither less nor more; types must agree. */
function compares(operator: Comparator, a: AttributeValue | undefined, b: AttributeValue): boolean {
  if (!a) return false;
  if (a.N !== undefined && b.N !== undefined) return holds(operator, number(a), number(b));
  // Texts are ordered by their UTF-8 bytes.
  if (a.S !== undefined && b.S !== undefined)
    return holds(operator, BigInt(Buffer.compare(Buffer.from(a.S), Buffer.from(b.S))), 0n);
  if (operator !== '=') return false;
  if (a.BOOL !== undefined && b.BOOL !== undefined) return a.BOOL === b.BOOL;
  if (Object.keys(a)[0] !== Object.keys(b)[0]) return false;
  throw new NotSimulatedError(`equality of ${Object.keys(a)[0]}`, ['S', 'N', 'BOOL']);
}

function holds(operator: Comparator, a: bigint, b: bigint): boolean {
  return operator === '=' ? a === b : operator === '<' ? a < b : a > b;
}

function number({ N }: AttributeValue): bigint {
  if (N === undefined) throw new ValidationException('An operand in the expression has an incorrect data type');
  if (!/^-?\d{1,38}$/.test(N)) throw new NotSimulatedError(`the number ${N}`, ['whole numbers']);
  return BigInt(N);
}

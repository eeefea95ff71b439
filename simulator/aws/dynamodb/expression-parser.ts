/**
 * Grammar of DynamoDB expressions: a hand-written tokenizer and a recursive descent parser for conditions (also filters
 * and key conditions), updates and projections. Source: Amazon DynamoDB Developer Guide, "Condition and filter
 * expressions, operators, and functions", "Using update expressions", "Expression attribute names (aliases)".
 */
import type {
  Comparator,
  Condition,
  ExpressionKind,
  Operand,
  Path,
  Placeholders,
  UpdateAction,
  UpdateValue,
} from './expression-ast.ts';
import { RESERVED_WORDS } from './expression-reserved.ts';
import { NotSimulatedError, type Step, ValidationException } from './expression-values.ts';

const TOKEN = /\s*(?:([#:]?[A-Za-z0-9_]+)|(<>|<=|>=|[=<>(),.[\]+-])|$)/y;
const COMPARATORS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='];
const MAX_LENGTH_BYTES = 4096;
const MAX_OPTIONS = 100;

/** One parser for one expression. Every failure is a {@link ValidationException} that names the kind of expression. */
export class ExpressionParser {
  readonly #kind: ExpressionKind;
  readonly #placeholders: Placeholders;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(kind: ExpressionKind, text: string, placeholders: Placeholders) {
    this.#kind = kind;
    this.#placeholders = placeholders;
    if (text.trim() === '') throw this.#invalid('The expression can not be empty;');
    if (Buffer.byteLength(text) > MAX_LENGTH_BYTES) {
      throw this.#invalid(`Expression size has exceeded the maximum allowed size; limit: ${MAX_LENGTH_BYTES} bytes`);
    }
    this.#tokens = this.#tokenize(text);
  }

  condition(): Condition {
    return this.#whole(() => this.#or());
  }

  projection(): Path[] {
    return this.#whole(() => this.#separated(() => this.#path()));
  }

  update(): UpdateAction[] {
    return this.#whole(() => {
      const actions: UpdateAction[] = [];
      const seen = new Set<string>();
      while (this.#at < this.#tokens.length) {
        const clause = this.#next().toUpperCase();
        if (seen.has(clause)) {
          throw this.#invalid(`The "${clause}" section can only be used once in an update expression;`);
        }
        seen.add(clause);
        actions.push(...this.#separated(() => this.#action(clause)));
      }
      return actions;
    });
  }

  #action(clause: string): UpdateAction {
    if (clause === 'DELETE') throw new NotSimulatedError('DELETE in an UpdateExpression');
    if (!['SET', 'REMOVE', 'ADD'].includes(clause)) throw this.#syntaxError(this.#at - 1);
    const path = this.#path();
    if (clause === 'REMOVE') return { kind: 'remove', path };
    if (clause === 'ADD') return { kind: 'add', path, value: this.#value() };
    this.#expect('=');
    return { kind: 'set', path, value: this.#sum() };
  }

  #sum(): UpdateValue {
    const left = this.#term();
    const sign = this.#accept('+') ? 1 : this.#accept('-') ? -1 : undefined;
    return sign === undefined ? left : { kind: 'sum', left, right: this.#term(), sign };
  }

  #term(): UpdateValue {
    if (this.#peek(1) !== '(') return this.#peek().startsWith(':') ? this.#value() : this.#pathOperand();
    const name = this.#next();
    this.#expect('(');
    let value: UpdateValue;
    if (name === 'if_not_exists') {
      const path = this.#path();
      this.#expect(',');
      value = { kind: 'ifNotExists', path, otherwise: this.#term() };
    } else if (name === 'list_append') {
      const left = this.#term();
      this.#expect(',');
      value = { kind: 'append', left, right: this.#term() };
    } else {
      throw this.#invalid(`Invalid function name; function: ${name}`);
    }
    this.#expect(')');
    return value;
  }

  #or(): Condition {
    let left = this.#and();
    while (this.#acceptWord('OR')) left = { kind: 'or', conditions: [left, this.#and()] };
    return left;
  }

  #and(): Condition {
    let left = this.#not();
    while (this.#acceptWord('AND')) left = { kind: 'and', conditions: [left, this.#not()] };
    return left;
  }

  #not(): Condition {
    if (this.#acceptWord('NOT')) return { kind: 'not', condition: this.#not() };
    if (!this.#accept('(')) return this.#predicate();
    const from = this.#at;
    const inner = this.#or();
    const doubled = this.#tokens[from] === '(' && this.#closing(from) === this.#at - 1;
    this.#expect(')');
    if (doubled) throw this.#invalid('The expression has redundant parentheses;');
    return inner;
  }

  #predicate(): Condition {
    const isFunction = this.#peek(1) === '(' && this.#peek() !== 'size';
    if (isFunction) return this.#function();
    const left = this.#operand();
    if (this.#acceptWord('BETWEEN')) {
      const low = this.#operand();
      if (!this.#acceptWord('AND')) throw this.#syntaxError(this.#at);
      return { kind: 'between', operand: left, low, high: this.#operand() };
    }
    if (this.#acceptWord('IN')) {
      this.#expect('(');
      const options = this.#separated(() => this.#operand());
      this.#expect(')');
      if (options.length > MAX_OPTIONS) {
        throw this.#invalid(
          `The IN operator is provided with too many operands; number of operands: ${options.length}`,
        );
      }
      return { kind: 'in', operand: left, options };
    }
    const operator = this.#next();
    if (!COMPARATORS.includes(operator)) throw this.#syntaxError(this.#at - 1);
    const right = this.#operand();
    if (left.kind === 'path' && JSON.stringify(left) === JSON.stringify(right)) {
      throw this.#invalid(
        `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}`,
      );
    }
    return { kind: 'compare', operator: operator as Comparator, left, right };
  }

  #function(): Condition {
    const name = this.#next();
    this.#expect('(');
    let condition: Condition;
    if (name === 'attribute_exists' || name === 'attribute_not_exists') {
      condition = { kind: 'exists', path: this.#path(), wanted: name === 'attribute_exists' };
    } else {
      const kind = ({ attribute_type: 'type', begins_with: 'begins', contains: 'contains' } as const)[name];
      if (kind === undefined) throw this.#invalid(`Invalid function name; function: ${name}`);
      const subject = this.#operand();
      this.#expect(',');
      condition = { kind, subject, argument: this.#operand() };
    }
    this.#expect(')');
    return condition;
  }

  #operand(): Operand {
    if (this.#peek().startsWith(':')) return this.#value();
    if (this.#peek() !== 'size' || this.#peek(1) !== '(') return this.#pathOperand();
    this.#next();
    this.#expect('(');
    const path = this.#path();
    this.#expect(')');
    return { kind: 'size', path };
  }

  #pathOperand(): Operand {
    return { kind: 'path', path: this.#path() };
  }

  #value(): Operand & { kind: 'value' } {
    const token = this.#next();
    if (!token.startsWith(':')) throw this.#syntaxError(this.#at - 1);
    const { values, used } = this.#placeholders;
    const value = Object.hasOwn(values, token) ? values[token] : undefined;
    if (!value) {
      throw this.#invalid(`An expression attribute value used in expression is not defined; attribute value: ${token}`);
    }
    used.add(token);
    return { kind: 'value', value };
  }

  #path(): Path {
    const steps: Step[] = [this.#name()];
    for (;;) {
      if (this.#accept('.')) steps.push(this.#name());
      else if (this.#accept('[')) {
        const index = this.#next();
        if (!/^\d+$/.test(index)) throw this.#syntaxError(this.#at - 1);
        steps.push(Number(index));
        this.#expect(']');
      } else return steps;
    }
  }

  #name(): string {
    const token = this.#next();
    const { names, used } = this.#placeholders;
    if (token.startsWith('#')) {
      const name = Object.hasOwn(names, token) ? names[token] : undefined;
      if (name === undefined) {
        const what = 'An expression attribute name used in the document path is not defined';
        throw this.#invalid(`${what}; attribute name: ${token}`);
      }
      used.add(token);
      return name;
    }
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(token)) throw this.#syntaxError(this.#at - 1);
    if (RESERVED_WORDS.has(token.toUpperCase())) {
      throw this.#invalid(`Attribute name is a reserved keyword; reserved keyword: ${token}`);
    }
    return token;
  }

  #tokenize(text: string): string[] {
    const tokens: string[] = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const from = TOKEN.lastIndex;
      const [, word, sign] = TOKEN.exec(text) ?? [];
      const token = word ?? sign;
      if (token !== undefined) tokens.push(token);
      else if (text.slice(from).trim() === '') break;
      else throw this.#invalid(`Syntax error; token: "${text.slice(from).trim()[0]}", near: "${text.slice(from)}"`);
    }
    return tokens;
  }

  #whole<T>(parse: () => T): T {
    const result = parse();
    if (this.#at < this.#tokens.length) throw this.#syntaxError(this.#at);
    return result;
  }

  #separated<T>(parse: () => T): T[] {
    const items = [parse()];
    while (this.#accept(',')) items.push(parse());
    return items;
  }

  /** Index of the parenthesis that closes the one at `from`. */
  #closing(from: number): number {
    let depth = 0;
    for (let i = from; i < this.#tokens.length; i++) {
      if (this.#tokens[i] === '(') depth += 1;
      if (this.#tokens[i] === ')') depth -= 1;
      if (depth === 0) return i;
    }
    return -1;
  }

  #peek(ahead = 0): string {
    return this.#tokens[this.#at + ahead] ?? '';
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#syntaxError(this.#at);
    this.#at += 1;
    return token;
  }

  #accept(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at += 1;
    return true;
  }

  #acceptWord(word: string): boolean {
    return this.#peek().toUpperCase() === word && this.#accept(this.#peek());
  }

  #expect(token: string): void {
    if (!this.#accept(token)) throw this.#syntaxError(this.#at);
  }

  #syntaxError(at: number): ValidationException {
    const near = this.#tokens.slice(Math.max(0, at - 1), at + 2).join(' ');
    return this.#invalid(`Syntax error; token: "${this.#tokens[at] ?? '<EOF>'}", near: "${near}"`);
  }

  #invalid(problem: string): ValidationException {
    return new ValidationException(`Invalid ${this.#kind}: ${problem}`);
  }
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@babel/parser';

const ROOT = join(import.meta.dirname, '..');

/** A node of the syntax tree, as it is walked: its fields are looked at by name. */
export interface Node {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } };
  readonly [field: string]: unknown;
}

/** The TypeScript files below a folder of the project, as paths from the root. */
export function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}

/** Every node of a file. */
export function* nodesOf(file: string): Generator<Node> {
  yield* nodesIn(readFileSync(join(ROOT, file), 'utf8'));
}

/** Every node of a source text. */
export function* nodesIn(text: string): Generator<Node> {
  yield* walk(parse(text, { sourceType: 'module', plugins: ['typescript'] }).program);
}

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const each of value) yield* walk(each);
  if (!isNode(value)) return;
  yield value;
  for (const [field, child] of Object.entries(value)) if (field !== 'loc') yield* walk(child);
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string';
}

/** What stands for a value that is put into a text. */
export const HOLE = '\0';

/** The text of a literal, with a {@link HOLE} for each value in it; `undefined`: it is none. */
export function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'StringLiteral') return String(node.value);
  if (node.type !== 'TemplateLiteral') return undefined;
  const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
  return quasis.map(({ value }) => value.cooked).join(HOLE);
}

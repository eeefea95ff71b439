import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Step } from './expression-values.ts';

export type ExpressionKind =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'UpdateExpression'
  | 'ProjectionExpression';

export type Path = readonly Step[];
export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'size'; readonly path: Path };
export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type Condition =
  | { readonly kind: 'compare'; readonly operator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly options: readonly Operand[] }
  | { readonly kind: 'exists'; readonly path: Path; readonly wanted: boolean }
  | { readonly kind: 'type' | 'begins' | 'contains'; readonly subject: Operand; readonly argument: Operand }
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly [Condition, Condition] }
  | { readonly kind: 'not'; readonly condition: Condition };
export type UpdateValue =
  | Operand
  | { readonly kind: 'sum'; readonly left: UpdateValue; readonly right: UpdateValue; readonly sign: 1 | -1 }
  | { readonly kind: 'ifNotExists'; readonly path: Path; readonly otherwise: UpdateValue }
  | { readonly kind: 'append'; readonly left: UpdateValue; readonly right: UpdateValue };
export type UpdateAction =
  | { readonly kind: 'set'; readonly path: Path; readonly value: UpdateValue }
  | { readonly kind: 'remove'; readonly path: Path }
  | { readonly kind: 'add'; readonly path: Path; readonly value: Operand };

/** Names and values that a request gives its expressions, and which of them the expressions used. */
export interface Placeholders {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, AttributeValue>>;
  readonly used: Set<string>;
}

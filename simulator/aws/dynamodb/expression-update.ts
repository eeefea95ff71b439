import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Operand, UpdateAction, UpdateValue } from './expression-ast.ts';
import {
  addNumbers,
  type Item,
  negateNumber,
  sizeOf,
  ValidationException,
  valueAt,
  withValueAt,
} from './expression-values.ts';

/** Applies all actions; each reads the item as it was. List elements are removed from the end, as indices are the old ones. */
export function update(item: Item, actions: readonly UpdateAction[]): Item {
  const removals = actions.filter((action) => action.kind === 'remove');
  const writes = actions.flatMap((action) => {
    if (action.kind === 'remove') return [];
    return [{ path: action.path, value: action.kind === 'set' ? evaluate(action.value, item) : added(action, item) }];
  });
  const fromTheEnd = removals.toSorted((a, b) => Number(b.path.at(-1)) - Number(a.path.at(-1)) || 0);
  const written = writes.reduce((result, { path, value }) => withValueAt(result, path, value), item);
  return fromTheEnd.reduce((result, { path }) => withValueAt(result, path, undefined), written);
}

function evaluate(value: UpdateValue, item: Item): AttributeValue {
  switch (value.kind) {
    case 'ifNotExists':
      return valueAt(item, value.path) ?? evaluate(value.otherwise, item);
    case 'sum': {
      const [left, right] = [evaluate(value.left, item).N, evaluate(value.right, item).N];
      if (left === undefined || right === undefined) throw wrongType();
      return { N: addNumbers(left, value.sign === 1 ? right : negateNumber(right)) };
    }
    case 'append': {
      const [left, right] = [evaluate(value.left, item).L, evaluate(value.right, item).L];
      if (!left || !right) throw wrongType();
      return { L: [...left, ...right] };
    }
    default: {
      const found = resolve(value, item);
      if (found) return found;
      throw new ValidationException('The provided expression refers to an attribute that does not exist in the item');
    }
  }
}

function added({ path, value }: UpdateAction & { kind: 'add' }, item: Item): AttributeValue {
  const [before, operand] = [valueAt(item, path), resolve(value, item)];
  if (operand?.N !== undefined && (!before || before.N !== undefined))
    return { N: addNumbers(before?.N ?? '0', operand.N) };
  if (operand?.SS && (!before || before.SS)) return { SS: [...new Set([...(before?.SS ?? []), ...operand.SS])] };
  throw wrongType();
}

function wrongType(): ValidationException {
  return new ValidationException('An operand in the update expression has an incorrect data type');
}

/** Value of an operand in an item, or `undefined` where the item has none. */
export function resolve(operand: Operand, item: Item | undefined): AttributeValue | undefined {
  if (operand.kind === 'value') return operand.value;
  const value = valueAt(item, operand.path);
  if (operand.kind === 'path' || value === undefined) return value;
  const size = sizeOf(value);
  return size === undefined ? undefined : { N: String(size) };
}

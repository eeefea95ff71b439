import { anyOf, type Verdict } from '../copies/resource-policy.ts';
import { isIntrinsic, listOf, objectOf } from '../declared.ts';

/**
 * Whether a field of an event pattern takes one of these texts. Where there is no such field, it takes any; of several values, any one
 * suffices: docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 *
 * @param texts none: what it would be is known at deployment only
 * @returns `undefined` where that is known at deployment only, or beyond what this reads
 */
export function takes(field: unknown, texts: readonly string[]): Verdict {
  if (field === undefined) return true;
  if (isIntrinsic(field) || texts.length === 0) return undefined;
  return anyOf(listOf(field).map((of) => fits(of, texts)));
}

/** One value: a text, or a filter: `{prefix}`, `{suffix}`, `{wildcard}`, `{equals-ignore-case}`, `{anything-but}`, `{exists}`. */
export function fits(value: unknown, texts: readonly string[]): Verdict {
  if (typeof value === 'string') return texts.includes(value);
  if (texts.length === 0 || isIntrinsic(value)) return undefined;
  const [[operator, operand] = []] = Object.entries(objectOf(value) ?? {});
  const some = (test: (text: string) => boolean) => texts.some(test);
  if (operator === 'exists') return operand === true;
  if (operator === 'anything-but') {
    const but = typeof operand === 'string' ? [operand] : operand;
    // It may be a filter itself, or a list of one.
    const each = (Array.isArray(but) ? but : [but]).map((of) => fits(of, texts));
    return each.includes(undefined) ? undefined : !each.includes(true);
  }
  if (typeof operand !== 'string') return undefined;
  switch (operator) {
    case 'prefix':
      return some((text) => text.startsWith(operand));
    case 'suffix':
      return some((text) => text.endsWith(operand));
    case 'equals-ignore-case':
      return some((text) => text.toLowerCase() === operand.toLowerCase());
    case 'wildcard': {
      const parts = operand.split('*').map((part) => part.replace(/[.+^${}()|[\]\\?]/g, '\\$&'));
      const pattern = new RegExp(`^${parts.join('.*')}$`, 's');
      return some((text) => pattern.test(text));
    }
  }
  return undefined;
}

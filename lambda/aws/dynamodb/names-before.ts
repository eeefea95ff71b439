import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Item = Record<string, AttributeValue>;

/** Names of attributes in items that a version before this one has written -> what they are called now. */
const NAMES = {
  toldAt: 'notifiedAt',
  toldAbout: 'notifiedAbout',
  toldFiles: 'notifiedFiles',
  toldIncomplete: 'notifiedIncomplete',
  toldUnreadable: 'notifiedUnreadable',
} as const;

/** What a write under the new names removes. */
export const NAMES_BEFORE: readonly string[] = Object.keys(NAMES);

/**
 * The item with the names of now, in its maps too. Whoever writes under the new names removes the old ones, so where there are old
 * ones they are what was written last: during a deployment a run of the version before may still end.
 */
export function inNamesOfNow(item: Item): Item {
  const before = Object.entries(NAMES).filter(([name]) => name in item);
  const stale = new Set<string>(before.length > 0 ? Object.values(NAMES) : []);
  const rest = Object.entries(item).filter(([name]) => !stale.has(name) && !(name in NAMES));
  const renamed = before.flatMap(([name, now]) => (item[name] ? [[now, item[name]] as const] : []));
  return Object.fromEntries([...rest, ...renamed].map(([name, value]) => [name, ofMap(value)]));
}

function ofMap(value: AttributeValue): AttributeValue {
  return value.M ? { M: inNamesOfNow(value.M) } : value;
}

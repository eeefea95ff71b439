/**
 * Typed fields as a list of `path=value`, and back: what an SNS attribute of type `String.Array` can carry. One of type `String` may be no
 * JSON of its own: "When message attributes are used for filtering, the value must be a valid JSON string"
 * (docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html).
 */

export type Leaf = string | number | boolean;
/** Objects and lists of {@link Leaf}; what is `undefined` is left out, and so is what is empty. Keys have no dot and no `=`. */
export type Data = { readonly [key: string]: Value };
type Value = Leaf | Data | readonly Value[] | undefined;

/** `{ a: { b: 1 }, c: ['x'] }` is `a.b=1`, `c.0=x`. */
export function flattened(data: Data): string[] {
  return Object.entries(data).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return typeof value === 'object' ? flattened(value as Data).map((line) => `${key}.${line}`) : [`${key}=${value}`];
  });
}

interface Made {
  [key: string]: Leaf | Made;
}

/** Of {@link flattened}: a text that looks like a number, or like `true` and `false`, comes back as such. */
export function unflattened(lines: readonly string[]): Data {
  const made: Made = {};
  for (const line of lines) {
    const [path = ''] = line.split('=', 1);
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let into = made;
    for (const key of keys) {
      const known = into[key];
      const next = typeof known === 'object' ? known : {};
      into[key] = next;
      into = next;
    }
    into[last] = leafOf(line.slice(path.length + 1));
  }
  return withLists(made) as Data;
}

function leafOf(text: string): Leaf {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}

/** What has the keys 0, 1 and so on is a list. */
function withLists(made: Leaf | Made): Value {
  if (typeof made !== 'object') return made;
  const values = Object.entries(made).map(([key, value]) => [key, withLists(value)] as const);
  return values.length > 0 && values.every(([key], i) => key === String(i))
    ? values.map(([, value]) => value)
    : Object.fromEntries(values);
}

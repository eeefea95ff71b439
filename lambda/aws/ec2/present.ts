/**
 * What every answer of EC2 has. @throws Error where it is absent: that is no answer
 * @param name as EC2 calls it
 */
export function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`EC2 answered without ${name}`);
  return value;
}

/** As {@link present}, of an id. @throws Error where it is that of something else */
export function presentId<Id extends string>(
  value: string | undefined,
  name: string,
  is: (text: unknown) => text is Id,
): Id {
  const id = present(value, name);
  if (!is(id)) throw new Error(`EC2 answered with "${id}" for ${name}`);
  return id;
}

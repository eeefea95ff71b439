import { type Declared, isIntrinsic, type Json, objectOf, referenceOf } from './declared.ts';

/** Conditions of the volume's stack, each as it may be at a deployment. */
export type World = ReadonlyMap<string, boolean>;

/** More conditions than these in one resource are left as they are written. */
const MOST_CONDITIONS = 4;

/** Every way in which the conditions of a resource may turn out, in which the resource exists; one world where it has none. */
export function worldsOf({ properties, condition }: Declared): readonly World[] {
  const names = [...new Set([...conditionsIn(properties), ...(condition === undefined ? [] : [condition])])];
  if (names.length > MOST_CONDITIONS) return [new Map()];
  const worlds = names.reduce<readonly World[]>(
    (made, name) => made.flatMap((world) => [true, false].map((holds) => new Map([...world, [name, holds]]))),
    [new Map()],
  );
  return worlds.filter((world) => condition === undefined || world.get(condition) !== false);
}

/** A resource as it is in such a world; `undefined` where it does not exist in it. Conditions belong to one stack. */
export function inWorld(resource: Declared, world: World, stack = resource.stack): Declared | undefined {
  if (resource.stack !== stack || world.size === 0) return resource;
  const exists = resource.condition === undefined ? undefined : world.get(resource.condition);
  if (exists === false) return undefined;
  return {
    ...resource,
    properties: objectOf(under(resource.properties, world)) ?? {},
    condition: exists ? undefined : resource.condition,
  };
}

/** The conditions that a value depends on. */
function conditionsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(conditionsIn);
  const object = objectOf(value);
  if (!object) return [];
  const [name, ...branches] = choiceIn(object) ?? [];
  return name === undefined
    ? Object.values(object).flatMap(conditionsIn)
    : [String(name), ...branches.flatMap(conditionsIn)];
}

function choiceIn(object: Json): readonly unknown[] | undefined {
  const choice = object['Fn::If'];
  return isIntrinsic(object) && Array.isArray(choice) && choice.length === 3 ? choice : undefined;
}

function under(value: unknown, world: World): unknown {
  if (Array.isArray(value)) return value.map((item) => under(item, world)).filter((item) => !isNothing(item));
  const object = objectOf(value);
  if (!object) return value;
  const [name, then, otherwise] = choiceIn(object) ?? [];
  const holds = name === undefined ? undefined : world.get(String(name));
  if (holds !== undefined) return under(holds ? then : otherwise, world);
  return Object.fromEntries(
    Object.entries(object)
      .map(([key, item]) => [key, under(item, world)] as const)
      .filter(([, item]) => !isNothing(item)),
  );
}

function isNothing(value: unknown): boolean {
  return referenceOf(value) === 'AWS::NoValue';
}

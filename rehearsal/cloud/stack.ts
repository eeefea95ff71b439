import type { Created } from './created.ts';
import { checkTypes, createResource } from './resources.ts';
import type { Services } from './services.ts';
import { Resolver } from './template.ts';

/** Seconds of virtual time that a resource takes by itself; a real deployment makes many side by side. */
const RESOURCE_SECONDS = 1;

/**
 * Creates the stack of a synthesized template in the simulated AWS, resource by resource in the order of their
 * dependencies. Runs virtual time.
 *
 * @throws Error naming what the template needs and the simulation does not know
 */
export async function createStack(
  s: Services,
  template: unknown,
  stackName: string,
  zones: readonly string[],
): Promise<Created> {
  const { cloud } = s;
  const resolver = new Resolver(template, {
    region: cloud.region,
    account: cloud.account,
    stackName,
    availabilityZones: zones,
  });
  checkTypes(new Map(resolver.order.map((id) => [id, resolver.template.Resources[id]?.Type ?? ''])));
  // CloudFormation puts the stack's name into every name that it makes up; here the first stack's go without, and are shorter.
  const prefix = cloud.stacks.length === 0 ? '' : `${stackName}-`;
  if (cloud.stacks.includes(stackName)) throw new Error(`there is a stack ${stackName} already`);
  cloud.stacks.push(stackName);
  const created: Created = { stackName, prefix, resources: new Map(), references: new Map() };
  let done = false;
  cloud.clock.spawn('stack creation', async () => {
    for (const id of resolver.order) {
      await cloud.clock.sleep(RESOURCE_SECONDS * 1000);
      const resource = resolver.resource(id);
      created.resources.set(id, resource);
      const reference = await createResource(s, resource, created);
      created.references.set(id, reference);
      resolver.provide(id, reference);
    }
    done = true;
    cloud.say('cloudformation', `stack ${stackName} is created: ${resolver.order.length} resources`);
  });
  await cloud.clock.run(Number.MAX_SAFE_INTEGER, () => done);
  resolver.outputs();
  return created;
}

import type { Created } from '../account/created.ts';
import type { Services } from '../account/services.ts';
import { deleteResources } from './delete.ts';
import { checkTypes, createResource } from './resources.ts';
import { type Dictionary, Resolver } from './template.ts';

/** Seconds of virtual time that a resource takes by itself; a real deployment makes many side by side. */
export const RESOURCE_SECONDS = 1;

/** @throws Error naming what the template needs and the simulation does not know */
export function resolverFor(
  { cloud }: Services,
  template: unknown,
  stackName: string,
  zones: readonly string[],
): Resolver {
  const resolver = new Resolver(template, {
    region: cloud.region,
    account: cloud.account,
    stackName,
    availabilityZones: zones,
  });
  checkTypes(new Map(resolver.order.map((id) => [id, resolver.template.Resources[id]?.Type ?? ''])));
  return resolver;
}

/**
 * Creates the stack of a synthesized template in the simulated AWS, resource by resource in the order of their
 * dependencies. Runs virtual time.
 *
 * @param fails why the last of its resources cannot be made: all others are there by then
 * @throws Error naming what the template needs and the simulation does not know
 */
export async function createStack(
  s: Services,
  template: unknown,
  stackName: string,
  zones: readonly string[],
  fails?: string,
): Promise<Created> {
  const { cloud } = s;
  const resolver = resolverFor(s, template, stackName, zones);
  // CloudFormation puts the stack's name into every name that it makes up; here the first stack's go without, and are shorter.
  const earlier = cloud.stacks.filter((name) => name === stackName).length;
  const prefix = cloud.stacks.length === 0 ? '' : `${stackName}-${earlier > 1 ? `${earlier}-` : ''}`;
  if (s.cloudFormation.statusOf(stackName) !== undefined && s.cloudFormation.statusOf(stackName) !== 'DELETE_COMPLETE')
    throw new Error(`there is a stack ${stackName} already`);
  cloud.stacks.push(stackName);
  s.cloudFormation.enter(stackName, 'CREATE_IN_PROGRESS', true);
  const created: Created = { stackName, prefix, resources: new Map(), references: new Map(), revision: 0 };
  let done = false;
  cloud.clock.spawn('stack creation', async () => {
    try {
      for (const id of resolver.order) {
        await cloud.clock.sleep(RESOURCE_SECONDS * 1000);
        const resource = resolver.resource(id);
        if (fails !== undefined && id === resolver.order.at(-1)) throw new Failed(`${id}: ${fails}`);
        created.resources.set(id, resource);
        const reference = await createResource(s, resource, created);
        created.references.set(id, reference);
        resolver.provide(id, reference);
      }
      s.cloudFormation.enter(stackName, 'CREATE_COMPLETE', true);
      cloud.say('cloudformation', `stack ${stackName} is created: ${resolver.order.length} resources`);
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      cloud.say('cloudformation', `stack ${stackName}: ${error.message}`);
      await rollBack(s, created);
    }
    done = true;
  });
  await cloud.clock.run(Number.MAX_SAFE_INTEGER, () => done);
  if (s.cloudFormation.statusOf(stackName) === 'CREATE_COMPLETE') s.cloudFormation.give(stackName, resolver.outputs());
  return created;
}

/** A resource that could not be made: what is of the story, and no error of the simulation. */
class Failed extends Error {}

/** All that was made is deleted, but for what is to be retained. */
async function rollBack(s: Services, created: Created): Promise<void> {
  s.cloudFormation.enter(created.stackName, 'ROLLBACK_IN_PROGRESS');
  const failed = await deleteResources(s, created, [...created.resources.keys()].reverse());
  s.cloudFormation.enter(created.stackName, failed.length === 0 ? 'ROLLBACK_COMPLETE' : 'ROLLBACK_FAILED');
}

/** Whether two resolved resources are the same to CloudFormation, which looks at type and properties. */
export function sameProperties(
  a: { type: string; properties: Dictionary },
  b: { type: string; properties: Dictionary },
) {
  return a.type === b.type && JSON.stringify(a.properties) === JSON.stringify(b.properties);
}

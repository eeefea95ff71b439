import type { Cloud } from '../account/cloud.ts';
import type { Lambda } from '../lambda/lambda.ts';
import { stackIdOf } from './cloudformation.ts';
import type { Reference, ResolvedResource } from './template.ts';

interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly Data?: Record<string, string>;
}

/** CloudFormation waits an hour for the answer of a custom resource. */
const PATIENCE_MS = 3600_000;
const LOOK_MS = 500;

/** CloudFormation's side of a custom resource: it sends the request to the function, and waits for the answer at a URL. */
export class CustomResources {
  readonly #cloud: Cloud;
  readonly #lambda: Lambda;
  readonly #answers = new Map<string, Answer>();
  #requests = 0;

  constructor(cloud: Cloud, lambda: Lambda) {
    this.#cloud = cloud;
    this.#lambda = lambda;
  }

  answer(url: string, body: string): void {
    this.#answers.set(url, JSON.parse(body) as Answer);
  }

  /** @throws Error with the function's reason when it fails, as the deployment would */
  async create(resource: ResolvedResource, stackName: string): Promise<Reference> {
    return this.#ask(resource, stackName, { RequestType: 'Create' });
  }

  /** The resource again, in a later deployment. @throws Error as {@link CustomResources.create} does */
  async update(
    resource: ResolvedResource,
    before: ResolvedResource,
    physicalId: string,
    stackName: string,
  ): Promise<Reference> {
    return this.#ask(resource, stackName, {
      RequestType: 'Update',
      PhysicalResourceId: physicalId,
      OldResourceProperties: sent(before),
    });
  }

  /** @throws Error as {@link CustomResources.create} does */
  async delete(resource: ResolvedResource, physicalId: string, stackName: string): Promise<void> {
    await this.#ask(resource, stackName, { RequestType: 'Delete', PhysicalResourceId: physicalId });
  }

  async #ask(
    resource: ResolvedResource,
    stackName: string,
    request: Readonly<Record<string, unknown>>,
  ): Promise<Reference> {
    const { ServiceToken } = resource.properties;
    const id = `${resource.logicalId}-${++this.#requests}`;
    const url = `https://cloudformation-custom-resource-response.example/${id}`;
    this.#lambda.invoke(String(ServiceToken), {
      ...request,
      ResponseURL: url,
      StackId: stackIdOf(this.#cloud, stackName),
      RequestId: `request-${id}`,
      ResourceType: resource.type,
      LogicalResourceId: resource.logicalId,
      ServiceToken,
      ResourceProperties: sent(resource),
    });
    const deadline = this.#cloud.clock.now() + PATIENCE_MS;
    for (;;) {
      const answer = this.#answers.get(url);
      if (answer?.Status === 'SUCCESS') return { ref: answer.PhysicalResourceId, attributes: answer.Data ?? {} };
      if (answer) throw new Error(`${resource.logicalId} could not be deployed: ${answer.Reason}`);
      if (this.#cloud.clock.now() > deadline)
        throw new Error(`${resource.logicalId} could not be deployed: no answer within an hour`);
      await this.#cloud.clock.sleep(LOOK_MS);
    }
  }
}

/** What CloudFormation keeps to itself does not get into the request. */
function sent({
  properties: { ServiceTimeout: _, ...properties },
}: ResolvedResource): Readonly<Record<string, unknown>> {
  return properties;
}

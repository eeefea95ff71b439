import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Principal } from '../iam/account.ts';
import { evaluate } from '../iam/iam.ts';
import type { Input } from '../iam/input.ts';
import type { ResourcePolicy } from '../iam/resource-policies.ts';

/** Services that a network may have a gateway to. */
export type GatewayService = 's3' | 'dynamodb';

/** Gateway endpoints of the stacks' networks, which all of their instances' requests to those services go through. */
export class Gateways {
  readonly #cloud: Cloud;
  readonly #policies = new Map<string, ResourcePolicy>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  set(stackName: string, service: GatewayService, policy: ResourcePolicy): void {
    this.#policies.set(`${stackName} ${service}`, policy);
  }

  /** Whether instances of the stack have a way to the service. */
  has(stackName: string, service: GatewayService): boolean {
    return this.#policies.has(`${stackName} ${service}`);
  }

  /** @throws ServiceError where the gateway does not let the call through */
  pass(principal: Principal, stackName: string, service: GatewayService, operation: string, input: Input): void {
    const policy = this.#policies.get(`${stackName} ${service}`);
    for (const request of policy ? this.#cloud.authorizations(service, operation, input) : []) {
      const verdict = evaluate(request, policy?.to() ?? []);
      if (verdict.allowed) continue;
      const missing = `the endpoint of ${service}: ${verdict.missing}`;
      this.#cloud.permissions.denied({ role: principal.name, ...request, missing });
      const code = service === 's3' ? 'AccessDenied' : 'AccessDeniedException';
      throw new ServiceError(code, `the policy of the VPC endpoint does not allow ${request.action}`, 403);
    }
  }
}

import type { Cloud } from '../account/cloud.ts';
import { denied } from '../account/mishaps.ts';
import { ServiceError } from '../account/service-error.ts';
import type { Principal } from '../iam/account.ts';
import { type AuthorizationRequest, evaluate } from '../iam/iam.ts';
import type { Input } from '../iam/input.ts';
import type { ResourcePolicy } from '../iam/resource-policies.ts';

/** Services that a network may have a gateway to. */
export type GatewayService = 's3' | 'dynamodb';

interface Gateway {
  readonly policy: ResourcePolicy;
  readonly id: string;
}

/** Gateway endpoints of the stacks' networks, which all of their instances' requests to those services go through. */
export class Gateways {
  readonly #cloud: Cloud;
  readonly #gateways = new Map<string, Gateway>();

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** @param id of the endpoint, as policies name it */
  set(stackName: string, service: GatewayService, policy: ResourcePolicy, id = `vpce-${service}`): void {
    this.#gateways.set(`${stackName} ${service}`, { policy, id });
  }

  /** Whether instances of the stack have a way to the service. */
  has(stackName: string, service: GatewayService): boolean {
    return this.#gateways.has(`${stackName} ${service}`);
  }

  /** Which endpoint requests of the stack's instances go through, if there is one. */
  idOf(stackName: string, service: GatewayService): string | undefined {
    return this.#gateways.get(`${stackName} ${service}`)?.id;
  }

  /** What the gateway lacks to let this through, and it counts; `undefined` where it lets it. */
  missing(
    principal: Principal,
    stackName: string,
    service: GatewayService,
    request: AuthorizationRequest,
  ): string | undefined {
    const gateway = this.#gateways.get(`${stackName} ${service}`);
    const verdict = gateway && evaluate(request, gateway.policy.to());
    if (!verdict || verdict.allowed) return undefined;
    const missing = `the endpoint of ${service}: ${verdict.missing}`;
    this.#cloud.permissions.denied({ role: principal.name, ...request, missing });
    return missing;
  }

  /** @throws ServiceError where the gateway does not let the call through */
  pass(principal: Principal, stackName: string, service: GatewayService, operation: string, input: Input): void {
    for (const request of this.has(stackName, service) ? this.#cloud.authorizations(service, operation, input) : [])
      if (this.missing(principal, stackName, service, request))
        throw new ServiceError(
          denied(service).name,
          `the policy of the VPC endpoint does not allow ${request.action}`,
          403,
        );
  }
}

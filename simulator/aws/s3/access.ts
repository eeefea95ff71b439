import type { Call } from '../account/call.ts';
import type { Cloud } from '../account/cloud.ts';
import type { Gateways } from '../fleet/gateways.ts';
import { type AuthorizationRequest, type Context, evaluate, evaluateBoundary, type Verdict } from '../iam/iam.ts';
import { rootArn } from '../iam/resource-policies.ts';
import { listing } from '../iam/s3.ts';
import type { Bucket } from './bucket.ts';
import { s3Error } from './errors.ts';

/**
 * Who may do what: the caller's policies and the bucket's together, one of which has to allow it and none of which may deny it, and the
 * gateway endpoint on the way.
 * Sources: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html (single account, union);
 * docs.aws.amazon.com/AmazonS3/latest/userguide/access-policy-language-overview.html;
 * docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html
 */
export class Access {
  readonly #cloud: Cloud;
  readonly #gateways: Gateways;
  readonly #bucketOf: (name: string) => Bucket | undefined;

  constructor(cloud: Cloud, gateways: Gateways, bucketOf: (name: string) => Bucket | undefined) {
    this.#cloud = cloud;
    this.#gateways = gateways;
    this.#bucketOf = bucketOf;
  }

  /** @throws ServiceError AccessDenied; the log names what is missing */
  must(call: Call): void {
    const { principal, operation, input } = call;
    for (const request of this.#cloud.authorizations('s3', operation, input)) {
      const missing = this.#missing(call, request);
      if (missing === undefined) continue;
      this.#cloud.say('iam', `denied: ${principal.name} may not ${request.action}: ${missing}`);
      throw s3Error('AccessDenied', `${principal.name} is not authorized to perform: ${request.action}`);
    }
  }

  /**
   * Without leave to list the bucket, what is not there is not distinguished from what is not allowed.
   * Such a request names no prefix, so a leave on a condition of one is taken for none here: what AWS does then is documented nowhere.
   * Source: docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html ("Permissions")
   * @throws ServiceError AccessDenied
   */
  mustList(call: Call): void {
    const { account, region, partition } = this.#cloud;
    const world = { account, region, partition, tagsOf: () => ({}) };
    const own = { 'aws:RequestedRegion': region, 'aws:PrincipalAccount': account };
    for (const asked of listing({ Bucket: call.input.Bucket }, world)) {
      const missing = this.#missing(call, { ...asked, context: own });
      if (missing === undefined) continue;
      this.#cloud.say('iam', `denied: ${call.principal.name} may not learn what is not there: ${missing}`);
      throw s3Error('AccessDenied', `${call.principal.name} is not authorized to perform: ${asked.action}`);
    }
  }

  #missing(call: Call, request: AuthorizationRequest): string | undefined {
    const { principal } = call;
    const asked = { ...request, context: { ...request.context, ...this.#contextOf(call) } };
    const { network } = principal;
    const onTheWay = network && this.#gateways.missing(principal, network, 's3', asked);
    if (onTheWay) return onTheWay;
    const verdict = this.#verdict(call, asked);
    const { permissions, clock } = this.#cloud;
    if (verdict.allowed) {
      permissions.allowed(principal.name, asked.action, verdict.by, clock.now());
      return undefined;
    }
    permissions.denied({ role: principal.name, ...asked, missing: verdict.missing });
    return verdict.missing;
  }

  #contextOf({ principal: { arn, network }, plain = false }: Call): Context {
    const { account } = this.#cloud;
    const endpoint = network && this.#gateways.idOf(network, 's3');
    return {
      'aws:SecureTransport': String(!plain),
      'aws:ResourceAccount': account,
      's3:ResourceAccount': account,
      ...(arn !== undefined && { 'aws:PrincipalArn': arn }),
      ...(endpoint && { 'aws:SourceVpce': endpoint }),
    };
  }

  /** What the bucket's policy says of the account it leaves to the account: only that it denies matters. */
  #verdict({ principal, input }: Call, request: AuthorizationRequest): Verdict {
    const policy = this.#bucketOf(String(input.Bucket))?.policy;
    const identity = evaluate(request, principal.statements());
    const named = evaluate(request, policy?.to(principal.arn ?? '') ?? []);
    const account = evaluate(request, policy?.to(rootArn(this.#cloud)) ?? []);
    const deny = [identity, named, account].find((verdict) => !verdict.allowed && verdict.reason === 'explicitDeny');
    if (deny) return deny;
    if (identity.allowed || !named.allowed) return identity;
    const limits = evaluateBoundary(request, principal.statements());
    return limits && !limits.allowed ? limits : { allowed: true, by: new Map() };
  }
}

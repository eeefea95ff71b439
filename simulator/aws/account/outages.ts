import { denied, unheard } from './mishaps.ts';
import { ServiceError } from './service-error.ts';

/**
 * What a service does that is out: it answers with errors at once, with nothing at all, or later than it should; it lets nobody do
 * anything any more; or nobody finds it, for its name is not resolved.
 */
export const OUTAGE = {
  refuses: 'refuses',
  hangs: 'hangs',
  slow: 'slow',
  denies: 'denies',
  unresolved: 'unresolved',
} as const;
export type OutageKind = (typeof OUTAGE)[keyof typeof OUTAGE];

/** Services as the simulation names them; `kms` is called by other services, in their callers' names; by itself for people alone. */
export type Service = 'ec2' | 'ssm' | 'dynamodb' | 's3' | 'sns' | 'cloudwatch' | 'elasticloadbalancing' | 'dlm' | 'kms';

interface Outage {
  readonly kind: OutageKind;
  readonly from: number;
  readonly until: number;
}

/** How late a slow service answers: below the timeout of a call, so that it is slow and not dead. Milliseconds. */
const SLOW_MS = 8000;
const TABLE_KEY_MS = 5 * 60_000;
/** Of a caller that is not one of this stack's functions. Milliseconds. */
const USUAL_TIMEOUT_MS = 60_000;

/** Which services are out, and until when. Times are Unix milliseconds of virtual time. */
export class Outages {
  readonly #outages = new Map<string, Outage>();

  set(service: Service, kind: OutageKind, from: number, until: number): void {
    this.#outages.set(service, { kind, from, until });
  }

  of(service: string, now: number): OutageKind | undefined {
    return this.since(service, now)?.kind;
  }

  /** The outage of a service, if it is out. */
  since(service: string, now: number): Outage | undefined {
    const outage = this.#outages.get(service);
    return outage && now >= outage.from && now < outage.until ? outage : undefined;
  }

  /**
   * DynamoDB keeps the plaintext key of a table for five minutes, and then asks KMS for it again:
   * docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html, "table keys".
   */
  withoutTableKey(now: number): boolean {
    const kms = this.since('kms', now);
    return kms !== undefined && now - kms.from >= TABLE_KEY_MS;
  }

  /**
   * What a call to a service that is out comes to.
   * @param timeoutMs for how long the caller waits for an answer
   * @returns how long it takes, and the error that it ends in; without one, it has its effect all the same, and late
   */
  suffer(
    service: string,
    now: number,
    timeoutMs = USUAL_TIMEOUT_MS,
  ): { readonly ms: number; readonly error?: Error } | undefined {
    switch (this.of(service, now)) {
      case undefined:
        return undefined;
      case OUTAGE.refuses:
        return { ms: 0, error: unavailable(service) };
      case OUTAGE.denies:
        return { ms: 0, error: denied(service) };
      case OUTAGE.unresolved:
        return { ms: 0, error: unresolved(service) };
      case OUTAGE.slow:
        if (SLOW_MS < timeoutMs) return { ms: SLOW_MS };
        break;
      case OUTAGE.hangs:
    }
    // A timeout that only warns is none: the function would be killed at its own, and be run again, for ever.
    if (!Number.isFinite(timeoutMs))
      throw new Error(`${service} hangs, and its client waits for ever: it has no timeout`);
    return { ms: timeoutMs, error: unheard(timeoutMs) };
  }
}

/**
 * Sources: "Error codes for the Amazon EC2 API", and "Common errors" of the other services' API references; of S3
 * docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
 */
export function unavailable(service: string): Error {
  const code = service === 'ec2' ? 'Unavailable' : 'ServiceUnavailable';
  return new ServiceError(code, 'The service cannot take the request.', 503);
}

/** As Node's own resolver throws it (nodejs.org/api/errors.html, "Class: SystemError"); the SDK leaves it so. */
function unresolved(service: string): Error {
  const hostname = `${service}.amazonaws.com`;
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  return Object.assign(error, { code: 'ENOTFOUND', errno: -3008, syscall: 'getaddrinfo', hostname });
}

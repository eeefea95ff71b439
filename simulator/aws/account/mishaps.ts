import type { Call } from './call.ts';
import { ServiceError } from './service-error.ts';

/** What becomes of one call on its way to a service, and back. */
export const MISHAP = {
  /** It is refused: too many of them. */
  throttled: 'throttled',
  /** The service fails before it had its effect, or after: of S3, docs.aws.amazon.com/AmazonS3/latest/API/ErrorBestPractices.html ("Retry InternalErrors"). */
  errorBefore: 'errorBefore',
  errorAfter: 'errorAfter',
  /** The service has heard nothing on the connection for too long: no effect. */
  silence: 'silence',
  /** It has its effect late, and the answer comes as much later again. */
  slow: 'slow',
  /** It has its effect, and its caller waits for the answer in vain. */
  answerLost: 'answerLost',
  /** It never arrives, and its caller waits for the answer in vain. */
  requestLost: 'requestLost',
  /** Its caller waits in vain, and it has its effect when its caller has given up: after others that were sent later. */
  overdue: 'overdue',
} as const;
export type Mishap = (typeof MISHAP)[keyof typeof MISHAP];

/** Which calls go wrong, and how. */
export interface MishapOrder {
  readonly service: string;
  /** Of which operation; of any, when not given. */
  readonly operation?: string;
  readonly how: Mishap;
  /** How many of them. */
  readonly times: number;
  /** How late an effect is that is late. Milliseconds of virtual time. */
  readonly ms?: number;
}

/** Late for a call, and below the timeout of most callers. Milliseconds. */
const LATE_MS = 8000;
/** Of a caller that says nothing else. Milliseconds. */
const USUAL_TIMEOUT_MS = 60_000;

/** What is about to go wrong with calls, each order in its turn. */
export class Mishaps {
  readonly #orders: (MishapOrder & { left: number })[] = [];

  order(order: MishapOrder): void {
    this.#orders.push({ ...order, left: order.times });
  }

  /** Nothing more goes wrong. */
  clear(): void {
    this.#orders.length = 0;
  }

  /** The next one that means this call, if there is any. */
  take({ service, operation }: Call): MishapOrder | undefined {
    const found = this.#orders.findIndex(
      (order) => order.service === service && (order.operation === undefined || order.operation === operation),
    );
    const order = this.#orders[found];
    if (order && --order.left <= 0) this.#orders.splice(found, 1);
    return order;
  }
}

/** The way of one call, as a mishap sees it. */
export interface Way {
  readonly sleep: (ms: number) => Promise<void>;
  /** The call has its effect, and this is the answer. */
  readonly arrive: () => Promise<object> | object;
  /** It goes on by itself, and has its effect then. */
  readonly later: (ms: number) => void;
  /** It is on no way any more. */
  readonly lose: () => void;
}

/** One call, as this order has it. @throws Error as its caller sees it */
export async function suffer({ how, ms = LATE_MS }: MishapOrder, call: Call, way: Way): Promise<object> {
  const { service, timeoutMs = USUAL_TIMEOUT_MS } = call;
  switch (how) {
    case MISHAP.throttled:
      throw throttled(service);
    case MISHAP.errorBefore:
      throw serverError(service);
    case MISHAP.silence:
      throw silence(service);
    case MISHAP.errorAfter:
      await way.arrive();
      throw serverError(service);
    case MISHAP.slow: {
      await way.sleep(ms);
      const answer = await way.arrive();
      await way.sleep(ms);
      return answer;
    }
    case MISHAP.answerLost:
      await way.arrive();
      break;
    case MISHAP.requestLost:
      way.lose();
      break;
    case MISHAP.overdue:
      way.later(ms);
  }
  const waits = Number.isFinite(timeoutMs) ? timeoutMs : USUAL_TIMEOUT_MS;
  await way.sleep(waits);
  throw unheard(waits);
}

/** As the SDK's own request handler throws it (@smithy/node-http-handler, set-request-timeout): no status, for there was no answer. */
export function unheard(ms: number): Error {
  return Object.assign(new Error(`the request was not answered within ${ms} ms`), { name: 'TimeoutError' });
}

/**
 * What each service's model calls an error of its own (botocore 1.44.8); Elastic Load Balancing's list of common errors, and CloudWatch's, whose model has
 * none for GetMetricData, DescribeAlarms and DescribeAlarmHistory.
 */
const SERVER_ERRORS: Readonly<Record<string, string>> = {
  cloudwatch: 'InternalFailure',
  dlm: 'InternalServerException',
  dynamodb: 'InternalServerError',
  ec2: 'InternalError',
  elasticloadbalancing: 'InternalFailure',
  kms: 'KMSInternalException',
  lambda: 'ServiceException',
  s3: 'InternalError',
  sns: 'InternalError',
  ssm: 'InternalServerError',
};

/** Errors as each service sends them. Those of S3: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ("List of error codes"). */
export function throttled(service: string): ServiceError {
  if (service === 'ec2') return new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503);
  if (service === 's3') return new ServiceError('SlowDown', 'Please reduce your request rate.', 503);
  const code = service === 'dynamodb' ? 'ProvisionedThroughputExceededException' : 'ThrottlingException';
  return new ServiceError(code, 'Rate exceeded', 400);
}

export function denied(service: string): ServiceError {
  const code = { ec2: 'UnauthorizedOperation', s3: 'AccessDenied' }[service] ?? 'AccessDeniedException';
  return new ServiceError(code, 'You are not authorized to perform this operation.', 403);
}

export function serverError(service: string): ServiceError {
  const code = SERVER_ERRORS[service];
  if (code === undefined) throw new Error(`the simulation does not know how ${service} names an error of its own`);
  return new ServiceError(code, 'An internal error has occurred.', 500);
}

/** @throws Error for a service of which no page says how it calls this */
export function silence(service: string): ServiceError {
  if (service !== 's3') throw new Error(`the simulation does not know how ${service} says that it heard nothing`);
  const said = 'Your socket connection to the server was not read from or written to within the timeout period.';
  return new ServiceError('RequestTimeout', said, 400);
}

import { HOSTS, LEDGER } from '../core/world/standing.ts';
import type { Unanswered } from '../core/world/unanswered.ts';
import { serviceOf } from './patience.ts';

/** What an AWS error means for the one who called. */
export const ERROR_KINDS = ['transient', 'denied', 'notFound', 'conflict', 'capacity', 'invalid', 'unknown'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

const LEDGER_IS_OUT: readonly ErrorKind[] = ['denied', 'notFound'];

/**
 * An AWS error in the project's own words: `could not attach vol-1 to i-2: VolumeInUse: ...`. The SDK's error is its `cause`. It is called
 * as AWS calls it, for a durable execution keeps no more of an error than its name and its text.
 */
export class AwsError extends Error implements Partial<Unanswered> {
  readonly kind: ErrorKind;
  readonly code: string;
  /** Set where the service did not do its part: it refuses for now, fails, or says nothing. The SDK's name of it. */
  readonly unanswered?: string;

  constructor(doing: string, kind: ErrorKind, code: string, text: string, cause: unknown) {
    super(`could not ${doing}: ${code}: ${text}`, { cause });
    this.name = code;
    this.kind = kind;
    this.code = code;
    const service = serviceOf(cause);
    if (kind === 'transient') this.unanswered = service ?? 'AWS';
    // A ledger that may not be read, or is not there, is as one that is out: nothing may be moved, and people are to know as soon.
    else if (service === LEDGER && LEDGER_IS_OUT.includes(kind)) this.unanswered = service;
    // So is the only way to a host; what else Systems Manager refuses is of one host, or of one command.
    else if (service === HOSTS && kind === 'denied') this.unanswered = service;
  }
}

/**
 * The one place where AWS error codes are translated.
 * Sources: EC2 API error codes (docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html); SSM, DynamoDB,
 * SNS and DLM: the exceptions documented on each operation in the SDK's types; throttling, also the SDK's own list of it.
 */
const KINDS: Readonly<Record<string, ErrorKind>> = {
  RequestLimitExceeded: 'transient',
  Throttling: 'transient',
  ThrottlingException: 'transient',
  ThrottledException: 'transient',
  EC2ThrottledException: 'transient',
  TooManyRequestsException: 'transient',
  KMSThrottlingException: 'transient',
  ProvisionedThroughputExceededException: 'transient',
  SnapshotCreationPerVolumeRateExceeded: 'transient',
  InternalError: 'transient',
  InternalServerError: 'transient',
  InternalServerException: 'transient',
  InternalFailure: 'transient',
  Unavailable: 'transient',
  ServiceUnavailable: 'transient',
  RequestTimeout: 'transient',
  TimeoutError: 'transient',
  UnauthorizedOperation: 'denied',
  AccessDenied: 'denied',
  AccessDeniedException: 'denied',
  AuthorizationErrorException: 'denied',
  AuthorizationError: 'denied',
  ResourceNotFoundException: 'notFound',
  'InvalidVolume.NotFound': 'notFound',
  'InvalidSnapshot.NotFound': 'notFound',
  'InvalidVolumeModification.NotFound': 'notFound',
  'InvalidInstanceID.NotFound': 'notFound',
  InvocationDoesNotExist: 'notFound',
  VolumeInUse: 'conflict',
  IncorrectState: 'conflict',
  IncorrectModificationState: 'conflict',
  IncorrectInstanceState: 'conflict',
  IdempotentParameterMismatch: 'conflict',
  ConditionalCheckFailedException: 'conflict',
  InvalidInstanceId: 'conflict',
  InsufficientVolumeCapacity: 'capacity',
  VolumeLimitExceeded: 'capacity',
  VolumeModificationRateExceeded: 'capacity',
  ConcurrentSnapshotLimitExceeded: 'capacity',
  AttachmentLimitExceeded: 'capacity',
  MaxIOPSLimitExceeded: 'capacity',
  InvalidParameterValue: 'invalid',
  InvalidParameterCombination: 'invalid',
  'InvalidVolume.ZoneMismatch': 'invalid',
  ValidationException: 'invalid',
};

/**
 * Nothing was reached: no name resolved (aws.amazon.com/message/101925: for hours, that of DynamoDB), no way, nobody listening. The SDK's own lists
 * (@smithy/core, submodules/retry); such an error has a code of Node's, no name of its own, and no status.
 */
const UNREACHED: readonly string[] = [
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
];

/** Runs one AWS call; what it throws comes out as an {@link AwsError}. `doing` completes "could not ...". */
export async function translated<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { code: reason = '' } = (error ?? {}) as { code?: string };
    const unreached = UNREACHED.includes(reason);
    const code = unreached ? reason : error instanceof Error ? error.name : 'unknown';
    const status = (error as { $metadata?: { httpStatusCode?: number } })?.$metadata?.httpStatusCode ?? 0;
    const kind = unreached ? 'transient' : (KINDS[code] ?? (status >= 500 ? 'transient' : 'unknown'));
    throw new AwsError(doing, kind, code, error instanceof Error ? error.message : String(error), error);
  }
}

export function isKind(error: unknown, kind: ErrorKind): boolean {
  return error instanceof AwsError && error.kind === kind;
}

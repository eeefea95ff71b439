import type { Operation, ServiceModel } from './model.ts';

/**
 * Errors that each service may answer to any call, of which its models say nothing. From the pages "Common Errors" of the API
 * references of DynamoDB, Systems Manager, SNS, CloudWatch, Elastic Load Balancing, Lambda and Data Lifecycle Manager
 * (docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html, and the same page of each).
 */
const COMMON: readonly string[] = [
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InternalFailure',
  'MalformedHttpRequestException',
  'NotAuthorized',
  'OptInRequired',
  'RequestAbortedException',
  'RequestEntityTooLargeException',
  'RequestExpired',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'ThrottlingException',
  'UnrecognizedClientException',
  'UnknownOperationException',
  'ValidationError',
];

export type ErrorStanding = 'listed' | 'common' | 'unlisted' | 'nothing is listed';

/** Whether AWS's model of the operation lists an error code; EC2's lists none for any operation. */
export function standing(model: ServiceModel, operation: Operation, code: string): ErrorStanding {
  const errors = operation.errors ?? [];
  const listed = errors.some(({ shape }) => shape === code || model.shapes[shape]?.error?.code === code);
  if (listed) return 'listed';
  if (COMMON.includes(code)) return 'common';
  const silent = Object.values(model.operations).every((each) => (each.errors ?? []).length === 0);
  return silent ? 'nothing is listed' : 'unlisted';
}

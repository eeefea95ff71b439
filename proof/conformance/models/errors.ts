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

/**
 * EC2's model lists no error for any operation. Of the page "Error codes for the Amazon EC2 API"
 * (docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html), what the simulated EC2 may say; InvalidVolumeModification.NotFound
 * is that of kubernetes-sigs/aws-ebs-csi-driver, pkg/cloud/cloud.go.
 */
const BY_PAGE: Readonly<Record<string, readonly string[]>> = {
  EC2: [
    'AttachmentLimitExceeded',
    'ConcurrentSnapshotLimitExceeded',
    'CustomerKeyHasBeenRevoked',
    'IdempotentParameterMismatch',
    'IncorrectInstanceState',
    'IncorrectModificationState',
    'IncorrectState',
    'InsufficientVolumeCapacity',
    'InternalError',
    'InvalidAttachment.NotFound',
    'InvalidInstanceID.NotFound',
    'InvalidParameterCombination',
    'InvalidParameterValue',
    'InvalidSnapshot.NotFound',
    'InvalidVolume.NotFound',
    'InvalidVolume.ZoneMismatch',
    'InvalidVolumeModification.NotFound',
    'MissingParameter',
    'OperationNotPermitted',
    'RequestLimitExceeded',
    'SnapshotCreationPerVolumeRateExceeded',
    'Unavailable',
    'UnauthorizedOperation',
    'VolumeInUse',
    'VolumeLimitExceeded',
  ],
  // Beside those that its model describes: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  S3: ['ConditionalRequestConflict', 'KMS.DisabledException', 'KMS.NotFoundException'],
};

/**
 * S3's model lists hardly an error for an operation, and describes them all in one place, in words: the documentation of `Code` of its
 * shape `Error`. @returns code -> statuses
 */
export function describedCodes(model: ServiceModel): ReadonlyMap<string, readonly string[]> {
  const text = model.shapes.Error?.members?.Code?.documentation ?? '';
  const found = new Map<string, string[]>();
  for (const [, code = '', status = ''] of text.matchAll(
    /<i>Code:<\/i>\s*([\w.]+)[\s\S]*?<i>HTTP Status Code:<\/i>\s*(\d{3})?/g,
  ))
    found.set(code, [...(found.get(code) ?? []), status]);
  return found;
}

export type ErrorStanding = 'listed' | 'common' | 'byPage' | 'unlisted';

/** Where AWS lists an error code of an operation, if it does. */
export function standing(model: ServiceModel, operation: Operation, code: string): ErrorStanding {
  const errors = operation.errors ?? [];
  if (errors.some(({ shape }) => shape === code || model.shapes[shape]?.error?.code === code)) return 'listed';
  const page = BY_PAGE[model.metadata.serviceId];
  if (page) return page.includes(code) || describedCodes(model).has(code) ? 'byPage' : 'unlisted';
  return COMMON.includes(code) ? 'common' : 'unlisted';
}

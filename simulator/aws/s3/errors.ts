import { ServiceError } from '../account/service-error.ts';

/** What S3 says, and with which status. Source: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ("List of error codes"). */
const STATUS = {
  AccessDenied: 403,
  BadDigest: 400,
  ConditionalRequestConflict: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  KeyTooLongError: 400,
  'KMS.DisabledException': 400,
  'KMS.NotFoundException': 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  ServiceUnavailable: 503,
} as const;
export type S3Code = keyof typeof STATUS;
export const S3_CODES: readonly string[] = Object.keys(STATUS);

export function s3Error(code: S3Code, message: string): ServiceError {
  return new ServiceError(code, message, STATUS[code]);
}

import type { Call } from '../account/call.ts';
import type { Cloud } from '../account/cloud.ts';
import type { Bucket } from './bucket.ts';
import { s3Error } from './errors.ts';

/**
 * What becomes of a conditional write while another write of its key is under way. By the API reference a "conflicting operation"
 * gives 409; by the user guide "the first write operation to finish succeeds", and the others get 412, and a 409 comes of a delete. So either may be, and
 * whoever writes has to bear both.
 */
export const RACES = { either: 'either', conflict: 'conflict', first: 'first' } as const;
export type Races = (typeof RACES)[keyof typeof RACES];

/** They make the object at once; steps of a multipart upload do not: "Conditional writes do not consider any in-progress multipart uploads". */
const WRITES: readonly string[] = ['PutObject', 'CompleteMultipartUpload'];

/**
 * `If-None-Match: *` and `If-Match`, decided at the moment at which the write would have its effect.
 * Sources: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html ("Conditional write behavior", "Conditional write
 * scenarios"); docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, ErrorResponses.html (ConditionalRequestConflict)
 */
export class Conditions {
  readonly #cloud: Cloud;
  readonly #random;
  races: Races = RACES.either;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    this.#random = cloud.random.stream('s3 races');
  }

  /** @throws ServiceError PreconditionFailed, ConditionalRequestConflict, NoSuchKey or NotImplemented */
  check(call: Call, bucket: Bucket, key: string): void {
    const { IfNoneMatch: unless, IfMatch: only } = call.input;
    if (unless === undefined && only === undefined) return;
    if (unless !== undefined && only !== undefined)
      throw new Error('the simulated S3 does not know If-None-Match and If-Match of one write');
    // "Expects the * (asterisk) character".
    if (unless !== undefined && unless !== '*')
      throw s3Error('NotImplemented', 'A header you provided implies functionality that is not implemented');
    const there = bucket.current(key);
    // "If there's no current object version with the same name, or if the current object version is a delete marker, the operation fails with a 404 Not Found error."
    if (only !== undefined && !there) throw s3Error('NoSuchKey', 'The specified key does not exist.');
    if (unless !== undefined && there) throw failed('If-None-Match');
    if (only !== undefined && there && unquoted(there.object.etag) !== unquoted(String(only))) throw failed('If-Match');
    // "If a delete request to an object succeeds before a conditional write operation on that object completes."
    if (bucket.deletedSince(key, call.sentAt) || (this.#contested(call) && this.#loses())) throw conflict();
  }

  #contested({ input: { Bucket, Key } }: Call): boolean {
    for (const { service, operation, input } of this.#cloud.underway)
      if (service === 's3' && WRITES.includes(operation) && input.Bucket === Bucket && input.Key === Key) return true;
    return false;
  }

  #loses(): boolean {
    if (this.races === RACES.either) return this.#random.next() < 0.5;
    return this.races === RACES.conflict;
  }
}

/** For reads: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html */
export function checkMatch(ifMatch: unknown, etag: string): void {
  if (ifMatch === undefined || ifMatch === '*' || unquoted(String(ifMatch)) === unquoted(etag)) return;
  throw failed('If-Match');
}

export function conflict() {
  return s3Error(
    'ConditionalRequestConflict',
    'The conditional request cannot succeed due to a conflicting operation.',
  );
}

function failed(header: string) {
  return s3Error('PreconditionFailed', `At least one of the pre-conditions you specified did not hold: ${header}`);
}

const unquoted = (etag: string) => etag.replace(/^"|"$/g, '');

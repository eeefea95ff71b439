import type { Slip } from './kind.ts';

const of =
  (file: string, test: string) =>
  (slip: string, code: string, instead: string, named: string): Slip => ({
    ...{ slip, file, code, instead },
    ...{ test, named },
  });
const parts = of('operator/aws/parts.ts', 'operator/resuming.test.ts');

/** An upload that was cut off goes on with what is not its own, or not at all. */
export const UPLOADS: readonly Slip[] = [
  parts(
    'a part is taken without being compared',
    'if (ChecksumSHA256 !== sum(await this.#read(PartNumber))) return false;',
    'if (ChecksumSHA256 === undefined) return false;',
    'where the second part is of other bytes',
  ),
  parts(
    'it goes on with what was begun of another key',
    'each.Key === Key && each.ChecksumAlgorithm === ALGORITHM',
    'each.ChecksumAlgorithm === ALGORITHM',
    'never with that of another key',
  ),
  parts(
    'only the first page of parts is there',
    'if (!listed.IsTruncated) break;',
    'break;',
    'with the part that S3 does not have, where it has 4',
  ),
  parts(
    'what was begun before the newest upload is completed after it',
    '(Initiated?.getTime() ?? 0) > newest',
    '(Initiated?.getTime() ?? 0) > 0',
    'where something newer was uploaded since',
  ),
  parts(
    'what is hidden is not newer',
    '[...Versions, ...DeleteMarkers]',
    '[...Versions]',
    'where what was there is hidden since',
  ),
  parts(
    'a policy of before uploads nothing',
    "if (named(error) !== 'AccessDenied') throw error;",
    'throw error;',
    'without ["s3:ListBucketMultipartUploads"]',
  ),
  parts(
    'what was dropped meanwhile ends it',
    'NoSuchUpload: ',
    'NoSuchUploads: ',
    'if it is dropped meanwhile, begins anew',
  ),
  of('lib/content-intake.ts', 'proof/permissions/people.test.ts')(
    'versions of whatever is in the bucket are listed',
    "['s3:ListBucketVersions'], itself,",
    "['s3:ListBucketVersions'], itself, '*' ||",
    'of the intake zips are written, and answers read',
  ),
];

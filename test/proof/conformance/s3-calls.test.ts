import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { playS3 } from '../../../proof/conformance/models/s3-calls.ts';
import { S3_CODES } from '../../../simulator/aws/s3/errors.ts';

test('every operation of the simulated S3 is shown to the judge, and every error that it knows', async () => {
  const seen = new Map<string, Set<string>>();
  const statuses = await playS3(mkdtempSync(join(tmpdir(), 's3-calls-')), ({ operation, error = 'ok' }) => {
    seen.set(operation, (seen.get(operation) ?? new Set()).add(error));
  });
  expect([...seen.keys()].sort()).toEqual([
    ...['AbortMultipartUpload', 'CompleteMultipartUpload', 'CreateMultipartUpload', 'DeleteObject', 'GetObject'],
    ...['HeadObject', 'ListMultipartUploads', 'ListObjectVersions', 'ListObjectsV2', 'ListParts', 'PutObject'],
    'UploadPart',
  ]);
  for (const [operation, ends] of seen) expect([operation, ends.has('ok')]).toEqual([operation, true]);
  expect(S3_CODES.filter((code) => !statuses.has(code))).toEqual([]);
});

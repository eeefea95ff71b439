import { expect, test } from '@jest/globals';
import type { Runtime } from '../../lambda/aws/runtime.ts';
import type { Source } from '../../operator/aws/parts.ts';
import { s3Uploads } from '../../operator/aws/uploads.ts';

const MIB = 2 ** 20;
const sourceOf = (size: number): Source => ({ size, read: async (_, bytes) => new Uint8Array(bytes) });

/** What is asked of S3, and what is told of it, in this order. */
async function uploaded(size: number): Promise<string[]> {
  const all: string[] = [];
  const prepare = ((client: { send: unknown }) => {
    client.send = async (command: object) => {
      all.push(command.constructor.name.replace(/Command$/, ''));
      return { UploadId: 'one', ETag: 'e', VersionId: 'v' };
    };
    return client;
  }) as unknown as Runtime['prepare'];
  const uploads = s3Uploads({ clients: { region: 'eu-west-1' } as Runtime['clients'], prepare });
  const sending = {
    begins: (had: number) => all.push(`begins with ${had}`),
    anew: (why: string) => all.push(why),
    sent: (bytes: number) => all.push(`${bytes / MIB} MiB`),
    completes: () => all.push('completes'),
  };
  const target = { bucket: 'uploads', key: 'alpha/one.zip', rivals: { prefix: 'alpha/one', is: () => true } };
  expect(await uploads.upload(target, sourceOf(size), sending)).toBe('v');
  return all;
}

test('whoever uploads is told before the call of which the answer may be lost', async () => {
  expect(await uploaded(MIB)).toEqual(['completes', 'PutObject', '1 MiB']);
  expect(await uploaded(20 * MIB)).toEqual([
    ...['ListMultipartUploads', 'CreateMultipartUpload', 'begins with 0'],
    ...['UploadPart', '8 MiB', 'UploadPart', '16 MiB', 'UploadPart', '20 MiB'],
    ...['completes', 'CompleteMultipartUpload', '20 MiB'],
  ]);
});

import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { translated } from './errors.ts';

/** Where the pages of incidents are. */
export interface Pages {
  /** Over one that is there: the newest record counts. */
  write(key: string, html: string): Promise<void>;
}

export function s3Pages(s3: S3Client, Bucket: string): Pages {
  return {
    write: (Key, html) =>
      translated(`write the page ${Key}`, async () => {
        const Body = Buffer.from(html);
        await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/html; charset=utf-8' }));
      }),
  };
}

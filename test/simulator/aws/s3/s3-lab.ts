import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Gateways } from '../../../../simulator/aws/fleet/gateways.ts';
import type { Principal } from '../../../../simulator/aws/iam/account.ts';
import { readStatements } from '../../../../simulator/aws/iam/iam.ts';
import type { Bucket } from '../../../../simulator/aws/s3/bucket.ts';
import { S3 } from '../../../../simulator/aws/s3/s3.ts';
import { ANYONE, Lab } from '../lab.ts';

export const BUCKET = 'bucket';
export const ACCOUNT = '111122223333';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/writer`;
type Answer = Readonly<Record<string, unknown>>;

/** A cloud assembly that publishes nothing. */
const assembly = mkdtempSync(join(tmpdir(), 's3-'));

/** A role that is allowed this, and nothing else. */
export function role(...statements: readonly object[]): Principal {
  const all = statements.map((each) => ({ Effect: 'Allow', Resource: '*', ...each }));
  const read = readStatements({ Version: '2012-10-17', Statement: all }, 'writer');
  return { name: 'writer', arn: ROLE, statements: () => read };
}

/** A simulated S3 with one bucket in it. */
export class S3Lab extends Lab {
  readonly gateways = new Gateways(this.cloud);
  readonly s3 = new S3(this.cloud, assembly, this.gateways);
  readonly bucket: Bucket;

  /** @param properties of the bucket, as a template has them */
  constructor(properties: Readonly<Record<string, unknown>> = {}, serializes = true) {
    super(serializes);
    this.bucket = this.s3.define('x', { path: 'Bucket', values: { BucketName: BUCKET, ...properties } });
    // Both ways are documented; where it matters, a test says which.
    this.s3.conditions.races = 'first';
  }

  /** One call, without the SDK. */
  send(operation: string, input: Answer = {}, principal: Principal = ANYONE): Promise<Answer> {
    return this.within(() => this.go(operation, input, principal));
  }

  /** The same, from within virtual time. */
  go(operation: string, input: Answer = {}, principal: Principal = ANYONE): Promise<Answer> {
    return this.cloud.call(principal, 's3', operation, { Bucket: BUCKET, ...input }) as Promise<Answer>;
  }

  put(Key: string, Body: string | Uint8Array = 'x', more: Answer = {}): Promise<Answer> {
    return this.send('PutObject', { Key, Body, ...more });
  }

  /** What is there, or the code of the error. */
  async text(Key: string, more: Answer = {}, principal: Principal = ANYONE): Promise<string> {
    try {
      const { Body } = await this.send('GetObject', { Key, ...more }, principal);
      return Buffer.from(Body as Uint8Array).toString('utf8');
    } catch (error) {
      return (error as Error).name;
    }
  }

  /** The code of the error, or `ok`. */
  outcome(operation: string, input: Answer = {}, principal: Principal = ANYONE): Promise<string> {
    return this.send(operation, input, principal).then(
      () => 'ok',
      (error: Error) => error.name,
    );
  }

  /** All keys, page by page. */
  async keys(more: Answer = {}): Promise<string[]> {
    const found: string[] = [];
    let ContinuationToken: unknown;
    do {
      const page = await this.send('ListObjectsV2', { ...more, ...(ContinuationToken ? { ContinuationToken } : {}) });
      for (const { Key } of (page.Contents ?? []) as { Key: string }[]) found.push(Key);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    return found;
  }
}

import { intakePrefix } from '../../contract/intake.ts';
import type { Stamp } from '../../intake/decide.ts';
import type { Cloud } from '../aws/account/cloud.ts';
import { ServiceError } from '../aws/account/service-error.ts';
import type { Principal } from '../aws/iam/account.ts';

/** For how long an answer of S3 is waited for, and until it is asked again. Milliseconds. */
const TIMEOUT_MS = 2000;
const AGAIN_MS = 1000;
const NOT_FOUND = 404;
/** Of a condition that does not hold. */
const FAILED = 412;

export interface Found extends Stamp {
  readonly etag: string;
  readonly bytes: Uint8Array;
}

/** A version as a list has it; `marker`: it is none, and hides those before it. */
export interface Listed extends Stamp {
  readonly marker: boolean;
}

/** The bucket of uploads as the agent on a host reaches it. Whoever gives no answer is asked again, for as long as `awake` lets it. */
export class UploadBucket {
  readonly #cloud: Cloud;
  readonly #caller: () => Principal;
  readonly #bucket: string;
  readonly #awake: () => Promise<void>;

  /** @param awake waits while the host does nothing, and throws once the agent is gone */
  constructor(cloud: Cloud, caller: () => Principal, bucket: string, awake: () => Promise<void>) {
    this.#cloud = cloud;
    this.#caller = caller;
    this.#bucket = bucket;
    this.#awake = awake;
  }

  /** What waits, the oldest first. */
  async waiting(volume: string): Promise<{ readonly key: string; readonly modified: number }[]> {
    const found: { readonly key: string; readonly modified: number }[] = [];
    for (let from: object = {}; ; ) {
      const page = await this.#must('ListObjectsV2', { Prefix: intakePrefix(volume), ...from });
      for (const { Key, LastModified } of (page.Contents ?? []) as { Key: string; LastModified: Date }[])
        found.push({ key: Key, modified: LastModified.getTime() });
      if (page.IsTruncated !== true) break;
      from = { ContinuationToken: page.NextContinuationToken };
    }
    return found.sort((one, other) => one.modified - other.modified || (one.key < other.key ? -1 : 1));
  }

  /** Key by key, of each the newest first. */
  async versions(prefix: string): Promise<Listed[]> {
    const found: (Listed & { readonly latest: boolean })[] = [];
    for (let from: object = {}; ; ) {
      const page = await this.#must('ListObjectVersions', { Prefix: prefix, ...from });
      type One = { Key: string; VersionId: string; LastModified: Date; IsLatest: boolean };
      for (const [marker, all] of [[true, page.DeleteMarkers] as const, [false, page.Versions] as const])
        for (const one of (all ?? []) as One[])
          if (!marker || one.IsLatest)
            found.push({
              ...{ key: one.Key, version: one.VersionId, modified: one.LastModified.getTime() },
              ...{ marker, latest: one.IsLatest },
            });
      if (page.IsTruncated !== true) break;
      from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    // Versions come in their order; a marker that is the latest stands before them.
    const byKey = Map.groupBy(found, ({ key }) => key);
    return [...byKey.keys()].sort().flatMap((key) => {
      const own = byKey.get(key) ?? [];
      return [...own.filter(({ marker }) => marker), ...own.filter(({ marker }) => !marker)];
    });
  }

  /** @returns `undefined` where there is none */
  async read(key: string, version?: string): Promise<Found | undefined> {
    const found = await this.#ask('GetObject', { Key: key, ...(version !== undefined && { VersionId: version }) });
    if ('status' in found) return undefined;
    return {
      ...{ key, version: String(found.VersionId), modified: (found.LastModified as Date).getTime() },
      ...{ etag: String(found.ETag), bytes: found.Body as Uint8Array },
    };
  }

  /** Once. */
  async answer(key: string, text: string): Promise<void> {
    await this.#ask('PutObject', {
      Key: key,
      Body: Buffer.from(text),
      IfNoneMatch: '*',
      ContentType: 'application/json',
    });
  }

  async hide({ key, etag }: Pick<Found, 'key' | 'etag'>): Promise<void> {
    await this.#ask('DeleteObject', { Key: key, IfMatch: etag });
  }

  async #must(operation: string, input: object): Promise<Record<string, unknown>> {
    const answer = await this.#ask(operation, input);
    if ('status' in answer) throw new Error(`${operation}: ${answer.status}`);
    return answer;
  }

  async #ask(operation: string, input: object): Promise<Record<string, unknown> | { readonly status: number }> {
    for (;;) {
      await this.#awake();
      try {
        const asked = { Bucket: this.#bucket, ...input };
        const answer = await this.#cloud.call(this.#caller(), 's3', operation, asked, { timeoutMs: TIMEOUT_MS });
        await this.#awake();
        return answer as Record<string, unknown>;
      } catch (error) {
        await this.#awake();
        const status = error instanceof ServiceError ? error.$metadata.httpStatusCode : undefined;
        if (status === NOT_FOUND || status === FAILED) return { status };
        await this.#cloud.clock.sleep(AGAIN_MS);
      }
    }
  }
}

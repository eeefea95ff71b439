import type { Principal } from '../iam/account.ts';

/** How an object is encrypted. */
export interface Encryption {
  readonly algorithm: 'AES256' | 'aws:kms';
  /** ARN or id of the key; none with `AES256`. */
  readonly key: string | undefined;
  /** With a key of the bucket, made from it. */
  readonly bucketKey: boolean;
}

export const ALGORITHMS = ['CRC32', 'SHA256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** What a lifecycle rule does, and to what. Days. */
export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  readonly prefix: string;
  readonly expireDays: number | undefined;
  /** Unix milliseconds. */
  readonly expireAt: number | undefined;
  readonly expireMarkers: boolean;
  readonly noncurrentDays: number | undefined;
  /** So many noncurrent versions stay, whatever their age. */
  readonly keepNoncurrent: number;
  readonly abortDays: number | undefined;
}

export interface BucketSettings {
  readonly encryption: Encryption;
  readonly versioned: boolean;
  readonly rules: readonly LifecycleRule[];
  /** `BlockPublicPolicy`. */
  readonly blocksPublicPolicy: boolean;
}

export interface Checksum {
  readonly algorithm: Algorithm;
  /** Base64; of several parts, with how many they were. */
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** With its quotes. */
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly checksum: Checksum | undefined;
  readonly encryption: Encryption;
}

export interface Version {
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** `undefined`: a delete marker. */
  readonly object: StoredObject | undefined;
}

export interface UploadedPart {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly checksum: Checksum | undefined;
  readonly at: number;
}

export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly startedAt: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly encryption: Encryption;
  readonly algorithm: Algorithm | undefined;
  readonly parts: Map<number, UploadedPart>;
  readonly initiator: Principal;
  /** It met a conflict when it was completed: all of it has to be done anew. */
  conflicted: boolean;
}

/** What a bucket needs of the world around it. */
export interface Surroundings {
  now(): number;
  newId(): string;
  /** How late lifecycle rules are done. Milliseconds. */
  lag(): number;
}

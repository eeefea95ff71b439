import { createHash } from 'node:crypto';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadOutput,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  type MultipartUpload,
  type Part,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

/** Where something is uploaded to. */
export interface Target {
  readonly bucket: string;
  readonly key: string;
  /** What takes its place where it is the newer: objects below that prefix whose key is one of them. */
  readonly rivals: { readonly prefix: string; is(key: string): boolean };
}

/** What is uploaded: bytes that can be had from any place on, once more too. */
export interface Source {
  readonly size: number;
  /** So many of them, from there on. */
  read(from: number, bytes: number): Promise<Uint8Array>;
}

/** Is told how an upload goes. */
export interface Sending {
  /** S3 has so many bytes of a try before, 0 of none. What it is sent in parts it keeps, until that moment where it names one. */
  begins(had: number, until: Date | undefined): void;
  /** What S3 has of a try before is not gone on with, or may not be asked for. @param why a sentence without its full stop */
  anew(why: string): void;
  /** S3 has so many bytes by then. */
  sent(bytes: number): void;
  /** The next call makes all of it an object: from then on nobody knows, until it is answered, whether S3 has it. */
  completes(): void;
}

/** Bytes. From 5 MiB on a part is allowed, and 10,000 of them: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const PART = 8 * 2 ** 20;
const MOST_PARTS = 10_000;
/** Of a list of unfinished uploads, or of versions: each has up to a thousand. */
const MOST_PAGES = 100;
/** Unfinished uploads of one key whose parts are looked at, the newest first. */
const MOST_TRIES = 10;
/** An upload is begun or gone on with at most so often: each time something else has come in between. */
const ROUNDS = 3;
/**
 * A part that S3 has counts by this sum alone. Its tag is none where KMS encrypts (docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html), and CRC32,
 * which the SDK takes by itself, is 32 bits.
 */
const ALGORITHM = 'SHA256';

/** By what S3 says: docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html, API_UploadPart.html. */
const OVERTAKEN: Readonly<Record<string, string>> = {
  NoSuchUpload: 'S3 has nothing of it in parts any more: another try completed it, or its days were over',
  InvalidPart: 'Another try has sent a part of it once more, and S3 is asked again which it has',
};
const NEWER = 'What S3 has of a try before was begun before the newest upload of this course: it begins anew';
const OTHER = 'What S3 has of a try before is of other bytes: it begins anew';
const unasked = (why: string) => `Whether S3 has some of it from a try before could not be asked: ${why}`;

/** Whole MiB, and so many that they are not too many. */
export function partSize(size: number): number {
  return Math.max(PART, Math.ceil(size / MOST_PARTS / 2 ** 20) * 2 ** 20);
}

const sum = (bytes: Uint8Array) => createHash(ALGORITHM).update(bytes).digest('base64');
const named = (error: unknown) => (error as Error).name;

/** An upload that is no object yet, and what S3 has of it: nothing but parts of these very bytes. */
interface Begun {
  readonly UploadId: string | undefined;
  readonly parts: ReadonlyMap<number, CompletedPart>;
  readonly until: Date | undefined;
}

/** One upload in parts. */
export class Parts {
  readonly #s3: S3Client;
  readonly #target: Target;
  readonly #at: { readonly Bucket: string; readonly Key: string };
  readonly #source: Source;
  readonly #sending: Sending;
  readonly #size: number;

  constructor(s3: S3Client, target: Target, source: Source, sending: Sending) {
    this.#s3 = s3;
    this.#target = target;
    this.#at = { Bucket: target.bucket, Key: target.key };
    this.#source = source;
    this.#sending = sending;
    this.#size = partSize(source.size);
  }

  /**
   * Goes on with what S3 has of the same bytes, or begins. Whatever ends it, S3 keeps the parts until it is completed or the bucket's lifecycle
   * drops them; it is never completed with a part that is not of these bytes.
   */
  async send(): Promise<CompleteMultipartUploadOutput> {
    for (let round = 1; ; round++) {
      const begun = (await this.#found()) ?? (await this.#begin());
      try {
        return await this.#finish(begun);
      } catch (error) {
        const why = OVERTAKEN[named(error)];
        if (why === undefined || round === ROUNDS) throw error;
        this.#sending.anew(why);
      }
    }
  }

  async #begin(): Promise<Begun> {
    const input = { ...this.#at, ChecksumAlgorithm: ALGORITHM } as const;
    const { UploadId, AbortDate } = await this.#s3.send(new CreateMultipartUploadCommand(input));
    return { UploadId, parts: new Map(), until: AbortDate };
  }

  async #finish({ UploadId, parts, until }: Begun): Promise<CompleteMultipartUploadOutput> {
    let has = [...parts.keys()].reduce((bytes, number) => bytes + this.#bytesOf(number), 0);
    this.#sending.begins(has, until);
    const Parts: CompletedPart[] = [];
    while (Parts.length * this.#size < this.#source.size) {
      const PartNumber = Parts.length + 1;
      const there = parts.get(PartNumber);
      Parts.push(there ?? (await this.#sendPart(UploadId, PartNumber)));
      if (there) continue;
      has += this.#bytesOf(PartNumber);
      this.#sending.sent(has);
    }
    this.#sending.completes();
    const input = { ...this.#at, UploadId, MultipartUpload: { Parts } };
    return this.#s3.send(new CompleteMultipartUploadCommand(input));
  }

  async #sendPart(UploadId: string | undefined, PartNumber: number): Promise<CompletedPart> {
    const Body = await this.#read(PartNumber);
    const ChecksumSHA256 = sum(Body);
    const checked = { ChecksumAlgorithm: ALGORITHM, ChecksumSHA256 } as const;
    const { ETag } = await this.#s3.send(
      new UploadPartCommand({ ...this.#at, UploadId, PartNumber, Body, ...checked }),
    );
    return { PartNumber, ETag, ChecksumSHA256 };
  }

  /**
   * A try before, which may still be at work: then both send the same parts. Only one that was begun after everything that could take its place: of what
   * came in between, S3 may let that be the newer ("take precedence": docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html, "Concurrent
   * multipart upload operations"), and an object is as old as its beginning ("Last-Modified": UsingMetadata.html there).
   */
  async #found(): Promise<Begun | undefined> {
    try {
      const tries = await this.#tries();
      if (tries.length === 0) return undefined;
      const newest = await this.#newest();
      const newer = tries.filter(({ Initiated }) => (Initiated?.getTime() ?? 0) > newest);
      if (newer.length === 0) this.#sending.anew(NEWER);
      let others = 0;
      for (const { UploadId } of newer.slice(0, MOST_TRIES)) {
        const { parts, until } = await this.#partsOf(UploadId);
        if (parts.length === 0) continue;
        if (await this.#areOurs(parts)) return { UploadId, until, parts: completing(parts) };
        others += 1;
      }
      if (others > 0) this.#sending.anew(OTHER);
      return undefined;
    } catch (error) {
      // Whoever has a policy of before uploads all of it, as before.
      if (named(error) !== 'AccessDenied') throw error;
      this.#sending.anew(unasked((error as Error).message));
      return undefined;
    }
  }

  /** Unfinished uploads of this key, the newest first, whose parts have a sum to go by. */
  async #tries(): Promise<MultipartUpload[]> {
    const { Bucket, Key } = this.#at;
    const all: MultipartUpload[] = [];
    let from: object = {};
    for (let page = 1; page <= MOST_PAGES; page++) {
      const input = { Bucket, Prefix: Key, ...from };
      const { Uploads = [], ...rest } = await this.#s3.send(new ListMultipartUploadsCommand(input));
      all.push(...Uploads.filter((each) => each.Key === Key && each.ChecksumAlgorithm === ALGORITHM));
      if (!rest.IsTruncated) break;
      from = { KeyMarker: rest.NextKeyMarker, UploadIdMarker: rest.NextUploadIdMarker };
    }
    return all.sort((a, b) => (b.Initiated?.getTime() ?? 0) - (a.Initiated?.getTime() ?? 0));
  }

  /** When the newest of its rivals was made, or hidden. Unix milliseconds. */
  async #newest(): Promise<number> {
    const { bucket: Bucket, rivals } = this.#target;
    let newest = 0;
    let from: object = {};
    for (let page = 1; page <= MOST_PAGES; page++) {
      const input = { Bucket, Prefix: rivals.prefix, ...from };
      const { Versions = [], DeleteMarkers = [], ...rest } = await this.#s3.send(new ListObjectVersionsCommand(input));
      for (const { Key = '', LastModified } of [...Versions, ...DeleteMarkers])
        if (rivals.is(Key)) newest = Math.max(newest, LastModified?.getTime() ?? 0);
      if (!rest.IsTruncated) return newest;
      from = { KeyMarker: rest.NextKeyMarker, VersionIdMarker: rest.NextVersionIdMarker };
    }
    // Nobody has looked at all of them.
    return Number.POSITIVE_INFINITY;
  }

  async #partsOf(UploadId: string | undefined): Promise<{ parts: Part[]; until: Date | undefined }> {
    const parts: Part[] = [];
    let until: Date | undefined;
    try {
      let from: object = {};
      for (let page = 1; page <= MOST_PARTS; page++) {
        const listed = await this.#s3.send(new ListPartsCommand({ ...this.#at, UploadId, ...from }));
        parts.push(...(listed.Parts ?? []));
        until = listed.AbortDate;
        if (!listed.IsTruncated) break;
        from = { PartNumberMarker: listed.NextPartNumberMarker };
      }
    } catch (error) {
      // Completed or dropped since it was listed.
      if (named(error) !== 'NoSuchUpload') throw error;
      return { parts: [], until };
    }
    return { parts, until };
  }

  /** Whether all of them are of these bytes, cut in the same places: no list is to be completed with as it is (mpuoverview.html, "Multipart upload listings"). */
  async #areOurs(parts: readonly Part[]): Promise<boolean> {
    for (const { PartNumber = 0, Size, ChecksumSHA256 } of parts) {
      if (PartNumber < 1 || this.#bytesOf(PartNumber) <= 0 || Size !== this.#bytesOf(PartNumber)) return false;
      if (ChecksumSHA256 !== sum(await this.#read(PartNumber))) return false;
    }
    return true;
  }

  #read(number: number): Promise<Uint8Array> {
    return this.#source.read((number - 1) * this.#size, this.#bytesOf(number));
  }

  #bytesOf(number: number): number {
    return Math.min(this.#size, this.#source.size - (number - 1) * this.#size);
  }
}

function completing(parts: readonly Part[]): Map<number, CompletedPart> {
  return new Map(
    parts.map(({ PartNumber = 0, ETag, ChecksumSHA256 }) => [PartNumber, { PartNumber, ETag, ChecksumSHA256 }]),
  );
}

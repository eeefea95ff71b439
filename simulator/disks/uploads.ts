/** What hosts on real disks do with uploads: their intakes are processes, with an S3 of theirs. */

/** A version of an object, as S3 has it. */
export interface UploadVersion {
  readonly key: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly etag: string;
  /** `undefined`: a delete marker. */
  readonly bytes: Uint8Array | undefined;
}

/** What an agent did in a bucket. */
export type UploadAct =
  | { readonly act: 'write'; readonly bucket: string; readonly key: string; readonly bytes: Uint8Array }
  | { readonly act: 'hide'; readonly bucket: string; readonly key: string; readonly etag: string };

/** The intakes as they are deployed, where disks can run them. They live in real time, in which nothing else happens while one of these calls runs. */
export interface RealIntakes {
  /** Which start of its unit takes uploads in for a volume of a host; `undefined`: none does. */
  runs(instanceId: string, volume: string): string | undefined;
  /** All that a bucket has, of each key the newest version first. */
  give(bucket: string, versions: readonly UploadVersion[]): void;
  /**
   * All that waits for a volume is taken in, or refused: waits for it.
   * @param anew what was answered before may have to be taken in again
   * @throws Error where it takes longer than a slow machine explains
   */
  takeIn(instanceId: string, bucket: string, volume: string, anew: boolean): void;
  /** What was done since this was asked last, in that order. */
  acts(): UploadAct[];
}

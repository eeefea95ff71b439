/**
 * What verbs read of a volume, and how many of its blocks that touches. On real disks the counters of the loop device show what was read;
 * the table here is the same, as a model of what XFS reads, for disks in memory. A conformance test holds it against the counters.
 */

import type { Course } from './disks.ts';
import type { DeviceReads, Written } from './reads.ts';

/** The unit in which snapshots hold data, and in which they are loaded. Source: EBS User Guide, "Concepts for EBS direct APIs". KiB. */
export const BLOCK_KIB = 512;

/** mkfs.xfs makes four, up to 4 TiB. */
export const NOTHING_WRITTEN: Written = { courses: 0, files: 0, kib: 0, groups: 4 };

export function withCourse({ courses, files, kib, groups }: Written, course: Course): Written {
  const bytes = course.files.reduce((sum, file) => sum + file.bytes.length, 0);
  return { courses: courses + 1, files: files + course.files.length + 1, kib: kib + bytes / 1024, groups };
}

/** Verbs that read what nobody may have touched yet. */
export const READING = ['mount', 'verify', 'serve', 'check'] as const;
export type Reading = (typeof READING)[number];

/** A log holds no more than so much: one of 64 MiB, as of a volume of 100 GiB, was full of 300 courses. */
const LOGGED = { courses: 300, files: 20_000 };

/**
 * The model: fitted to counters of Linux 6.18 and xfsprogs 6.1, volumes of 20 to 500 GiB with 60 to 20,000 files, each a copy of a mounted one
 * with all of it in its log. What was read before and is in no cache any more is read again.
 * @param share of the content that a check reads: 0 to 1
 */
export function modelledReads(verb: Reading, { courses, files, kib, groups }: Written, share = 1): DeviceReads {
  const logged = { courses: Math.min(courses, LOGGED.courses), files: Math.min(files, LOGGED.files) };
  const models: Readonly<Record<Reading, DeviceReads>> = {
    mount: {
      reads: 200 + groups + 5.5 * logged.courses + 0.1 * logged.files,
      kib: 500 + 4 * groups + 45 * logged.courses + 1.2 * logged.files,
    },
    verify: { reads: 4 + 0.055 * files, kib: 50 + 0.75 * files },
    serve: { reads: 5, kib: 16 },
    check: {
      reads: 600 + 5.5 * courses + (0.15 + share) * files,
      kib: 4500 + share * kib + 100 * courses + 5 * files,
    },
  };
  return models[verb];
}

/** Blocks of a volume's snapshot: data in whole 4 KiB, inodes of half one, and what a file system has from the start, with its log. */
export function blocksWritten({ files, kib, groups }: Written): number {
  return 15 + groups + Math.ceil((kib + 2.5 * files) / BLOCK_KIB);
}

/**
 * How many blocks were touched by what was read. Small reads lie close together: what the kernel's trace of block requests showed was within
 * twice of this. It is never more than a block a read, nor more than there are.
 */
export function blocksTouched({ reads, kib }: DeviceReads, { groups }: Written): number {
  return Math.min(Math.ceil(reads), 12 + groups + 2 * Math.ceil(kib / BLOCK_KIB));
}

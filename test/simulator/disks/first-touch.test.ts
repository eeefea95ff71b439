import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  blocksTouched,
  blocksWritten,
  modelledReads,
  NOTHING_WRITTEN,
  READING,
  withCourse,
} from '../../../simulator/disks/first-touch.ts';
import { MemoryDisks } from '../../../simulator/disks/memory/memory.ts';
import { realDiskTest, runScript } from './real-disk-test.ts';
import { makeCourse, runVerb } from './support.ts';

const Reads = z.object({ reads: z.number(), kib: z.number() });
const Rows = z.array(
  z.object({
    written: z.object({ courses: z.number(), files: z.number(), kib: z.number(), groups: z.number() }),
    reads: z.object({ mount: Reads, verify: Reads, serve: Reads, check: Reads }),
  }),
);
/** The model is one of order of magnitude: kernels and tools read in other pieces. */
const WITHIN = 5;

const realTest = realDiskTest();

realTest('what the model says that verbs read is what the counters of a loop device say, in order of magnitude', () => {
  const rows = Rows.parse(runScript(join(import.meta.dirname, 'reads.script.ts')));
  const off = rows.flatMap(({ written, reads }) =>
    READING.flatMap((verb) => {
      const modelled = modelledReads(verb, written);
      return (['reads', 'kib'] as const)
        .map((what) => ({ verb, what, files: written.files, modelled: modelled[what], counted: reads[verb][what] }))
        .filter(({ modelled, counted }) => !(modelled <= counted * WITHIN && counted <= modelled * WITHIN));
    }),
  );
  expect(off).toEqual([]);
});

describe('blocks of 512 KiB', () => {
  const content = { courses: 1000, files: 1_000_000, kib: 100 * 1024 * 1024, groups: 4 };

  test('a block is touched by one read at the least, and read by many', () => {
    expect(blocksTouched({ reads: 3, kib: 12 }, NOTHING_WRITTEN)).toBe(3);
    expect(blocksTouched({ reads: 100_000, kib: 12 }, NOTHING_WRITTEN)).toBe(18);
    expect(blocksTouched({ reads: 100_000, kib: 51_200 }, NOTHING_WRITTEN)).toBe(216);
  });

  test('a check touches all there is, a mount no more than the log can hold', () => {
    expect(blocksTouched(modelledReads('check', content), content)).toBeGreaterThan(blocksWritten(content));
    expect(blocksTouched(modelledReads('mount', content), content)).toBeLessThan(250);
    expect(blocksWritten(content)).toBeGreaterThan(204_800);
  });

  test('each allocation group is touched by a mount', () => {
    const grown = { ...content, groups: 4096 };
    const [few, many] = [content, grown].map((of) => blocksTouched(modelledReads('mount', of), of)) as [number, number];
    expect(many - few).toBeGreaterThan(4000);
  });
});

test('a copy knows what was written to its source until then', () => {
  const disks = new MemoryDisks();
  const [host, source, copy, course] = ['i-0aaaaaaaaaaaaaaaa', 'vol-0a000000000000000', 'vol-0b000000000000000', 'one'];
  disks.addHost(host);
  disks.createVolume(source, 10);
  expect(disks.written(source)).toEqual(NOTHING_WRITTEN);
  disks.attach(source, host);
  for (const verb of ['format', 'mount', 'serve']) runVerb(disks, host, verb, { volume: 'alpha', volumeId: source });
  disks.upload(host, 'alpha', makeCourse(course));
  disks.takeSnapshot(source, 'snap-1');
  disks.upload(host, 'alpha', makeCourse('two'));
  disks.createVolume(copy, 10, 'snap-1');
  const once = withCourse(NOTHING_WRITTEN, makeCourse(course));
  expect(disks.written(copy)).toEqual(once);
  expect(disks.written(source)).toEqual(withCourse(once, makeCourse('two')));
  // What is deleted stays in the blocks of snapshots.
  disks.remove(host, 'alpha', course);
  expect(disks.written(source).courses).toBe(2);
});

import { createHash } from 'node:crypto';
import { type Course, DiskError } from '../../simulator/disks/disks.ts';
import type { World } from './world.ts';

/** What was read back of what had to be there. */
export interface ReadBack {
  readonly expected: number;
  readonly intact: number;
  readonly missing: readonly string[];
}

/** Reads every file of the courses where the web server of the instance reads them, and compares the checksums. */
export function readBack(
  world: World,
  instanceId: string | undefined,
  volume: string,
  courses: readonly Course[],
): ReadBack {
  const missing: string[] = [];
  let expected = 0;
  for (const course of courses) {
    for (const file of course.files) {
      expected++;
      const path = coursePath(course.id, file.path);
      if (!instanceId || checksum(world, instanceId, volume, path) !== file.sha256) missing.push(path);
    }
  }
  return { expected, intact: expected - missing.length, missing };
}

/** Where a file of a course is, on its volume. */
export function coursePath(id: string, path: string): string {
  return `courses/${id}/${path}`;
}

function checksum(world: World, instanceId: string, volume: string, path: string): string | undefined {
  try {
    return createHash('sha256')
      .update(world.disks.read(instanceId, volume, path))
      .digest('hex');
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

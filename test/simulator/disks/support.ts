/** Shared by the tests of disks and host verbs, and by the scripts that they start: so nothing of Jest is in here. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Course, Disks, HostResult } from '../../../simulator/disks/disks.ts';

const HOST = join(import.meta.dirname, '../../../host');

/** A verb as its SSM document carries it: with each file that it sources in the place of the line that sources it. */
export function documentScript(verb: string): string {
  const script = readFileSync(join(HOST, `${verb}.sh`), 'utf8');
  return script.replace(/^ *\. "\$\(dirname "\$0"\)\/(\w+)\.sh"/gm, (_, sourced: string) => documentScript(sourced));
}

/** Runs a verb as a document. `at` is the virtual time. */
export function runVerb(
  disks: Disks,
  instanceId: string,
  verb: string,
  parameters: {
    readonly volume: string;
    readonly volumeId?: string;
    readonly at?: string;
    readonly more?: Readonly<Record<string, string>>;
  },
): HostResult {
  const { volume, volumeId, at = '2026-01-01T00:00:00Z', more } = parameters;
  const env = {
    SSM_Volume: volume,
    SSM_Seed: '1',
    ...(volumeId === undefined ? {} : { SSM_VolumeId: volumeId }),
    REMOUNT_NOW: at,
    ...more,
  };
  return disks.run(instanceId, { verb, script: documentScript(verb), env, timeoutSeconds: 600 });
}

/** `key=value` lines of a verb. */
export function keysOf(stdout: string): Record<string, string> {
  return Object.fromEntries([...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value]));
}

/** A course of five files of 1 to 50 KB, whose content is given by its id. */
export function makeCourse(id: string): Course {
  const files = ['index.html', 'a.js', 'b.css', 'media/one.bin', 'media/two.bin'].map((path) => {
    const seed = createHash('sha256').update(`${id}/${path}`).digest();
    const bytes = Buffer.alloc(1000 + (seed.readUInt16LE(0) % 49_000), seed);
    return { path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  return { id, files };
}

/** Ids of the courses whose files do not all have the content they were uploaded with. */
export function damagedCourses(disks: Disks, instanceId: string, volume: string): string[] {
  return disks.list(instanceId, volume).filter((id) =>
    makeCourse(id).files.some((file) => {
      const bytes = disks.read(instanceId, volume, `courses/${id}/${file.path}`);
      return createHash('sha256').update(bytes).digest('hex') !== file.sha256;
    }),
  );
}

/** The drill's check of a copy as a model: `host/check.sh` on a memory disk. */
import { fail, ok, type VerbResult } from './answers.ts';
import type { MemoryFileSystem } from './file-system.ts';

/** What a host remembers of a content volume between two checks (`docs/decisions/0023-overwritten-in-place.md`). */
export interface Suspicion {
  /** Whether the last check had no verdict for them. */
  readonly held: boolean;
  /** The copy that it was of, by its canary. */
  readonly copy: number;
  /** File -> the copy that first showed it. */
  readonly files: ReadonlyMap<string, number>;
}

interface Judged {
  readonly altered: readonly string[];
  readonly suspect: readonly string[];
  readonly changed: number;
  readonly suspicion: Suspicion | undefined;
}

/** Of a live volume, what differs is altered only in its second copy. */
function judge(fileSystem: MemoryFileSystem, before: Suspicion | undefined): Judged {
  const different = fileSystem.alteredFiles();
  const { copyNumber: copy } = fileSystem;
  const hold = before === undefined || (before.held ? before.copy === copy : before.copy !== copy);
  const files = new Map(different.map((file) => [file, before?.files.get(file) ?? copy]));
  const known = (file: string) => !fileSystem.wasLive || files.get(file) !== copy;
  const fresh = different.filter((file) => !known(file));
  const suspect = hold ? fresh : [];
  return {
    altered: different.filter(known),
    suspect,
    changed: fresh.length - suspect.length,
    suspicion: files.size > 0 ? { held: suspect.length > 0, copy, files } : undefined,
  };
}

/** The check of a file system that mounts and whose metadata are sound. @param suspicions of the host, by content volume */
export function checkContent(
  fileSystem: MemoryFileSystem,
  volume: string,
  volumeId: string,
  suspicions: Map<string, Suspicion>,
): VerbResult {
  fileSystem.look();
  const { altered, suspect, changed, suspicion } = judge(fileSystem, suspicions.get(volume));
  if (suspicion) suspicions.set(volume, suspicion);
  else suspicions.delete(volume);
  const files = fileSystem.fileCount();
  const listed = fileSystem.listedCount();
  const found = [
    `volumeId=${volumeId}`,
    `canary=${fileSystem.canary}`,
    `files=${files}`,
    `listed=${listed}`,
    `checked=${files}`,
    `unlisted=${fileSystem.unlistedCount()}`,
    `changed=${changed}`,
    `suspect=${suspect.length}`,
    'odd=0',
    `bytes=${fileSystem.byteCount()}`,
    `stored=${fileSystem.byteCount()}`,
    'deferred=0',
    `manifests=${fileSystem.courseIds().length}`,
    'blockget=done',
    'attributes=read',
    `unreadable=${fileSystem.hidden}`,
    'seconds=0',
    'complete=true',
  ];
  const differs = (names: readonly string[]) => names.slice(0, 5).map((name) => `differs: ${name}\n`);
  if (altered.length > 0) {
    const told = fail('altered', `${altered.length} files of ${volumeId} are not what their manifests say`, ...found);
    return { ...told, stderr: differs(altered).join('') + told.stderr };
  }
  const stderr = differs(suspect)
    .map((line) => `suspect: ${line}`)
    .join('');
  return { ...ok(...found, 'state=sound'), stderr };
}

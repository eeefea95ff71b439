/** The drill's check of a copy as a model: `host/check.sh` on a memory disk. */
import { fail, ok, type VerbResult } from './answers.ts';
import type { Due, MemoryFileSystem } from './file-system.ts';

/** What a host remembers of a content volume between two checks (`docs/decisions/0023-overwritten-in-place.md`). */
export interface Suspicion {
  /** Whether the last check had no verdict for them. */
  readonly held: boolean;
  /** The copy that it was of, by its canary. */
  readonly copy: number;
  /** File -> the copy that first showed it. */
  readonly files: ReadonlyMap<string, number>;
}

/** What a check is asked. */
export interface CheckCall {
  readonly volume: string;
  readonly volumeId: string;
  /** What it reads: `PORTION` of the contract. */
  readonly portion: string;
  /** Seconds: `REMOUNT_LATE_SECONDS`. */
  readonly late: number;
}

function dueBy({ portion, late }: CheckCall, upto: number): Due {
  const [part = 0, of = 1, since = 0] = portion === 'all' ? [] : portion.split('/').map(Number);
  // Its clock is behind that of the copy before.
  const all = of === 1 || upto < since;
  return (number, canary) => all || number % of === part || seconds(canary) > since - late;
}

function seconds(canary: string | undefined): number {
  return Math.floor(Date.parse(canary ?? '') / 1000);
}

interface Judged {
  readonly altered: readonly string[];
  readonly suspect: readonly string[];
  readonly changed: number;
  readonly suspicion: Suspicion | undefined;
}

/** Of a live volume, what differs is altered only in its second copy. */
function judge(fileSystem: MemoryFileSystem, different: readonly string[], before: Suspicion | undefined): Judged {
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
  call: CheckCall,
  suspicions: Map<string, Suspicion>,
): VerbResult {
  const { volume, volumeId } = call;
  fileSystem.look();
  const upto = seconds(fileSystem.canary);
  const doubted = suspicions.get(volume);
  const read = fileSystem.portion(dueBy(call, upto));
  // What is under suspicion is read, too.
  const everywhere = fileSystem.alteredFiles();
  const again = everywhere.filter((file) => doubted?.files.has(file) && !read.altered.includes(file));
  const different = [...read.altered, ...again];
  const { altered, suspect, changed, suspicion } = judge(fileSystem, different, doubted);
  if (suspicion) suspicions.set(volume, suspicion);
  else suspicions.delete(volume);
  const files = fileSystem.fileCount();
  const listed = fileSystem.listedCount();
  const checked = read.files + again.length;
  const found = [
    `volumeId=${volumeId}`,
    `canary=${fileSystem.canary}`,
    `files=${files}`,
    `listed=${listed}`,
    `checked=${checked}`,
    `unlisted=${fileSystem.unlistedCount()}`,
    `changed=${changed}`,
    `suspect=${suspect.length}`,
    'odd=0',
    `bytes=${read.bytes}`,
    `stored=${fileSystem.byteCount()}`,
    'deferred=0',
    `resting=${files - checked}`,
    'behind=0',
    `manifests=${fileSystem.courseIds().length}`,
    'blockget=done',
    'attributes=read',
    `upto=${upto}`,
    `unreadable=${fileSystem.hidden}`,
    'seconds=0',
    'complete=true',
  ];
  const differs = (names: readonly string[]) => names.slice(0, 5).map((name) => `differs: ${name}\n`);
  if (altered.length > 0) {
    const failed = fail('altered', `${altered.length} files of ${volumeId} are not what their manifests say`, ...found);
    return { ...failed, stderr: differs(altered).join('') + failed.stderr };
  }
  const stderr = differs(suspect)
    .map((line) => `suspect: ${line}`)
    .join('');
  return { ...ok(...found, 'state=sound'), stderr };
}

import { currentVolume } from './candidates.ts';
import { generationOf } from './drill-decide.ts';
import type { RecoveryPoint } from './model.ts';
import type { DrillNote, DrillPorts, HostAnswer } from './ports.ts';

/** Nobody is told the same of the same content volume twice within this long: each hourly copy carries the same damage. */
const QUIET_SECONDS = 6 * 3600;
/** Names of files that are remembered: the check prints five of each copy. */
const FILES = 50;
/** How `host/check.sh` names a file that is not what its manifest says. */
const ALTERED = /^(?:differs|missing): (.+)$/;

/**
 * Tells people what a drill found, and notes it.
 * @returns `false` for a copy of a volume that serves no more: people would take a sound one out of service
 */
export async function tellDamaged(
  ports: DrillPorts,
  volume: string,
  point: RecoveryPoint,
  { result, detail }: HostAnswer,
): Promise<boolean> {
  if (!(await isOfWhatServes(ports, volume, point))) return false;
  const now = ports.clock.now();
  const before = await ports.ledger.readDrillNote(volume);
  const lines = detail.split('; ');
  const files = lines.flatMap((line) => ALTERED.exec(line)?.[1] ?? []);
  const known = before !== undefined && before.about === result && now - before.at < QUIET_SECONDS * 1000;
  const of = Math.max(point.at, before?.about === undefined ? 0 : before.of);
  if (known && files.every((file) => before.files.includes(file))) {
    if (of !== before.of) await ports.ledger.writeDrillNote(volume, { ...before, of });
    return true;
  }
  await ports.people.tell(
    `Remount: ${volume} is damaged`,
    [
      `The drill of ${point.snapshotId} found damage in the content of ${volume}: ${result}.`,
      '',
      ...lines.slice(0, 20),
      '',
      'Nothing was done to what serves: it may fail at the next write or delete. Later copies carry the same damage; a heal',
      'takes the newest that was verified before: the spare, or a snapshot.',
      'What to do: docs/runbook.md#damaged',
    ].join('\n'),
  );
  const told = [...new Set([...(known ? before.files : []), ...files])].slice(-FILES);
  await ports.ledger.writeDrillNote(volume, { about: result, at: now, of, files: told });
  return true;
}

/** Tells people, who were told of damage, that it is over: only what was copied later, of what serves now, can say so. */
export async function tellSound(ports: DrillPorts, volume: string, point: RecoveryPoint): Promise<void> {
  const before = await ports.ledger.readDrillNote(volume);
  if (before?.about === undefined || point.at <= before.of) return;
  if (!(await isOfWhatServes(ports, volume, point))) return;
  await ports.people.tell(`Remount: ${volume} is sound again`, `The drill of ${point.snapshotId} found nothing wrong.`);
  const note: DrillNote = { about: undefined, at: ports.clock.now(), of: before.of, files: [] };
  await ports.ledger.writeDrillNote(volume, note);
}

/** A heal may have put another volume in the place of the one that was copied, also since this drill began. */
async function isOfWhatServes(ports: DrillPorts, volume: string, point: RecoveryPoint): Promise<boolean> {
  const ledger = await ports.ledger.read(volume);
  const current = currentVolume({ ledger, volumes: await ports.compute.volumes(volume) });
  return current === undefined || point.generation >= generationOf(ledger, current);
}

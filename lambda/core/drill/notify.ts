import type { SnapshotId } from '../../../contract/ids.ts';
import { currentVolume } from '../world/current.ts';
import type { RecoveryPoint } from '../world/model.ts';
import type { HostAnswer } from '../world/ports.ts';
import { generationOf } from './decide.ts';
import type { DrillNote, DrillPorts } from './ports.ts';
import { remarksOf } from './remarks.ts';

/** Nobody is notified of the same of one content volume twice within this long: each hourly copy carries the same damage. */
const QUIET_SECONDS = 6 * 3600;
/** Names of files that are remembered: the check prints five of each copy. */
const FILES = 50;
/** How `host/check.sh` names a file that is not what its manifest says. */
const ALTERED = /^(?:differs|missing): (.+)$/;

/**
 * Notifies people of what a drill found, and notes it.
 * @returns `false` for a copy of a volume that serves no more: people would take a sound one out of service
 */
export async function notifyDamaged(
  ports: DrillPorts,
  volume: string,
  point: RecoveryPoint,
  { result, values, detail }: HostAnswer,
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
  const inTurns = Number(values.resting ?? 0) > 0;
  await ports.people.notify({
    kind: 'damaged',
    volume,
    snapshotId: point.snapshotId,
    result,
    findings: lines,
    inTurns,
  });
  const since = [...new Set([...(known ? before.files : []), ...files])].slice(-FILES);
  await ports.ledger.writeDrillNote(volume, { about: result, at: now, of, files: since });
  return true;
}

/** Notifies people, who were notified of damage, that it is over: only what was copied later, of what serves now, can say so. */
export async function notifySound(ports: DrillPorts, volume: string, point: RecoveryPoint): Promise<void> {
  const before = await ports.ledger.readDrillNote(volume);
  if (before?.about === undefined || point.at <= before.of) return;
  if (!(await isOfWhatServes(ports, volume, point))) return;
  await ports.people.notify({ kind: 'sound', volume, snapshotId: point.snapshotId });
  const note: DrillNote = { about: undefined, at: ports.clock.now(), of: before.of, files: [] };
  await ports.ledger.writeDrillNote(volume, note);
}

/** A heal may have put another volume in the place of the one that was copied, also since this drill began. */
async function isOfWhatServes(ports: DrillPorts, volume: string, point: RecoveryPoint): Promise<boolean> {
  const ledger = await ports.ledger.read(volume);
  const current = currentVolume({ ledger, volumes: await ports.compute.volumes(volume) });
  return current === undefined || point.generation >= generationOf(ledger, current);
}

/** How long a copy is kept after which content fell: a person may take longer to notice than the schedule keeps anything. */
export const KEPT_MS = 7 * 24 * 3600_000;

/** Content fell, and no checksum shows it: the copy from before is kept, and people are notified. Kept before that: it may go any time. */
export async function notifyFallen(
  ports: DrillPorts,
  volume: string,
  before: RecoveryPoint,
  after: RecoveryPoint,
  fell: readonly string[],
): Promise<void> {
  const until = ports.clock.now() + KEPT_MS;
  await ports.store.keep(before.snapshotId, until);
  await ports.people.notify({
    kind: 'fallen',
    volume,
    before: { snapshotId: before.snapshotId, at: before.at },
    after: after.snapshotId,
    fell,
    keptUntil: until,
  });
}

/** Damage in a copy that had passed, and is relied on. @returns `true`: whatever serves, people were notified */
export async function notifyReliedOn(
  ports: DrillPorts,
  volume: string,
  { snapshotId, at }: RecoveryPoint,
  { result, detail }: HostAnswer,
): Promise<boolean> {
  await ports.people.notify({ kind: 'reliedOn', volume, snapshotId, at, result, findings: detail.split('; ') });
  return true;
}

/** Notifies people of what is to be said of a copy that is sound, once. They are notified before it is noted: rather twice than never. */
export async function remark(
  ports: DrillPorts,
  volume: string,
  snapshotId: SnapshotId,
  answer: HostAnswer,
): Promise<void> {
  const before = await ports.ledger.readRemarks(volume);
  const { next, remarks } = remarksOf(volume, snapshotId, before, answer);
  for (const it of remarks) await ports.people.notify(it);
  if (JSON.stringify(next) !== JSON.stringify(before)) await ports.ledger.writeRemarks(volume, next);
}

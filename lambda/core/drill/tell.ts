import { listed } from '../../../contract/listed.ts';
import { currentVolume } from '../heal/candidates.ts';
import type { RecoveryPoint } from '../world/model.ts';
import type { HostAnswer } from '../world/ports.ts';
import { generationOf } from './decide.ts';
import type { DrillNote, DrillPorts } from './ports.ts';
import { remarksOf } from './remarks.ts';

/** Nobody is told the same of the same content volume twice within this long: each hourly copy carries the same damage. */
const QUIET_SECONDS = 6 * 3600;
/** Names of files that are remembered: the check prints five of each copy. */
const FILES = 50;
/** What a check printed, in a message. */
const FINDINGS = { between: '\n', most: 20, rest: 'what the check printed, in Systems Manager' } as const;
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
      listed(lines, FINDINGS),
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

/** How long a copy is kept after which content fell: a person may take longer to notice than the schedule keeps anything. */
export const KEPT_MS = 7 * 24 * 3600_000;

/** Content fell, and no checksum shows it: the copy from before is kept, and people are told. Kept before it is told: it may go any time. */
export async function tellFallen(
  ports: DrillPorts,
  volume: string,
  before: RecoveryPoint,
  after: RecoveryPoint,
  fell: readonly string[],
): Promise<void> {
  const until = ports.clock.now() + KEPT_MS;
  await ports.store.keep(before.snapshotId, until);
  await ports.people.tell(
    `Remount: the content of ${volume} has fallen`,
    [
      `${after.snapshotId} holds much less than ${before.snapshotId}, the verified copy before it, of ${new Date(before.at).toISOString()}:`,
      ...fell,
      '',
      `Both are sound: what is gone was deleted or cut short. ${before.snapshotId} is kept until ${new Date(until).toISOString()}; the volume`,
      'may leave the snapshot schedule for that, and the guard takes its copies then. A heal takes what is newest all the same.',
      'If it was meant, nothing has to be done: docs/runbook.md#fallen',
    ].join('\n'),
  );
}

/** Damage in a copy that had passed, and is relied on. @returns `true`: whatever serves, people were told */
export async function tellReliedOn(
  ports: DrillPorts,
  volume: string,
  { snapshotId, at }: RecoveryPoint,
  { result, detail }: HostAnswer,
): Promise<boolean> {
  await ports.people.tell(
    `Remount: a verified copy of ${volume} is damaged`,
    [
      `${snapshotId}, of ${new Date(at).toISOString()}, had passed its drill and was looked at once more: ${result}.`,
      '',
      listed(detail.split('; '), FINDINGS),
      '',
      'It is rejected, and no heal takes it any more. What serves is not touched by that, and neither are other copies.',
      'What to do: docs/runbook.md#relied-on',
    ].join('\n'),
  );
  return true;
}

/** Tells people what is to be said of a copy that is sound, once. They are told before it is noted: rather twice than never. */
export async function remark(ports: DrillPorts, volume: string, snapshotId: string, answer: HostAnswer): Promise<void> {
  const before = await ports.ledger.readRemarks(volume);
  const { next, remarks } = remarksOf(volume, snapshotId, before, answer);
  for (const { subject, message } of remarks) await ports.people.tell(subject, message);
  if (JSON.stringify(next) !== JSON.stringify(before)) await ports.ledger.writeRemarks(volume, next);
}

/** What must hold of the records that heals leave: true times, and an outcome that is what the world shows. */
import { metricNamespace, TAG } from '../../../contract/contract.ts';
import { check, incidents, pages } from '../../../rehearsal/judge/checks.ts';
import { recoveryPoint, servedVolume } from '../../../rehearsal/judge/measure.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { Watch } from '../../../rehearsal/world/watch.ts';
import type { Check, World } from '../../../rehearsal/world/world.ts';
import { type Happening, isEvent } from '../../../simulator/aws/account/happening.ts';

/** How an execution of the healer ended. */
export interface HealEnd {
  readonly healId: string | undefined;
  readonly outcome: string;
  readonly summary: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** API calls that arrived, retries included. */
  readonly calls: number;
}

type Incident = ReturnType<typeof incidents>[number];

/** A heal may be reported by the message of the one before. */
const QUIET_MS = 16 * 60_000;

/** Every heal that took the lease has a record that ended, with times that can be true. */
export function judgeRecords(world: World, ends: readonly HealEnd[], skewMs: number): Check[] {
  const wrong: string[] = [];
  const volumes = new Set(
    world.services.dynamodb.all().flatMap((item) => {
      const [, name] = /^VOLUME#(.+)$/.exec(item.pk?.S ?? '') ?? [];
      return name ? [name] : [];
    }),
  );
  const records = [...volumes].flatMap((volume) => incidents(world, volume, 0));
  const byId = new Map(records.map((r) => [String(r.id), r]));
  const failed = ends.some((e) => e.outcome === 'failed');
  for (const record of records) {
    const times = [record.startedAt, ...(record.steps ?? []).flatMap((s) => [s.startedAt, s.endedAt]), record.endedAt];
    const numbers = times.filter((t) => t !== undefined).map(Number);
    if (record.outcome === 'open' && !failed) wrong.push(`${record.id} is still open`);
    const ordered = numbers.every((t, i) => t + 2 * skewMs >= (numbers[i - 1] ?? 0) && t <= world.clock.now() + skewMs);
    if (!ordered) wrong.push(`${record.id}: its times are not in order`);
  }
  for (const end of ends) {
    const id = end.healId;
    const looked = ['busy', 'quiet', 'falseAlarm', 'sound', 'unanswered'].includes(end.outcome);
    if (id && !looked && !byId.has(id)) wrong.push(`${id} (${end.outcome}) has no record`);
  }
  return [check('every incident is on record, with true times', wrong.length === 0, wrong, 'yes')];
}

/** Executions that took the lease, and so left a record; most are sweeps that find nothing to do. */
export function healsOnRecord(world: World, ends: readonly HealEnd[]): number {
  const recorded = new Set(
    world.services.dynamodb
      .all()
      .map((item) => (item.incident?.S ? String((JSON.parse(item.incident.S) as { id: unknown }).id) : '')),
  );
  return ends.filter((end) => end.healId !== undefined && recorded.has(end.healId)).length;
}

/**
 * Each record's outcome is what the world shows: what healed did serve, and from what it says; what it says that the data reach up to
 * they do. And what serves in the end from a copy is on record as a replacement.
 */
export function recordsTrue(
  strike: Strike,
  watch: Watch,
  volume: string,
  ends: readonly HealEnd[],
  skewMs: number,
): Check {
  const { world, stage, failures } = strike;
  const failed = ends.some((e) => e.outcome === 'failed');
  const records = incidents(world, volume, 0).filter((r) => r.endedAt !== undefined);
  const wrong = records.flatMap((record) => {
    const why = untrue(strike, watch, record, { volume, failed, skewMs });
    return why ? [`${String(record.id)} (${String(record.outcome)}): ${why}`] : [];
  });
  const failure = failures.find((f) => f.volume === volume);
  const owner = stage.servedBy(volume);
  const served = owner && servedVolume(world, owner, volume);
  const { snapshot } = failure && owner ? recoveryPoint(world, failure, owner) : {};
  if (snapshot && !failed && !records.some((r) => r.replacement?.newVolume === served))
    wrong.push(`no record says that ${served} was put in the place of ${failure?.volumeId}`);
  return check('what is on record is what the world shows', wrong.length === 0, wrong, 'yes');
}

function untrue(
  { world, services }: Strike,
  watch: Watch,
  record: Incident,
  { volume, failed, skewMs }: { readonly volume: string; readonly failed: boolean; readonly skewMs: number },
): string | undefined {
  const { outcome, replacement, startedAt, endedAt } = record;
  const [from, to] = [Number(startedAt) - skewMs, Number(endedAt) + skewMs];
  const served = watch.servedBetween(`${world.stackName} ${volume}`, from, to);
  if (outcome === 'falseAlarm' || outcome === 'sound') return served.length === 0 ? 'nothing served' : undefined;
  if (outcome === 'paged') {
    const notified = failed || pages(world, volume, from - QUIET_MS).length > 0;
    return notified ? undefined : 'nobody was paged';
  }
  if (outcome !== 'healed') return undefined;
  if (!replacement) return served.length === 0 ? 'nothing served' : undefined;
  const { newVolume, snapshotId, recoveryPointAt } = replacement;
  if (!served.includes(String(newVolume))) return `${newVolume} did not serve`;
  const made = services.ec2.volumes.get(String(newVolume));
  if (made && made.snapshotId !== snapshotId) return `${newVolume} was made from ${made.snapshotId}, not ${snapshotId}`;
  const copy = services.ec2.snapshots.get(String(snapshotId));
  if (!copy || copy.tags[TAG.volume] !== volume) return undefined;
  // A host that has just begun to serve has written a canary before its first probe.
  const least = services.fleet.canaryBefore(metricNamespace(world.stackName), volume, copy.startedAt);
  const at = Number(recoveryPointAt);
  // Where a journal was read onto it they reach further: `JournalWatch` judges how far.
  const upTo = drainedUpTo(services.cloud.log, String(newVolume), to);
  return at >= least && at <= Math.max(copy.startedAt, upTo)
    ? undefined
    : `its data reach up to ${new Date(least).toISOString()}, not ${new Date(at).toISOString()}`;
}

/** As far as the journal was read onto a volume until then, by any heal: one whose function died has left that in the ledger for the next. */
export function drainedUpTo(log: readonly Happening[], volumeId: string, until: number): number {
  const moments = log.map(({ at, event }) =>
    at <= until && isEvent(event, 'command') && event.verb === 'drain' && event.volumeId === volumeId
      ? Date.parse(event.values.upTo ?? '')
      : Number.NaN,
  );
  return Math.max(0, ...moments.filter((moment) => !Number.isNaN(moment)));
}

import type { VolumeId } from '../../../contract/ids.ts';
import { likeFor } from '../heal/candidates.ts';
import { briefly, described } from '../world/answers.ts';
import { message } from '../world/attempt.ts';
import { currentVolume } from '../world/current.ts';
import { Journal } from '../world/journal.ts';
import type { Instance } from '../world/model.ts';
import type { HostAnswer, Workflow } from '../world/ports.ts';
import { checkSomewhere } from './check.ts';
import { countsOf, dueFiles, fallen } from './counts.ts';
import { type DrillDecision, type DrillObservation, decideDrill } from './decide.ts';
import { dispose } from './dispose.ts';
import { followSpare } from './follow.ts';
import { coverageOf, isComplete, publish } from './metrics.ts';
import { notifyDamaged, notifyFallen, notifyReliedOn, notifySound, remark } from './notify.ts';
import type { DrillPorts, DrillRecord } from './ports.ts';
import { portionOf, type Reading, readingAfter, readWords } from './reading.ts';
import type { DrillRun } from './run.ts';
import { mayGoOn, unlessYields } from './yield.ts';

/** The lease of a drill: longer than a check can take, with a quarter of an hour to wait for its turn; nothing renews it. */
const LEASE_SECONDS = 45 * 60;
/** What the check says of the data; everything else says something of the host or the moment, and is no verdict. */
const VERDICTS: readonly HostAnswer['result'][] = ['corrupt', 'altered', 'unmountable', 'noCanary', 'shutdown'];

export interface DrillResult {
  readonly outcome: Exclude<DrillRecord['outcome'], 'failed'> | 'nothing' | 'busy';
  readonly summary: string;
}

/**
 * One run of the drill for one content volume: a recovery point is restored, mounted, checked and read; what that shows is tagged
 * on the snapshot, and a volume that passed is kept as the spare. It stops for a heal.
 *
 * @throws Error when something could not be done; the event is tried again, and the next sweep comes anyway
 */
export async function drill(workflow: Workflow, ports: DrillPorts, volume: string): Promise<DrillResult> {
  const journal = new Journal(workflow, ports.clock);
  const look = () => journal.step('look', async () => decideDrill(await observe(ports, volume)));
  const first = await look();
  if (first.kind === 'none' && !(first.spare && ports.journaled)) return { outcome: 'nothing', summary: first.reason };
  const begun = await workflow.step('begin', async () => ({ id: ports.newId(), at: ports.clock.now() }));
  const { id } = begun;
  const until = begun.at + LEASE_SECONDS * 1000;
  if (!(await journal.step('lease', () => ports.ledger.acquireDrill(volume, id, ports.clock.now(), until))))
    return { outcome: 'busy', summary: `another drill of ${volume} is under way` };
  const record = async (found: Pick<DrillRecord, 'snapshotId' | 'outcome' | 'summary'>) => {
    const at = await workflow.step('end', async () => ports.clock.now());
    const { steps } = journal;
    await workflow.step('record', () =>
      ports.ledger.recordDrill({ id, volume, ...found, startedAt: begun.at, endedAt: at, steps }),
    );
    return at;
  };
  let end: End;
  let endedAt: number;
  try {
    journal.guardBy(() => mayGoOn(ports, volume, until));
    // Another drill may have ended in between.
    const decision = await look();
    if (decision.kind === 'none') {
      if (decision.spare) await unlessYields(() => followSpare(ports, journal, volume));
      return { outcome: 'nothing', summary: decision.reason };
    }
    const { snapshotId } = decision.point;
    end = await attempt({ ports, journal, volume, id, until }, decision).catch(async (error: unknown) => {
      await record({ snapshotId, outcome: 'failed', summary: message(error) });
      throw error;
    });
    const { outcome, summary } = end;
    endedAt = await record({ snapshotId, outcome, summary });
  } finally {
    await workflow.step('release-lease', () => ports.ledger.releaseDrill(volume, id));
  }
  if (end.outcome !== 'undecided') {
    const seconds = (endedAt - begun.at) / 1000;
    const { coverage, complete } = end;
    // Last of all: nothing waits for it, the lease is released.
    await publish(workflow, ports, {
      volume,
      passed: end.outcome === 'verified',
      coverage,
      complete,
      seconds,
      at: endedAt,
    });
  }
  return { outcome: end.outcome, summary: end.summary };
}

type End =
  | { readonly outcome: 'undecided'; readonly summary: string }
  /** `coverage`: percent. */
  | {
      readonly outcome: 'verified' | 'rejected';
      readonly summary: string;
      readonly coverage: number;
      readonly complete: boolean;
    };

/** A drill that a heal stops has no verdict: it is tried again after the heal. */
async function attempt(run: DrillRun, decision: Check): Promise<End> {
  const done = await unlessYields(async () => {
    await followSpare(run.ports, run.journal, run.volume);
    return check(run, decision);
  });
  return 'stopped' in done ? { outcome: 'undecided', summary: done.stopped } : done;
}

type Check = Extract<DrillDecision, { readonly kind: 'check' }>;

async function observe(ports: DrillPorts, volume: string): Promise<DrillObservation> {
  const [ledger, volumes, instances, recoveryPoints] = await Promise.all([
    ports.ledger.read(volume),
    ports.compute.volumes(volume),
    ports.compute.instances(),
    ports.compute.recoveryPoints(volume),
  ]);
  return { volume, at: ports.clock.now(), ledger, volumes, instances, recoveryPoints };
}

async function check(run: DrillRun, to: Check): Promise<End> {
  const { ports, journal, volume, id } = run;
  const { point } = to;
  const { snapshotId } = point;
  for (const stray of to.strays)
    await journal.act(
      'clear-away',
      () => dispose(ports, volume, stray.id),
      () => stray.id,
    );
  const volumeId =
    to.scratch?.id ??
    (await journal.act(
      'create-scratch',
      () => ports.store.createScratch(likeFor(to.like, point), snapshotId, id),
      (made) => `${made} from ${snapshotId}`,
    ));
  const { reading } = await journal.step('read-before', async () => ({
    reading: await ports.ledger.readReading(volume),
  }));
  const portion = portionOf(reading, ports.readAllEvery, to);
  const { host, answer, why } = await checkSomewhere(run, volumeId, portion);
  if (!host || !answer) return { outcome: 'undecided', summary: `${snapshotId}: ${why}` };
  if (answer.result === 'ok' && readNothing(answer))
    return {
      outcome: 'undecided',
      summary: `${snapshotId} on ${host.id}: none of ${answer.values.files} files was read`,
    };
  const suspect = Number(answer.values.suspect ?? 0);
  // Rot, or an overwrite whose time was not in the log yet: the next copy shows which (decision 23).
  if (answer.result === 'ok' && suspect > 0)
    return {
      outcome: 'undecided',
      summary: `${snapshotId} on ${host.id}: ${suspect} files differ: ${briefly(answer.detail)}`,
    };
  const coverage = coverageOf(answer);
  const complete = isComplete(answer);
  if (answer.result === 'ok') {
    const { values } = answer;
    const after = readingAfter(reading, ports.readAllEvery, { point, portion, values });
    const summary = await verified(run, to, { volumeId, host, answer, reading: after });
    return { outcome: 'verified', summary, coverage, complete };
  }
  if (VERDICTS.includes(answer.result)) {
    const summary = await rejected(run, to, { volumeId, answer });
    return { outcome: 'rejected', summary, coverage, complete };
  }
  return { outcome: 'undecided', summary: `${snapshotId} on ${host.id}: ${described(answer)}` };
}

/** There was no time for a single file: a file system that is sound says nothing of what the files hold. */
function readNothing({ values }: HostAnswer): boolean {
  return dueFiles(values) > 0 && Number(values.checked) === 0;
}

/** What the check said of the copy on this volume, and where. */
interface Checked {
  readonly volumeId: VolumeId;
  readonly host: Instance;
  readonly answer: HostAnswer;
  /** What is read of the content, with this copy. */
  readonly reading: Reading | undefined;
}

/** @returns the summary */
async function verified(
  { ports, journal, volume }: DrillRun,
  { point, before: older, keep, like }: Check,
  { volumeId, host, answer, reading }: Checked,
): Promise<string> {
  const { values } = answer;
  const { snapshotId } = point;
  const canary = Date.parse(values.canary ?? '');
  // A copy from before the volume was first served has no canary, and fails; so this is a time.
  const dataUntil = Number.isNaN(canary) ? point.at : canary;
  const read = readWords(values, reading);
  const counts = countsOf(values);
  // First: were this copy verified and that not reported, nobody would compare the two again.
  const fell = counts && older?.counts ? fallen(older.counts, counts, ports.fallPercent) : [];
  if (older && fell.length > 0)
    await journal.act(
      'content-fell',
      () => notifyFallen(ports, volume, older, point, fell),
      () => `${older.snapshotId} is kept: ${fell.join(', ')}`,
    );
  await journal.act(
    'verified',
    async () => {
      await ports.store.verify(snapshotId, ports.clock.now(), { dataUntil, read, counts });
      // In the same step: a drill that yields between the two would leave the ledger without it.
      await ports.ledger.noteVerified(volume, snapshotId, point.at);
      await ports.ledger.writeReading(volume, reading);
    },
    () => `${snapshotId}: ${read} read`,
  );
  await journal.act('notify', () => notifySound(ports, volume, point));
  await journal.act('remark', () => remark(ports, volume, snapshotId, answer));
  const summary = `${snapshotId} is verified: ${read} read, data up to ${new Date(dataUntil).toISOString()}`;
  const before = await journal.act('spare-before', async () => {
    const ledger = await ports.ledger.read(volume);
    const current = currentVolume({ ledger, volumes: await ports.compute.volumes(volume) });
    return { spare: ledger?.spare, moved: current?.id !== like.id };
  });
  if (!keep || before.moved) {
    await journal.act('clear-away', () => dispose(ports, volume, volumeId));
    return summary;
  }
  await journal.act('make-spare', () => ports.store.makeSpare(volumeId));
  const spare = { volumeId, snapshotId, instanceId: host.id, at: point.at };
  // Not while a heal has the lease: it may be taking the old one.
  const noted = await journal.act('note-spare', () => ports.ledger.noteSpare(volume, ports.clock.now(), spare));
  if (!noted) return `${summary}; a heal began, so it is not the spare`;
  const old = before.spare;
  if (old && old.volumeId !== volumeId)
    await journal.act(
      'clear-away',
      () => dispose(ports, volume, old.volumeId),
      () => `${old.volumeId}, the spare before`,
    );
  await followSpare(ports, journal, volume);
  return `${summary}; ${volumeId} on ${host.id} is the spare`;
}

/** @returns the summary */
async function rejected(
  { ports, journal, volume }: DrillRun,
  { point, again }: Check,
  { volumeId, answer }: Pick<Checked, 'volumeId' | 'answer'>,
): Promise<string> {
  const { snapshotId } = point;
  const finding = `${described(answer)}`;
  // First of all: were it tagged and not reported, no later drill would report it.
  const notify = again ? notifyReliedOn : notifyDamaged;
  const serves = await journal.act('notify', () => notify(ports, volume, point, answer));
  await journal.act(
    'rejected',
    async () => {
      // What serves may be damaged where this was: what comes next is read whole, and passes only where all of it is sound.
      await ports.ledger.writeReading(volume, undefined);
      await ports.store.reject(snapshotId, ports.clock.now(), finding);
    },
    () => `${snapshotId}: ${finding}`,
  );
  // The snapshot is the evidence; this volume is only a copy of it.
  await journal.act('clear-away', () => dispose(ports, volume, volumeId));
  const of = serves ? '' : ` (a copy of generation ${point.generation}, which serves no more)`;
  return `${snapshotId} is rejected${of}: ${finding}`;
}

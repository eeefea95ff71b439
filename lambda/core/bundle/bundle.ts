import { BUNDLE_PATH, BUNDLE_PREFIX } from '../../../contract/contract.ts';
import type { SnapshotId, VolumeId } from '../../../contract/ids.ts';
import { workSomewhere } from '../drill/check.ts';
import { healing } from '../drill/decide.ts';
import { dispose } from '../drill/dispose.ts';
import type { DrillPorts } from '../drill/ports.ts';
import { mayGoOn, unlessYields } from '../drill/yield.ts';
import { likeFor } from '../heal/candidates.ts';
import { described } from '../world/answers.ts';
import { currentVolume } from '../world/current.ts';
import { Journal } from '../world/journal.ts';
import type { LedgerState, RecoveryPoint, Volume } from '../world/model.ts';
import type { Workflow } from '../world/ports.ts';

/** As a drill's: longer than the work can take, with time to wait for its turn; nothing renews it. */
const LEASE_SECONDS = 45 * 60;
/** A drill of the same volume is waited for so long. With the lease less than what an execution may take (`lib/volume-drill.ts`). */
const WAIT_SECONDS = 10 * 60;
const ASK_AGAIN_SECONDS = 15;

/** What is to be brought out of which copy of which content volume. */
export interface BundleRequest {
  readonly bundle: string;
  readonly snapshotId: SnapshotId;
  /** `BUNDLE_PATH` of the contract. */
  readonly path: string;
}

export interface BundleResult {
  /**
   * `absent`: the copy has nothing of that name. `refused`: nothing is brought out of that copy. `busy`: a drill of the volume did not end.
   * `undecided`: it yielded to a heal, or the host could not do it; it may be asked for again.
   */
  readonly outcome: 'bundled' | 'absent' | 'refused' | 'busy' | 'undecided';
  readonly summary: string;
  /** Of `bundled`: which object it is in the bucket, and of which bytes. */
  readonly key?: string;
  readonly sha256?: string;
}

export function isBundleRequest(event: unknown): event is BundleRequest {
  const { bundle, snapshotId, path } = (event ?? {}) as Readonly<Record<string, unknown>>;
  return (
    typeof bundle === 'string' &&
    bundle !== '' &&
    typeof snapshotId === 'string' &&
    /^snap-[0-9a-f]{8,17}$/.test(snapshotId) &&
    typeof path === 'string' &&
    BUNDLE_PATH.test(path)
  );
}

type Ports = Pick<DrillPorts, 'clock' | 'newId' | 'compute' | 'deviceNames' | 'store' | 'host' | 'ledger' | 'log'>;

/**
 * Brings what is at a path out of a copy of a content volume, as an archive in a bucket: a volume is made from the copy, attached to a standby, mounted,
 * read, and cleared away again (decision 46). It has a drill's lease, and so no drill of the volume beside it; its volume is one of a drill's, and
 * whatever it leaves is found by drills and by the guard. It yields to a heal as a drill does.
 *
 * @throws Error when something could not be done; what was made is cleared away by the next drill
 */
export async function bundle(workflow: Workflow, ports: Ports, request: BundleRequest): Promise<BundleResult> {
  const journal = new Journal(workflow, ports.clock);
  const { bundle: volume } = request;
  const look = () => journal.step('look', async () => decideBundle(await observe(ports, request)));
  const first = await look();
  if (first.kind === 'none') return first.result;
  const { id } = await workflow.step('begin', async () => ({ id: ports.newId() }));
  const until = await lease(journal, ports, volume, id);
  if (until === undefined)
    return { outcome: 'busy', summary: `${volume}: a drill of it is under way, and does not end` };
  try {
    journal.guardBy(() => mayGoOn(ports, volume, until));
    // A drill may have rejected it in between.
    const decision = await look();
    if (decision.kind === 'none') return decision.result;
    const done = await unlessYields(() => bringOut({ ports, journal, volume, until, id }, request, decision));
    return 'stopped' in done ? { outcome: 'undecided', summary: done.stopped } : done;
  } finally {
    await workflow.step('release-lease', () => ports.ledger.releaseDrill(volume, id));
  }
}

/** @returns until when it is had, Unix milliseconds; `undefined`: somebody else has it */
async function lease(journal: Journal, ports: Ports, volume: string, id: string): Promise<number | undefined> {
  for (let waited = 0; waited <= WAIT_SECONDS; waited += ASK_AGAIN_SECONDS) {
    const { until } = await journal.step('lease', async () => {
      const now = ports.clock.now();
      const end = now + LEASE_SECONDS * 1000;
      return (await ports.ledger.acquireDrill(volume, id, now, end)) ? { until: end } : {};
    });
    if (until !== undefined) return until;
    await journal.pause('await-drill', ASK_AGAIN_SECONDS);
  }
  return undefined;
}

interface Observation {
  readonly request: BundleRequest;
  readonly at: number;
  readonly ledger: LedgerState | undefined;
  readonly volumes: readonly Volume[];
  readonly point: RecoveryPoint | undefined;
}

async function observe({ ledger, compute, clock }: Ports, request: BundleRequest): Promise<Observation> {
  const { bundle: volume, snapshotId } = request;
  const [state, volumes, points] = await Promise.all([
    ledger.read(volume),
    compute.volumes(volume),
    compute.recoveryPoints(volume),
  ]);
  return { request, at: clock.now(), ledger: state, volumes, point: points.find((p) => p.snapshotId === snapshotId) };
}

type BundleDecision =
  | { readonly kind: 'none'; readonly result: BundleResult }
  | { readonly kind: 'go'; readonly like: Volume; readonly point: RecoveryPoint };

/** Whether something may be brought out of that copy just now. Pure. */
export function decideBundle({ request, at, ledger, volumes, point }: Observation): BundleDecision {
  const { bundle: volume, snapshotId } = request;
  const none = (outcome: BundleResult['outcome'], why: string): BundleDecision => ({
    kind: 'none',
    result: { outcome, summary: `${volume}: ${why}` },
  });
  if (healing(ledger, at)) return none('undecided', 'a heal is under way');
  const like = currentVolume({ ledger, volumes });
  if (!like) return none('undecided', 'there is no current volume');
  if (!point) return none('refused', `${snapshotId} is no copy of it`);
  if (point.state !== 'completed') return none('refused', `${snapshotId} is ${point.state}, and not completed`);
  if (point.verdict === 'rejected') return none('refused', `${snapshotId} is rejected`);
  if (point.role === 'quarantined') return none('refused', `${snapshotId} is a copy of what is in quarantine`);
  return { kind: 'go', like, point };
}

interface BundleRun {
  readonly ports: Ports;
  readonly journal: Journal;
  readonly volume: string;
  readonly until: number;
  readonly id: string;
}

async function bringOut(
  run: BundleRun,
  { snapshotId, path }: BundleRequest,
  { like, point }: Extract<BundleDecision, { readonly kind: 'go' }>,
): Promise<BundleResult> {
  const { ports, journal, volume, id } = run;
  const key = `${BUNDLE_PREFIX}${id}.tar`;
  const volumeId = await journal.act(
    'create-scratch',
    () => ports.store.createScratch(likeFor(like, point), snapshotId, id),
    (made) => `${made} from ${snapshotId}`,
  );
  const result = await sendFrom(run, volumeId, { path, key });
  // A heal that begins here takes nothing of it away again.
  await unlessYields(() => journal.act('clear-away', () => dispose(ports, volume, volumeId)));
  ports.log(`${volume}: ${result.summary}`);
  return { ...result, summary: `${volume}: ${snapshotId}: ${result.summary}` };
}

async function sendFrom(
  run: BundleRun,
  volumeId: VolumeId,
  what: { readonly path: string; readonly key: string },
): Promise<BundleResult> {
  const { ports, volume } = run;
  const { host, answer, why } = await workSomewhere(run, volumeId, async () => ({
    name: 'bundle',
    start: (instanceId) => ports.host.startBundle(instanceId, volume, volumeId, what),
    answer: (instanceId, commandId) => ports.host.bundleAnswer(instanceId, volumeId, commandId),
  }));
  if (!host || !answer) return { outcome: 'undecided', summary: `${why}` };
  const { state, sha256 } = answer.values;
  if (answer.result === 'ok' && state === 'absent')
    return { outcome: 'absent', summary: 'nothing of that name is on the copy' };
  // What is wrong with the copy is a drill's to say.
  if (answer.result !== 'ok' || sha256 === undefined)
    return { outcome: 'undecided', summary: `${host.id}: ${described(answer)}` };
  return { outcome: 'bundled', summary: `${what.key} has it`, key: what.key, sha256 };
}

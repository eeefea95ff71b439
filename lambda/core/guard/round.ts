import { listed } from '../../../contract/listed.ts';
import { type Ages, ages, type GuardAction, type GuardView, guardActions, LATE_MINUTES, uncovered } from './guard.ts';
import type { Lock } from './lock.ts';
import { type ExpectedPolicy, findingOf, news } from './policy.ts';
import type { GuardPorts } from './ports.ts';
import type { Retention } from './retention.ts';
import { rollOut } from './rollout.ts';
import { watchSubscribers } from './subscribers.ts';
import { watchAlarms } from './unheard.ts';

/**
 * One run of the guard over all content volumes: each by itself, so that what is wrong with one keeps no other from its
 * snapshot. What fails is tried again by the next run.
 *
 * @param drills they verify snapshots: the last verified one is held
 * @param lock how verified copies are locked; `undefined`: not at all
 * @throws Error naming what failed, once everything else is done
 */
export async function patrol(
  ports: GuardPorts,
  volumes: readonly string[],
  expected: ExpectedPolicy,
  drills: boolean,
  lock?: Lock,
): Promise<void> {
  const failures: string[] = [];
  const attempt = async (what: string, run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      const failure = `${what}: ${error instanceof Error ? error.message : String(error)}`;
      ports.log(failure);
      failures.push(failure);
    }
  };
  const seen: Seen = { views: [], ages: new Map(), uncovered: [], locked: undefined };
  for (const volume of volumes)
    await attempt(volume, async () => {
      const view = await look(ports, volume, seen);
      // People lock snapshots too, and a lock outlives the setting that made it: what is marked may be locked all the same.
      if (lock || view.snapshots.some((s) => s.marked))
        await attempt('locks', async () => {
          seen.locked ??= await ports.stores.locked();
        });
      const actions = guardActions({ ...view, locked: seen.locked }, retentionOf(expected), drills, lock);
      for (const action of actions) await attempt(volume, () => act(ports, volume, action));
    });
  await attempt('metrics', () => ports.metrics.publish(seen.ages, ports.clock.now()));
  await attempt('snapshot policy', () => watchPolicy(ports, expected, seen.uncovered));
  await attempt('subscribers', () => watchSubscribers(ports));
  await attempt('alarms', () => watchAlarms(ports));
  const { software } = ports;
  // Last: it may take minutes, and everything else is more urgent.
  if (software)
    await attempt('host software', () =>
      rollOut(ports, software, seen.views.length === volumes.length ? seen.views : undefined),
    );
  if (failures.length > 0)
    throw new Error(
      `the guard could not do everything: ${listed(failures, { between: '; ', rest: 'all of them: the lines before this in the log' })}`,
    );
}

/** What one round has seen, over all volumes. */
interface Seen {
  readonly views: GuardView[];
  readonly ages: Map<string, Ages>;
  readonly uncovered: string[];
  /** Asked for once, for all volumes, where it matters. Where nobody knows, everything goes on but what needs to know. */
  locked: ReadonlySet<string> | undefined;
}

async function look({ clock, stores, ledger }: GuardPorts, volume: string, seen: Seen): Promise<GuardView> {
  const volumes = await stores.volumes(volume);
  const snapshots = await stores.snapshots(volume);
  const state = await ledger.read(volume);
  const view = { at: clock.now(), volume, ledger: state, volumes, snapshots };
  seen.views.push(view);
  seen.ages.set(volume, ages(view));
  if (uncovered(view)) seen.uncovered.push(volume);
  return view;
}

function retentionOf({ id: policyId, keepHours, schedules, frozenBy }: ExpectedPolicy): Retention {
  return { policyId, keepHours, schedules: schedules.map((s) => s.name), byInstance: frozenBy !== undefined };
}

async function act(
  { clock, stores, ledger, people, log }: GuardPorts,
  volume: string,
  action: GuardAction,
): Promise<void> {
  // Asked again right before, as a heal does inside each of its steps: one may have begun since.
  const lease = (await ledger.read(volume))?.lease;
  if (lease && lease.until > clock.now()) return;
  switch (action.kind) {
    case 'take': {
      const id = await stores.take(action.volume);
      log(`${volume}: ${id ?? 'no'} snapshot of ${action.volume.id} is taken: ${action.reason}`);
      return;
    }
    case 'lock': {
      const { snapshot, lock } = action;
      await stores.lock(snapshot.snapshotId, lock);
      log(`${volume}: ${snapshot.snapshotId}, which is verified, is locked for ${lock.days} d (${lock.mode})`);
      return;
    }
    case 'hold': {
      const { snapshotId, at } = action.snapshot;
      await stores.hold(action.volume.id);
      // Reported before it is done, and marked before it is reported: rather twice than never, and not at each round that may not act.
      // Of content that fell the drill has notified people, with the copy.
      if (action.why === 'unverified')
        await people.notify({ kind: 'held', volume, snapshotId, at, volumeId: action.volume.id });
      await stores.unschedule(action.volume.id);
      log(
        `${volume}: ${action.volume.id} is out of the schedule, which would delete ${snapshotId}, ${action.why === 'fell' ? 'after which content fell' : 'the last verified'}`,
      );
      return;
    }
    case 'unhold':
      await stores.unhold(action.volume.id);
      log(`${volume}: ${action.volume.id} is in the schedule again: it would delete nothing that is needed`);
      return;
    case 'markSnapshot':
      await stores.mark(action.snapshot.snapshotId);
      log(`${volume}: ${action.snapshot.snapshotId} of ${action.snapshot.volumeId} is past its retention, and marked`);
      return;
    case 'markVolume':
      await stores.mark(action.volume.id);
      log(`${volume}: ${action.volume.id} (${action.volume.role}) is used by no drill any more, and marked`);
      return;
    case 'deleteSnapshot':
      await stores.deleteSnapshot(action.snapshot.snapshotId);
      log(`${volume}: ${action.snapshot.snapshotId} of ${action.snapshot.volumeId} is past its retention, and deleted`);
      return;
    case 'deleteVolume':
      await stores.deleteVolume(action.volume.id);
      log(`${volume}: ${action.volume.id} (${action.volume.role}) is deleted`);
      return;
  }
}

/** Notifies people once of what is wrong with the policy. They are notified before it is noted: rather twice than never. */
async function watchPolicy(
  { clock, policy, notes, people }: GuardPorts,
  expected: ExpectedPolicy,
  missed: readonly string[],
): Promise<void> {
  const found = await policy.read(expected.id);
  const note = await notes.read();
  const now = clock.now();
  const finding = findingOf(expected, found, missed, note, now);
  const next = news(finding, note, now);
  if (!next) return;
  if (finding)
    await people.notify({ kind: 'policy', policyId: expected.id, detail: finding.detail, lateMinutes: LATE_MINUTES });
  else await people.notify({ kind: 'policySound', policyId: expected.id });
  await notes.write(next);
}

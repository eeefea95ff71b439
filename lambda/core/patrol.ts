import { type Ages, ages, type GuardAction, guardActions, LATE_MINUTES, uncovered } from './guard.ts';
import { type ExpectedPolicy, findingOf, news } from './policy.ts';
import type { GuardPorts } from './ports.ts';

/** SNS takes printable ASCII of at most 100 characters. */
const SUBJECT = 'Remount: the snapshot policy needs a person';
const ENDED = 'Remount: the snapshot policy is as deployed again';

/**
 * One run of the guard over all content volumes: each by itself, so that what is wrong with one keeps no other from its
 * snapshot. What fails is tried again by the next run.
 *
 * @param drills they verify snapshots: the last verified one is held
 * @throws Error naming all that failed, once everything else is done
 */
export async function patrol(
  ports: GuardPorts,
  volumes: readonly string[],
  expected: ExpectedPolicy,
  drills: boolean,
): Promise<void> {
  const failures: string[] = [];
  const attempt = async (what: string, run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const seen = { ages: new Map<string, Ages>(), uncovered: [] as string[] };
  for (const volume of volumes)
    await attempt(volume, async () => {
      const actions = await look(ports, volume, expected, drills, seen);
      for (const action of actions) await attempt(volume, () => act(ports, volume, action));
    });
  await attempt('metrics', () => ports.metrics.publish(seen.ages, ports.clock.now()));
  await attempt('snapshot policy', () => watchPolicy(ports, expected, seen.uncovered));
  if (failures.length > 0) throw new Error(`the guard could not do everything: ${failures.join('; ')}`);
}

async function look(
  { clock, stores, ledger }: GuardPorts,
  volume: string,
  expected: ExpectedPolicy,
  drills: boolean,
  seen: { readonly ages: Map<string, Ages>; readonly uncovered: string[] },
): Promise<GuardAction[]> {
  const volumes = await stores.volumes(volume);
  const snapshots = await stores.snapshots(volume);
  const state = await ledger.read(volume);
  const observation = { at: clock.now(), volume, ledger: state, volumes, snapshots };
  seen.ages.set(volume, ages(observation));
  if (uncovered(observation)) seen.uncovered.push(volume);
  const { id: policyId, keepHours, frozenBy } = expected;
  const schedules = expected.schedules.map((s) => s.name);
  return guardActions(observation, { policyId, keepHours, schedules, byInstance: frozenBy !== undefined }, drills);
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
    case 'hold': {
      const { snapshotId, at } = action.snapshot;
      await stores.hold(action.volume.id);
      // Told before it is done, and marked before it is told: rather twice than never, and not at each round that may not act.
      await people.tell(
        `Remount: nothing newer of ${volume} is verified`,
        [
          `The newest verified copy of ${volume}, ${snapshotId}, is of ${new Date(at).toISOString()}; the snapshot schedule would delete it soon.`,
          `So ${action.volume.id} leaves the schedule until a newer copy is verified; the guard takes its copies meanwhile.`,
          'Whatever keeps drills from verifying newer copies needs a person: docs/runbook.md#held',
        ].join('\n'),
      );
      await stores.unschedule(action.volume.id);
      log(`${volume}: ${action.volume.id} is out of the schedule, which would delete ${snapshotId}, the last verified`);
      return;
    }
    case 'unhold':
      await stores.unhold(action.volume.id);
      log(`${volume}: ${action.volume.id} is in the schedule again: a newer copy is verified`);
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

/** Tells people once of what is wrong with the policy. They are told before it is noted: rather twice than never. */
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
    await people.tell(
      SUBJECT,
      `${finding.detail}.\nUntil it is mended, the guard takes a snapshot whenever the newest is ${LATE_MINUTES} minutes old. Runbook: docs/runbook.md#snapshot-policy`,
    );
  else await people.tell(ENDED, `The snapshot policy ${expected.id} is enabled, and as it was deployed.`);
  await notes.write(next);
}

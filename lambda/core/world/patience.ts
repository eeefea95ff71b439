import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import { described, insist } from './answers.ts';
import { message } from './attempt.ts';
import { renewLease } from './lease.ts';
import type { HostAnswer } from './ports.ts';
import type { HealRun } from './run.ts';

/**
 * How long a mount that moves on is waited for: a long log or a copy that loads lazily takes minutes whatever the size, and thousands of
 * allocation groups more, for each has to be read. Seconds.
 */
const ANY_SECONDS = 10 * 60;
const GIB_SECONDS = 60 / 1024;
/** No heal waits for mounts after this: it has to end within the durable function's execution timeout. Since it began. */
const LAST_SECONDS = 45 * 60;
/** The verb waits for the mount itself: this only keeps a host that answers at once from being asked in a circle. */
const PAUSE_SECONDS = 5;

/** What is to be mounted where. */
export interface MountOrder {
  readonly volumeId: VolumeId;
  readonly instanceId: InstanceId;
  /** 0: it is not known. */
  readonly sizeGiB: number;
}

/** Seconds that a mount may take while it moves on. */
export function patienceSeconds(sizeGiB: number): number {
  return ANY_SECONDS + Math.round(sizeGiB * GIB_SECONDS);
}

/**
 * Mounts, and waits for as long as the mount moves on: slow is no evidence against a volume, and another copy of it would take as long.
 * People are notified once.
 * @returns `mounting` only where it took longer than the volume's size allows
 */
export async function mountPatiently(run: HealRun, order: MountOrder): Promise<HostAnswer> {
  const { ports, journal, volume } = run;
  const { volumeId, instanceId, sizeGiB } = order;
  const mount = () => insist(() => ports.host.mount(instanceId, volume, volumeId));
  const began = journal.elapsedSeconds();
  const until = Math.min(began + patienceSeconds(sizeGiB), LAST_SECONDS);
  let answer = await journal.act('mount', mount, described);
  for (let notified = false; answer.result === 'mounting' && journal.elapsedSeconds() < until; ) {
    if (!notified) await notifySlow(run, order, answer);
    notified = true;
    await journal.pause('await-mount', PAUSE_SECONDS);
    await renewLease(run);
    answer = await journal.act('mount', mount, described);
  }
  return answer;
}

/** That people cannot be notified is a note: the mount is what matters, and they hear of it when it has ended. */
async function notifySlow(
  { ports, journal, volume }: HealRun,
  { volumeId, instanceId, sizeGiB }: MountOrder,
  { values }: HostAnswer,
): Promise<void> {
  await journal.act(
    'notify-slow',
    () =>
      ports.people
        .notify({
          kind: 'slowMount',
          volume,
          volumeId,
          instanceId,
          progress: values.progress,
          seconds: patienceSeconds(sizeGiB),
        })
        .then(
          () => 'people are notified',
          (error: unknown) => `people are not notified: ${message(error)}`,
        ),
    (note) => note,
  );
}

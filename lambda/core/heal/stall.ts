import type { InstanceId, VolumeId } from '../../../contract/ids.ts';
import { confirmsStall, ioText, outlasted } from '../world/evidence.ts';
import type { ProbeState } from '../world/model.ts';
import type { HealRun } from '../world/run.ts';

const LOOK_SECONDS = 10;

/**
 * Looks again at a volume whose I/O hangs, until it does not any more, or has hung for so long that nothing else is to be expected.
 * EBS is asked too, and shortens the wait where it answers: that it does not is no obstacle.
 *
 * @param state what the owner's probe has just said; anything but `timeout` is returned at once
 */
export async function outlast(
  { ports, journal, volume }: HealRun,
  volumeId: VolumeId,
  owner: InstanceId,
  state: ProbeState,
): Promise<ProbeState> {
  let said = state;
  for (let seconds = 0; said === 'timeout'; ) {
    await journal.pause('await-io', LOOK_SECONDS);
    seconds += LOOK_SECONDS;
    const { probe, io } = await journal.step(
      'look-again',
      async () => {
        const [again, seen] = await Promise.all([
          ports.host.probe(owner, volume, volumeId),
          ports.monitor.io(volumeId, owner),
        ]);
        return { probe: again.state, io: seen };
      },
      (seen) => `probe: ${seen.probe}; ${ioText(seen.io)}`,
    );
    said = probe;
    if (outlasted(seconds, confirmsStall(io))) break;
  }
  return said;
}

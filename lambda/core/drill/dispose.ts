import type { VolumeId } from '../../../contract/ids.ts';
import { hasUnmounted } from '../world/answers.ts';
import type { HostAnswer } from '../world/ports.ts';
import type { DrillPorts } from './ports.ts';

/** Of a release: something still uses the volume, or unmounting it hangs. To detach it now would only get stuck. */
const STILL_USED: readonly HostAnswer['result'][] = ['busy', 'timeout'];
/** Takes a drill's volume, or a spare that is one no more, off its host and leaves it to the guard to delete. */
export async function dispose(
  ports: Pick<DrillPorts, 'ledger' | 'compute' | 'host' | 'store'>,
  volume: string,
  volumeId: VolumeId,
): Promise<void> {
  const ledger = await ports.ledger.read(volume);
  const seen = (await ports.compute.volumes(volume)).find((v) => v.id === volumeId);
  // Whatever it is by now, it is not ours to discard. A spare that serves is tagged so a moment later than the ledger says it.
  if (seen?.role !== 'scratch' && seen?.role !== 'spare') return;
  if (ledger?.currentVolume === volumeId || ledger?.spare?.volumeId === volumeId) return;
  for (const { instanceId } of seen.attachments) {
    const released = await ports.host.release(instanceId, volume, volumeId);
    if (STILL_USED.includes(released.result) || (released.result === 'ok' && !hasUnmounted(released))) return;
    // Stuck: the next drill tries again.
    if (!(await ports.compute.detach(volumeId, instanceId))) return;
  }
  await ports.store.discard(volumeId);
}

/** Checks of a part of the content, on either kind of disk: which file is of which part is the disk's own, and the sums are not. */
import type { Disks } from '../../../simulator/disks/disks.ts';
import { keysOf, runVerb } from './support.ts';

const VOLUME = 'alpha';
const PARTS = ['0', '1', '2'];

/**
 * Checks each part of a snapshot's content, on hosts that have seen nothing of it yet.
 * @param volumeId of the volume that is made from it, and deleted again
 */
export function inTurns(
  disks: Disks,
  volumeId: string,
  snapshotId: string,
): { readonly checked: number; readonly files: number; readonly suspect: number } {
  const check = (part: string, more: Record<string, string>): Record<string, string> => {
    const host = `i-0${snapshotId.length}${part}fffffffffffff`;
    disks.addHost(host);
    disks.createVolume(volumeId, 40, snapshotId);
    disks.attach(volumeId, host);
    const { stdout } = runVerb(disks, host, 'check', { volume: VOLUME, volumeId, more });
    disks.detach(volumeId, host);
    disks.deleteVolume(volumeId);
    return keysOf(stdout);
  };
  const { upto, files } = check('a', {});
  const parts = PARTS.map((part) =>
    check(part, { REMOUNT_LATE_SECONDS: '0', SSM_Portion: `${part}/${PARTS.length}/${upto}` }),
  );
  const sum = (key: string) => parts.reduce((all, keys) => all + Number(keys[key]), 0);
  return { checked: sum('checked'), files: Number(files), suspect: sum('suspect') };
}

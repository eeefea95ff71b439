/** Prints, as JSON, why real disks cannot be had on this machine; `null` when they can. */
import { DISK_KIND, DisksUnavailable } from '../../../simulator/disks/disks.ts';
import { openDisks } from '../../../simulator/disks/open.ts';
import { enterPrivateNamespace } from '../../../simulator/disks/xfs/namespace.ts';

function obstacle(): string | null {
  const reason = enterPrivateNamespace();
  if (reason !== undefined) return reason;
  try {
    openDisks({ kind: DISK_KIND.xfs }).close();
    return null;
  } catch (error) {
    if (error instanceof DisksUnavailable) return error.message;
    throw error;
  }
}

console.log(JSON.stringify(obstacle()));

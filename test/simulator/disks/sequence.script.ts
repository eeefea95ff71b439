/** Plays the sequence on real disks and prints its answers as JSON, with the kernel's lines. */
import { DISK_KIND } from '../../../simulator/disks/disks.ts';
import { openDisks } from '../../../simulator/disks/open.ts';
import { enterPrivateNamespace } from '../../../simulator/disks/xfs/namespace.ts';
import { playSequence } from './sequence.ts';

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
const disks = openDisks({ kind: DISK_KIND.xfs });
const answers = playSequence(disks);
const kernelLog = disks.kernelLog();
disks.close();
disks.close();
console.log(JSON.stringify({ answers, kernelLog }));

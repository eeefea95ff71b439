/** One host on real XFS, and the shell that is named by the argument: for scripts of tests. In a mount namespace from this import on. */
import { join } from 'node:path';
import { enterPrivateNamespace } from '../../simulator/disks/xfs/namespace.ts';
import { XfsDisks } from '../../simulator/disks/xfs/xfs.ts';

export const HOST_FILES = join(import.meta.dirname, '../../host');
export const HOST = 'i-0aaaaaaaaaaaaaaaa';

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
export const shell = process.argv[2] ?? 'dash';
export const disks = new XfsDisks();
disks.addHost(HOST);
/** What is `/` on a host. */
export const root = disks.rootOf(HOST);

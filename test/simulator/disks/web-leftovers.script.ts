/** Starts the web servers of a host, says how many processes are theirs, and is killed. */
import { spawnSync } from 'node:child_process';
import { enterPrivateNamespace } from '../../../simulator/disks/xfs/namespace.ts';
import { XfsDisks } from '../../../simulator/disks/xfs/xfs.ts';
import { install } from './software.ts';

const [, , instanceId = ''] = process.argv;
const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
const disks = new XfsDisks();
disks.addHost(instanceId);
install(disks, instanceId);
const found = spawnSync('pgrep', ['--full', `nginx: master.*${instanceId}`], { encoding: 'utf8' }).stdout;
const said = JSON.stringify({ masters: found.split('\n').filter(Boolean).length, notes: disks.notes });
process.stdout.write(`${said}\n`, () => process.kill(process.pid, 'SIGKILL'));

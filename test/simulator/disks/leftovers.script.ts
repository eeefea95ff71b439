/**
 * Opens real disks, serves a volume with an unusual id, and then, as its argument says: `hang` waits to be killed, or
 * `exit` ends with code 7 without closing anything, or `frozen` freezes it and closes.
 */
import { DISK_KIND } from '../../../simulator/disks/disks.ts';
import { openDisks } from '../../../simulator/disks/open.ts';
import { enterPrivateNamespace } from '../../../simulator/disks/xfs/namespace.ts';
import { documentScript, runVerb } from './support.ts';

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
const [how, volumeId = ''] = process.argv.slice(2);
const host = 'i-0aaaaaaaaaaaaaaaa';
const disks = openDisks({ kind: DISK_KIND.xfs });
disks.addHost(host);
disks.createVolume(volumeId, 10);
disks.attach(volumeId, host);
const codes = ['format', 'mount', 'serve'].map(
  (verb) => runVerb(disks, host, verb, { volume: 'alpha', volumeId }).exitCode,
);
if (codes.some((code) => code !== 0)) throw new Error(`verbs failed: ${codes.join()}`);

if (how === 'frozen') {
  const env = { SSM_command: 'pre-script', SSM_executionId: 'None', REMOUNT_NOW: '2026-01-01T01:00:00Z' };
  const { stdout } = disks.run(host, { verb: 'dlm', script: documentScript('dlm'), env, timeoutSeconds: 600 });
  if (!stdout.includes('state=frozen')) throw new Error(`it does not freeze: ${stdout}`);
}
process.stdout.write(`${JSON.stringify({ pid: process.pid })}\n`);
if (how === 'exit') process.exit(7);
if (how === 'frozen') disks.close();
else setInterval(() => undefined, 1000);

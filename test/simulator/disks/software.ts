/** Host software on a host of the real disks, without a stack around. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UPDATE_VERB } from '../../../contract/contract.ts';
import { softwareFiles } from '../../../lib/host-software.ts';
import type { WebSettings } from '../../../lib/internal/web-settings.ts';
import type { HostResult } from '../../../simulator/disks/disks.ts';
import type { XfsDisks } from '../../../simulator/disks/xfs/xfs.ts';

/** Puts the software of this repository in force on the host, as `update` would. */
export function install(disks: XfsDisks, instanceId: string, web?: WebSettings): HostResult {
  const versions = join(disks.rootOf(instanceId), 'opt/remount/versions');
  const version = join(versions, 'a');
  for (const { path, content } of softwareFiles('Remount/Test', web)) {
    mkdirSync(dirname(join(version, path)), { recursive: true });
    writeFileSync(join(version, path), content);
  }
  symlinkSync('versions/a', join(versions, '../current'));
  const script =
    'cd "$REMOUNT_ROOT/opt/remount/current" && sh apply.sh try && sh apply.sh apply none && sh apply.sh well';
  return disks.run(instanceId, { verb: UPDATE_VERB, script, env: {}, timeoutSeconds: 60 });
}

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, VERB_PARAMETER } from '../../../contract/contract.ts';
import { SENT_ENV } from '../../disks/software.ts';
import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import type { S3 } from '../s3/s3.ts';
import type { Fleet } from './fleet.ts';
import type { Hosts } from './hosts.ts';

interface Parts {
  readonly cloud: Cloud;
  readonly hosts: Hosts;
  readonly fleet: Fleet;
  readonly s3: S3;
}

/**
 * What `bundle` sends from a host is put into its bucket in the name of the instance, once the script has ended; where S3 refuses it, the verb has ended as the
 * script does then.
 */
export function takeBundles({ cloud, hosts, fleet, s3 }: Parts): void {
  const before = hosts.around;
  hosts.around = (instanceId, run, ran) => {
    const around = () => (before ? before(instanceId, run, ran) : ran());
    if (run.verb !== 'bundle') return around();
    const file = run.env[SENT_ENV] ?? '';
    try {
      const result = around();
      if (result.exitCode !== EXIT.ok || !existsSync(file)) return result;
      const [Bucket = '', Key = ''] = [VERB_PARAMETER.bucket, VERB_PARAMETER.key].map((key) => run.env[`SSM_${key}`]);
      const identity = fleet.identity(instanceId);
      if (!identity) throw new Error(`${instanceId} has no role yet: its user data has not begun`);
      const caller = { ...identity.principal, network: identity.stackName };
      s3.send(caller, { Bucket, Key, Body: readFileSync(file) });
      cloud.say(instanceId, `sends ${Key} to ${Bucket}`);
      return result;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const stderr = `remount: it could not be sent: ${error.name}: ${error.message}\n`;
      return { exitCode: EXIT.usage, stdout: 'state=usage\n', stderr, realMs: 0 };
    } finally {
      rmSync(join(file, '..'), { recursive: true, force: true });
    }
  };
  const found = hosts.surroundings;
  hosts.surroundings = (instanceId, verb, env) => ({
    ...found?.(instanceId, verb, env),
    ...(verb === 'bundle' && { [SENT_ENV]: join(mkdtempSync(join(tmpdir(), 'bundle-')), 'sent.tar') }),
  });
}

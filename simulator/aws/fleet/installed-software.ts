import { EXIT, UPDATE_PARAMETER, UPDATE_VERB } from '../../../contract/contract.ts';
import { OBJECT_ENV, REFUSAL_ENV, readArchive } from '../../disks/software.ts';
import type { Cloud } from '../account/cloud.ts';
import type { SimInstance } from '../ec2/state.ts';
import type { Principal } from '../iam/account.ts';
import type { Published } from '../s3/published.ts';
import type { Hosts } from './hosts.ts';
import { type Boot, type HostFacts, keyOf, readFacts } from './user-data.ts';

/** User data tries again so soon (`lib/internal/user-data.ts`). */
const AGAIN_MS = 10_000;

/** Who an instance is when it reads something from S3. */
export interface Identity {
  readonly principal: Principal;
  readonly stackName: string;
}

/** The Region and the name of a table. */
export interface LedgerNote {
  readonly region: string;
  readonly table: string;
}

/** How the host software gets onto the instances, and what the version that is there makes of them. */
export class InstalledSoftware {
  readonly #cloud: Cloud;
  readonly #hosts: Hosts;
  readonly #published: Published;
  readonly #identities = new Map<string, Identity>();
  readonly #ledgers = new Map<string, LedgerNote>();
  /** Version -> the archive that was read. */
  readonly #objects = new Map<string, string>();

  constructor(cloud: Cloud, hosts: Hosts, published: Published) {
    this.#cloud = cloud;
    this.#hosts = hosts;
    this.#published = published;
    hosts.surroundings = (instanceId, verb, env) => (verb === UPDATE_VERB ? this.#updating(instanceId, env) : {});
  }

  /** What the user data does, for as long as it takes: fetches the software and sets it in force. */
  boot(instance: SimInstance, boot: Boot, identity: Identity, done: () => void): void {
    if (instance.state !== 'running') return;
    this.#identities.set(instance.id, identity);
    const script = this.#updateScript(instance.id, boot);
    // Without the archive there is no script either: the user data itself asks for it again.
    const result = script && this.#hosts.run(instance.id, UPDATE_VERB, script, boot.env);
    if (result && result.exitCode === EXIT.ok) {
      done();
      return;
    }
    this.#cloud.say(
      instance.id,
      `is not set up yet: ${result ? result.stderr.trim() : 'its software cannot be fetched'}`,
    );
    this.#cloud.clock.after(AGAIN_MS, () => this.boot(instance, boot, identity, done));
  }

  /** What runs on the instance; `undefined`: nothing yet. */
  facts(instanceId: string): HostFacts | undefined {
    const version = this.#cloud.disks.software(instanceId);
    const object = version && this.#objects.get(version);
    return object ? readFacts(readArchive(object).files) : undefined;
  }

  identity(instanceId: string): Identity | undefined {
    return this.#identities.get(instanceId);
  }

  /** What the host knows of the ledger; `undefined`: nothing. */
  ledger(instanceId: string): LedgerNote | undefined {
    return this.#ledgers.get(instanceId);
  }

  #updating(instanceId: string, env: Readonly<Record<string, string>>): Record<string, string> {
    const [table, region] = [env[`SSM_${UPDATE_PARAMETER.ledger}`], env[`SSM_${UPDATE_PARAMETER.region}`]];
    if (table && region) this.#ledgers.set(instanceId, { region, table });
    return this.#object(instanceId, env);
  }

  #updateScript(instanceId: string, { bucket, key, version }: Boot): string | undefined {
    const file = this.#read(instanceId, bucket, key, version);
    return typeof file === 'string' ? readFacts(readArchive(file).files).updateScript : undefined;
  }

  /** What `aws s3api get-object` on the host meets. */
  #object(instanceId: string, env: Readonly<Record<string, string>>): Record<string, string> {
    const version = env[`SSM_${UPDATE_PARAMETER.version}`] ?? '';
    const file = this.#read(instanceId, env[`SSM_${UPDATE_PARAMETER.bucket}`] ?? '', keyOf(version), version);
    return typeof file === 'string' ? { [OBJECT_ENV]: file } : { [REFUSAL_ENV]: `${file.name}: ${file.message}` };
  }

  #read(instanceId: string, bucket: string, key: string, version: string): string | Error {
    const identity = this.#identities.get(instanceId);
    if (!identity) throw new Error(`${instanceId} reads from S3 before it is anybody`);
    try {
      const file = this.#published.read(identity.principal, instanceId, identity.stackName, bucket, key);
      this.#objects.set(version, file);
      return file;
    } catch (error) {
      if (error instanceof Error) return error;
      throw error;
    }
  }
}

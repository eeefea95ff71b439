import { LEDGER, RESUME_VERB } from '../../../contract/contract.ts';
import { LEDGER_ENV } from '../../disks/software.ts';
import type { Cloud } from '../account/cloud.ts';
import { printed } from '../account/happening.ts';
import type { SimInstance } from '../ec2/state.ts';
import type { Gateways } from './gateways.ts';
import type { Hosts } from './hosts.ts';
import type { Identity, InstalledSoftware, LedgerNote } from './installed-software.ts';

/** What the AWS CLI takes to start, beside the call itself: an own guess (milliseconds). */
const CLI = { median: 1200, p99: 4000 };
/** For how long the script waits for an answer (`host/owner.sh`). */
const TIMEOUT_MS = 12_000;
/** What the script asks for, and in this order. */
const ATTRIBUTES = ['currentVolume', 'volumeOwner', LEDGER.fencing] as const;

/** What an instance's software does when it has booted (`host/resume.sh`): each look takes its time, and is run at its end. */
export class Resume {
  readonly #cloud: Cloud;
  readonly #hosts: Hosts;
  readonly #software: InstalledSoftware;
  readonly #gateways: Gateways;
  readonly #random;

  constructor(cloud: Cloud, hosts: Hosts, software: InstalledSoftware, gateways: Gateways) {
    this.#cloud = cloud;
    this.#hosts = hosts;
    this.#software = software;
    this.#gateways = gateways;
    this.#random = cloud.random.stream('resume');
  }

  /** @param works whether it is still the same life of the instance, and anything runs there */
  begin(instance: SimInstance, works: () => boolean): void {
    const resume = this.#software.facts(instance.id)?.resume;
    if (!resume) return;
    this.#cloud.clock.spawn(`resume on ${instance.id}`, async () => {
      for (let tries = 0; tries < resume.tries; tries++) {
        await this.#cloud.clock.sleep(this.#random.delay(CLI));
        const answers = await this.#ask(instance.id);
        if (!works() || this.#look(instance.id, resume.script, answers)) return;
        await this.#cloud.clock.sleep(resume.pauseSeconds * 1000);
        if (!works()) return;
      }
    });
  }

  /** @returns whether there is nothing more to be learned */
  #look(instanceId: string, script: string, answers: string): boolean {
    const env = { [LEDGER_ENV]: answers, REMOUNT_RESUME_TRIES: '1' };
    const { exitCode, stdout, stderr } = this.#hosts.run(instanceId, RESUME_VERB, script, env);
    this.#hosts.touch(instanceId);
    const said = `${stdout}\n${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('kernel='));
    this.#cloud.say(instanceId, `resume: ${exitCode === 0 ? 'ok' : `exit ${exitCode}`} (${said.join('; ')})`, {
      kind: 'resumed',
      instanceId,
      exitCode,
      values: printed(stdout),
    });
    return exitCode === 0;
  }

  /** What the CLI of this host prints for each content volume that it has a marker of. */
  async #ask(instanceId: string): Promise<string> {
    const [ledger, identity] = [this.#software.ledger(instanceId), this.#software.identity(instanceId)];
    if (!ledger || !identity) return '';
    const lines = [`${ledger.region} ${ledger.table}`];
    for (const volume of this.#cloud.disks.markers(instanceId))
      lines.push(`${volume}=${await this.#read(identity, ledger, volume)}`);
    return lines.join('\n');
  }

  async #read({ principal, stackName }: Identity, { table, region }: LedgerNote, volume: string): Promise<string> {
    if (region !== this.#cloud.region || !this.#gateways.has(stackName, 'dynamodb')) return '!Connect timeout';
    const input = {
      TableName: table,
      Key: { [LEDGER.partitionKey]: { S: `${LEDGER.volume}${volume}` }, [LEDGER.sortKey]: { S: LEDGER.state } },
      ConsistentRead: true,
      ProjectionExpression: ATTRIBUTES.join(', '),
    };
    try {
      this.#gateways.pass(principal, stackName, 'dynamodb', 'GetItem', input);
      const answer = await this.#cloud.call(principal, 'dynamodb', 'GetItem', input, { timeoutMs: TIMEOUT_MS });
      const { Item = {} } = answer as { Item?: Record<string, { S?: string }> };
      // Nobody can see how a mount of a volume whose I/O hangs ends; it has not by the next look.
      if (this.#cloud.faults.stalled.has(Item.currentVolume?.S ?? '')) return '!its I/O hangs';
      return ATTRIBUTES.map((name) => Item[name]?.S ?? 'None').join(' ');
    } catch (error) {
      return `!${error instanceof Error ? error.name : 'error'}`;
    }
  }
}

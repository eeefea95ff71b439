import { LEDGER, UPDATE_PARAMETER, UPDATE_VERB } from '../../contract/contract.ts';
import { WATCH, WITNESS } from '../../contract/witness.ts';
import { Watch } from '../../witness/watch.ts';
import type { SimInstance } from '../aws/ec2/state.ts';
import type { Fleet } from '../aws/fleet/fleet.ts';
import type { Gateways } from '../aws/fleet/gateways.ts';
import type { Surroundings } from '../journal/life.ts';

/** Of each request (`host/agent/witness/tables.ts`). Milliseconds. */
const TIMEOUT_MS = 3000;

type Parts = Surroundings & {
  readonly fleet: Pick<Fleet, 'identity' | 'web' | 'watchedBy'>;
  readonly gateways: Gateways;
};

/** Names of tables, as an instance's software was given them. */
interface Tables {
  readonly ledger: string;
  readonly table: string;
}

/** One volume, as one host watches over it. */
interface Watching {
  readonly watch: Watch;
  readonly boot: number | undefined;
  busy: boolean;
  /** Its next question is one of its own, sooner than the next turn. */
  soon: boolean;
  /** The last answer was none that is good. */
  missing: boolean;
  /** What was said last of a turn that failed. */
  trouble: string;
}

/** The witnesses of all hosts whose software has one. */
export class WitnessAgents {
  readonly #parts: Parts;
  readonly #tables = new Map<string, Tables>();
  /** By instance: the first of its turns, every other one is so many times `WATCH.askMs` later. */
  readonly #phases = new Map<string, number>();
  /** Instances that have a turn before them. */
  readonly #awaited = new Set<string>();
  readonly #watching = new Map<string, Watching>();
  readonly #random;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { hosts, cloud } = parts;
    this.#random = cloud.random.stream('witnesses');
    const before = hosts.surroundings;
    hosts.surroundings = (instanceId, verb, env) => {
      const [ledger, table] = [env[`SSM_${UPDATE_PARAMETER.ledger}`], env[`SSM_${UPDATE_PARAMETER.witness}`]];
      if (verb === UPDATE_VERB && ledger !== undefined && table !== undefined)
        this.#given(instanceId, { ledger, table });
      return before?.(instanceId, verb, env) ?? {};
    };
  }

  /** Nothing is listened to before the first of them: stacks without a witness pay nothing. */
  #given(instanceId: string, tables: Tables): void {
    const { cloud, hosts } = this.#parts;
    if (this.#tables.size === 0) {
      const wake = () => this.#wake();
      cloud.listen(wake);
      hosts.touched = wake;
    }
    if (!this.#phases.has(instanceId))
      this.#phases.set(instanceId, cloud.clock.now() + this.#random.whole(1, WATCH.askMs));
    this.#tables.set(instanceId, tables);
  }

  /** Something happened: an answer may be another one from the next turn on. */
  #wake(): void {
    for (const instanceId of this.#tables.keys()) this.#await(instanceId);
  }

  #await(instanceId: string): void {
    if (this.#awaited.has(instanceId)) return;
    const { clock } = this.#parts.cloud;
    const first = this.#phases.get(instanceId) ?? 0;
    const turns = Math.max(0, Math.floor((clock.now() - first) / WATCH.askMs) + 1);
    this.#awaited.add(instanceId);
    clock.at(first + turns * WATCH.askMs, () => {
      this.#awaited.delete(instanceId);
      this.#turn(instanceId);
    });
  }

  #turn(instanceId: string): void {
    const instance = this.#parts.ec2.instances.get(instanceId);
    const { lyingWitnesses } = this.#parts.cloud.faults;
    if (!this.#works(instance)) return;
    for (const volume of this.#parts.fleet.watchedBy(instance)) {
      const watching = this.#watchingOf(instance, volume);
      if (lyingWitnesses.has(instanceId)) this.#lie(instance, volume);
      if (!watching.busy && !watching.soon) this.#ask(instance, volume, watching);
    }
    if (lyingWitnesses.has(instanceId)) this.#await(instanceId);
  }

  #works(instance: SimInstance | undefined): instance is SimInstance {
    const { hung, lostZones } = this.#parts.cloud.faults;
    return instance?.state === 'running' && !hung.has(instance.id) && !lostZones.has(instance.zone);
  }

  #ask(instance: SimInstance, volume: string, watching: Watching): void {
    const { cloud, ec2 } = this.#parts;
    const { id, bootedAt } = instance;
    const askedAt = cloud.clock.now();
    watching.busy = true;
    cloud.clock.spawn(`the witness of ${volume} on ${id}`, async () => {
      try {
        watching.missing = false;
        await watching.watch.turn();
        watching.trouble = '';
      } catch (error) {
        const why = (error as Error).message;
        if (why !== watching.trouble) cloud.say(id, `nothing can be said of ${volume}: ${why}`);
        watching.trouble = why;
        watching.missing = true;
      } finally {
        watching.busy = false;
        if (watching.missing && ec2.instances.get(id)?.bootedAt === bootedAt) {
          const { pauseMs } = watching.watch;
          if (pauseMs < WATCH.askMs) this.#askSoon(instance, volume, watching, askedAt + pauseMs);
          else this.#await(id);
        }
      }
    });
  }

  /** Before the next turn, which goes without. */
  #askSoon(instance: SimInstance, volume: string, watching: Watching, at: number): void {
    const { clock } = this.#parts.cloud;
    watching.soon = true;
    clock.at(Math.max(at, clock.now()), () => {
      watching.soon = false;
      const now = this.#parts.ec2.instances.get(instance.id);
      if (now?.bootedAt === instance.bootedAt && this.#works(now)) this.#ask(now, volume, watching);
    });
  }

  #watchingOf({ id, bootedAt }: SimInstance, volume: string): Watching {
    const key = `${id} ${volume}`;
    const known = this.#watching.get(key);
    if (known?.boot === bootedAt && known) return known;
    const { cloud } = this.#parts;
    const watch = new Watch(
      {
        self: id,
        now: () => cloud.clock.now(),
        asks: async (owner) => {
          const well = await this.#answers(id, owner, volume);
          if (!well) watching.missing = true;
          return well;
        },
        owner: (of) => this.#owner(id, of),
        says: (of, owner) => this.#says(id, of, owner),
      },
      volume,
    );
    const watching: Watching = { watch, boot: bootedAt, busy: false, soon: false, missing: false, trouble: '' };
    this.#watching.set(key, watching);
    return watching;
  }

  /** An error comes at once; where nobody answers, the time for an answer passes. */
  async #answers(self: string, owner: string, volume: string): Promise<boolean> {
    const { cloud, fleet } = this.#parts;
    const cut = cloud.faults.witnessesCutOff.has(self) && owner !== self;
    const status = cut ? undefined : fleet.web(owner, `/healthz/${volume}`);
    if (status === undefined) await cloud.clock.sleep(WATCH.answerMs);
    return status === 200;
  }

  async #owner(instanceId: string, volume: string): Promise<string | undefined> {
    const { Item } = (await this.#call(instanceId, 'GetItem', {
      TableName: this.#tables.get(instanceId)?.ledger,
      Key: { [LEDGER.partitionKey]: { S: `${LEDGER.volume}${volume}` }, [LEDGER.sortKey]: { S: LEDGER.state } },
      ProjectionExpression: `volumeOwner, ${LEDGER.fencing}`,
      ConsistentRead: true,
    })) as { readonly Item?: Readonly<Record<string, { readonly S?: string }>> };
    return Item?.[LEDGER.fencing] === undefined ? Item?.volumeOwner?.S || undefined : undefined;
  }

  async #says(instanceId: string, volume: string, owner: string): Promise<void> {
    const { cloud } = this.#parts;
    const Item = {
      [LEDGER.partitionKey]: { S: `${WITNESS.partition}${volume}` },
      [WITNESS.owner]: { S: owner },
      [WITNESS.by]: { S: instanceId },
      [WITNESS.at]: { N: String(cloud.clock.now()) },
    };
    await this.#call(instanceId, 'PutItem', { TableName: this.#tables.get(instanceId)?.table, Item });
    if (!cloud.faults.lyingWitnesses.has(instanceId))
      cloud.say(instanceId, `says that ${owner} does not answer for ${volume}`, {
        kind: 'witnessed',
        volume,
        instanceId,
      });
  }

  /** Of the owner, and of itself: whoever is named, and whatever is true. */
  #lie(instance: SimInstance, volume: string): void {
    const { cloud } = this.#parts;
    cloud.clock.spawn(`${instance.id} lies of ${volume}`, async () => {
      try {
        const owner = await this.#owner(instance.id, volume);
        for (const named of [instance.id, owner ?? instance.id]) await this.#says(instance.id, volume, named);
      } catch {
        // Whoever lies is not heard either.
      }
    });
  }

  async #call(instanceId: string, operation: string, input: Readonly<Record<string, unknown>>): Promise<object> {
    const { cloud, fleet, gateways } = this.#parts;
    const identity = fleet.identity(instanceId);
    if (!identity) throw new Error(`${instanceId} has no role yet: its user data has not begun`);
    gateways.pass(identity.principal, identity.stackName, 'dynamodb', operation, input);
    return cloud.call(identity.principal, 'dynamodb', operation, input, { timeoutMs: TIMEOUT_MS });
  }
}

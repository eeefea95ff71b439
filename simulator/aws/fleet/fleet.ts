import { METRIC } from '../../../contract/contract.ts';
import { INTAKE_METRICS } from '../../../contract/intake.ts';
import { JOURNAL_LAG, SPARE_LAG } from '../../../contract/journal.ts';
import type { Cloud } from '../account/cloud.ts';
import type { CloudWatch } from '../cloudwatch/cloudwatch.ts';
import type { Ec2State, SimInstance } from '../ec2/state.ts';
import type { Principal } from '../iam/account.ts';
import type { Published } from '../s3/published.ts';
import type { Gateways } from './gateways.ts';
import type { Hosts } from './hosts.ts';
import { type Identity, InstalledSoftware } from './installed-software.ts';
import { Resume } from './resume.ts';
import type { Boot, HostFacts } from './user-data.ts';

/** From the CloudWatch agent's flush to a data point that alarms see. */
const INGEST = { median: 800, p99: 2500 };
/** What a probe takes that nothing keeps waiting: modelled, for what a real one takes here is another on each machine. */
const PROBE_MS = 40;

interface Probed {
  readonly serving: number;
  /** It wrote a canary: on a frozen volume it only reads. */
  readonly wrote: boolean;
  /** Percent of the volume, as it said. */
  readonly used: number | undefined;
}

interface Look {
  readonly revision: number;
  readonly at: number;
}

/** What runs on the instances, once their user data has set them up: the web server and the probe. */
export class Fleet {
  readonly #cloud: Cloud;
  readonly #ec2: Ec2State;
  readonly #hosts: Hosts;
  readonly #cloudwatch: CloudWatch;
  readonly #software: InstalledSoftware;
  readonly #resume: Resume;
  readonly #principals = new Map<string, Principal>();
  /** By instance and path. */
  readonly #web = new Map<string, Map<string, Look & { readonly status: number | undefined }>>();
  readonly #probes = new Map<string, Look & Probed>();
  /** Namespace and volume -> when the probe first failed, in its last row of failures: two stacks may have an `alpha`. */
  readonly #lastFailure = new Map<string, number>();
  readonly #failing = new Set<string>();
  /** Namespace and volume -> moments at which its probe wrote a canary. */
  readonly #canaries = new Map<string, number[]>();
  /** Instance, its boot and volume: the start of a writer of the journal has been said. */
  readonly #writersStarted = new Set<string>();
  /** Instance and volume -> what its intake has said last. */
  readonly #takenIn = new Map<string, { readonly done: number; readonly refused: number }>();
  readonly #random;

  constructor(parts: {
    readonly cloud: Cloud;
    readonly ec2: Ec2State;
    readonly hosts: Hosts;
    readonly cloudwatch: CloudWatch;
    readonly published: Published;
    readonly gateways: Gateways;
  }) {
    const { cloud, ec2, hosts, cloudwatch } = parts;
    this.#software = new InstalledSoftware(cloud, hosts, parts.published);
    this.#resume = new Resume(cloud, hosts, this.#software, parts.gateways);
    this.#cloud = cloud;
    this.#ec2 = ec2;
    this.#hosts = hosts;
    this.#cloudwatch = cloudwatch;
    this.#random = cloud.random.stream('fleet');
  }

  /** Runs the user data. When it has ended, the agent answers, and the timer of the probe ticks. */
  setUp(instance: SimInstance, group: { boot: Boot; principal: Principal; stackName: string }): void {
    this.#principals.set(instance.id, group.principal);
    this.#software.boot(instance, group.boot, group, () => {
      instance.agentOnline = true;
      this.#cloud.say(instance.id, `is set up in ${instance.zone}`);
      const every = (this.#software.facts(instance.id)?.probeSeconds ?? 0) * 1000;
      this.#cloud.clock.every(every, this.#cloud.clock.now() + this.#random.whole(1, every), () =>
        this.#tick(instance),
      );
    });
  }

  /** Who the instance is to AWS; `undefined` before its user data has begun. */
  identity(instanceId: string): Identity | undefined {
    return this.#software.identity(instanceId);
  }

  /** What the witness of an instance watches: content volumes of its zone. */
  watchedBy({ id, zone }: SimInstance): readonly string[] {
    const watched = this.#software.facts(id)?.watched ?? [];
    return watched.filter((each) => each.zone === zone).map(({ volume }) => volume);
  }

  /** The instance, which was set up before, has booted again: what runs at boot runs. */
  booted(instance: SimInstance): void {
    const life = instance.bootedAt;
    this.#hosts.touch(instance.id);
    this.#resume.begin(instance, () => this.#works(instance) && instance.bootedAt === life);
  }

  /** What the timer on the host does: probe each volume that it serves, hand the result to the CloudWatch agent. */
  #tick(instance: SimInstance): void {
    if (!this.#works(instance)) return;
    this.#cloud.disks.sweepLeft(instance.id);
    const software = this.#software.facts(instance.id);
    if (!software) return;
    for (const volume of this.#cloud.disks.markers(instance.id)) {
      const { serving, wrote, used } = this.#probe(instance.id, volume, software);
      const first = this.#firstLag(instance, volume, software);
      const lag = this.#hosts.journalLag?.(instance.id, volume) ?? first;
      const gauges = {
        [METRIC.serving]: serving,
        ...(serving === 1 && this.#measured(instance.id, volume, used)),
        ...(lag !== undefined && { [JOURNAL_LAG]: lag / 1000 }),
        ...this.#intake(instance, volume, software),
      };
      this.#note(software.agent.namespace, volume, serving, wrote);
      this.#deliver(instance, software, volume, gauges);
    }
    for (const { volume, lag } of this.#hosts.spareLags?.(instance.id) ?? [])
      this.#deliver(instance, software, volume, { [SPARE_LAG]: lag / 1000 });
  }

  /** What the CloudWatch agent does with gauges. */
  #deliver({ id }: SimInstance, { agent }: HostFacts, volume: string, gauges: Readonly<Record<string, number>>): void {
    const { namespace, aggregationSeconds, flushSeconds, dimension } = agent;
    const now = this.#cloud.clock.now();
    const windowEnd = (Math.floor(now / (aggregationSeconds * 1000)) + 1) * aggregationSeconds * 1000;
    const delivered = windowEnd + this.#random.whole(0, flushSeconds * 1000) + this.#random.delay(INGEST);
    this.#cloud.clock.at(delivered, () => {
      const principal = this.#principals.get(id);
      if (!principal) return;
      try {
        this.#cloud.authorize(principal, 'cloudwatch', 'PutMetricData', { Namespace: namespace });
        for (const [name, value] of Object.entries(gauges))
          this.#cloudwatch.put(namespace, name, { [dimension]: volume }, windowEnd - 1, value);
      } catch {
        // authorize() has said what is missing; on a host nobody hears of it but the alarm, which takes missing data as breaching.
      }
    });
  }

  /** Whoever has the writer of a volume started says that nothing has waited yet (`host/writer.sh`). */
  #firstLag({ id, bootedAt }: SimInstance, volume: string, { journaled }: HostFacts): number | undefined {
    const volumeId = this.#cloud.disks.links(id).find((link) => link.volume === volume && link.live)?.volumeId;
    const start = `${id} ${bootedAt} ${volumeId}`;
    if (!journaled || volumeId === undefined || this.#writersStarted.has(start)) return undefined;
    this.#writersStarted.add(start);
    return 0;
  }

  /** What its intake says, or whoever has it started: that nothing waits (`host/uploads.sh`). */
  #intake({ id }: SimInstance, volume: string, { taking }: HostFacts): Record<string, number> {
    const stands = taking ? this.#hosts.intakeStands?.(id, volume) : undefined;
    if (!stands) return {};
    const { waiting, oldest, done, refused } = INTAKE_METRICS;
    const before = this.#takenIn.get(`${id} ${volume}`) ?? { done: 0, refused: 0 };
    this.#takenIn.set(`${id} ${volume}`, stands);
    return {
      ...{ [waiting]: stands.waiting, [oldest]: stands.oldestMs / 1000 },
      [done]: Math.max(0, stands.done - before.done),
      [refused]: Math.max(0, stands.refused - before.refused),
    };
  }

  /** Whether anything runs on the instance. */
  #works(instance: SimInstance | undefined): instance is SimInstance {
    const { hung, lostZones } = this.#cloud.faults;
    return instance?.state === 'running' && !hung.has(instance.id) && !lostZones.has(instance.zone);
  }

  /** The probe's answer. It is run for real where anything was done on the host since, and just before every snapshot. */
  #probe(instanceId: string, volume: string, software: HostFacts): Probed {
    const key = `${instanceId} ${volume}`;
    const at = this.#cloud.clock.now();
    const before = this.#probes.get(key);
    const revision = this.#hosts.revision(instanceId);
    if (before?.revision === revision) {
      this.#probes.set(key, { ...before, at });
      return before;
    }
    const probed = this.#runProbe(instanceId, volume, software, at);
    this.#probes.set(key, { revision, at, ...probed });
    return probed;
  }

  #runProbe(instanceId: string, volume: string, software: HostFacts, at: number): Probed {
    const result = this.#hosts.run(instanceId, 'probe', software.probeScript, { SSM_Volume: volume }, at);
    const used = /^used=(\d+)$/m.exec(result.stdout)?.[1];
    return {
      serving: result.exitCode === 0 ? 1 : 0,
      wrote: !result.stdout.includes('frozen=true'),
      used: used === undefined ? undefined : Number(used),
    };
  }

  /** What a host sends beside whether it serves, where it does (`host/report.sh`). */
  #measured(instanceId: string, volume: string, used: number | undefined): Record<string, number> {
    const { faults, disks } = this.#cloud;
    const volumeId = disks.links(instanceId).find((link) => link.volume === volume)?.volumeId ?? '';
    const ms = PROBE_MS + (faults.slow.get(volumeId) ?? 0);
    return { [METRIC.probeMilliseconds]: ms, ...(used !== undefined && { [METRIC.usedPercent]: used }) };
  }

  /** Runs the newest probe that was only assumed to have run, so that its canary is in the snapshot that follows. */
  catchUp(volumeId: string): void {
    const instanceId = this.#ec2.volumes.get(volumeId)?.attachment?.instanceId;
    if (instanceId) this.catchUpHost(instanceId);
  }

  /** The same for whatever the host serves. */
  catchUpHost(instanceId: string): void {
    if (!this.#works(this.#ec2.instances.get(instanceId))) return;
    const software = this.#software.facts(instanceId);
    if (!software) return;
    for (const volume of this.#cloud.disks.markers(instanceId)) {
      const last = this.#probes.get(`${instanceId} ${volume}`);
      if (last?.serving === 1 && last.wrote) this.#runProbe(instanceId, volume, software, last.at);
    }
  }

  #note(namespace: string, volume: string, serving: number, wrote: boolean): void {
    const now = this.#cloud.clock.now();
    const key = `${namespace} ${volume}`;
    if (serving === 1) {
      this.#failing.delete(key);
      if (!wrote) return;
      const written = this.#canaries.get(key) ?? [];
      written.push(now);
      this.#canaries.set(key, written);
    } else if (!this.#failing.has(key)) {
      this.#failing.add(key);
      this.#lastFailure.set(key, now);
      this.#cloud.say('probe', `${volume} is not serving`, { kind: 'probeFails', volume });
    }
  }

  /** When the probe first failed, in its last row of failures; `undefined` when it never did. */
  lastFailure(namespace: string, volume: string): number | undefined {
    return this.#lastFailure.get(`${namespace} ${volume}`);
  }

  /** When the last good probe before `moment` was: the time that the canary then held. 0 when there was none. */
  canaryBefore(namespace: string, volume: string, moment: number): number {
    return this.#canaries.get(`${namespace} ${volume}`)?.findLast((at) => at <= moment) ?? 0;
  }

  /** What the web server on the instance answers. */
  web(instanceId: string, path: string): number | undefined {
    const instance = this.#ec2.instances.get(instanceId);
    if (!instance?.agentOnline || !this.#works(instance)) return undefined;
    if (!this.#software.facts(instanceId)) return undefined;
    if (this.#cloud.faults.webUnreached.has(instanceId)) return undefined;
    const looks = this.#web.get(instanceId) ?? new Map();
    this.#web.set(instanceId, looks);
    const revision = this.#hosts.revision(instanceId);
    const before = looks.get(path);
    if (before?.revision === revision) return before.status;
    const status = this.#cloud.disks.web(instanceId, path);
    looks.set(path, { revision, at: this.#cloud.clock.now(), status });
    return status;
  }
}

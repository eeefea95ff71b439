/** The world as a page's claims are judged on it: at the moment that the page is sent. */
import { EXIT, TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { Event } from '../../../simulator/aws/account/happening.ts';
import { isOff, type SimInstance, type SimSnapshot, type SimVolume } from '../../../simulator/aws/ec2/state.ts';
import type { Injector } from '../injector.ts';
import type { Truth } from './convergence.ts';

/** What a claim is judged on. */
export interface Witness {
  readonly strike: Strike;
  readonly truth: Truth;
  readonly injector: Pick<Injector, 'fired'>;
  /** The content volume that the page is about. */
  readonly volume: string;
  /** When the heal that sends it began, Unix milliseconds. */
  readonly since: number;
}

/** A host that a heal found mute may be well again when the page goes out, and the other way round. */
const MOMENT_MS = 60_000;
/** What a probe or a verb ends in where nothing comes back from the host, or an exit code that nobody knows. */
const NO_CODE: readonly string[] = ['unreachable', 'failed'];
/** How errors are called that are no code of AWS: a volume's key cannot be used; something was waited for in vain. */
const [VOLUME_FAILED, DEADLINE] = ['VolumeFailed', 'DeadlineExceeded'];

export class Seen {
  readonly witness: Witness;
  constructor(witness: Witness) {
    this.witness = witness;
  }

  get #services() {
    return this.witness.strike.services;
  }

  vol(id: string): SimVolume | undefined {
    return this.#services.ec2.volumes.get(id);
  }

  host(id: string): SimInstance | undefined {
    return this.#services.ec2.instances.get(id);
  }

  quarantined(id: string): boolean {
    return this.vol(id)?.tags[TAG.role] === VOLUME_ROLE.quarantined;
  }

  blank(id: string): boolean {
    return this.vol(id)?.tags[TAG.blank] === 'true';
  }

  outsideFleet(id: string): boolean {
    return this.host(id)?.tags[TAG.stack] === undefined;
  }

  rejected({ tags }: SimSnapshot): boolean {
    return tags[TAG.verdict] === VERDICT.rejected;
  }

  /** EC2 does not move it: it stays in attaching, or in detaching. */
  stuck(id: string): boolean {
    const moves = this.vol(id)?.attachment?.state !== 'attached';
    return (
      moves || this.happened((e) => (e.kind === 'stuckAttaching' || e.kind === 'stuckDetaching') && e.volumeId === id)
    );
  }

  /** Volumes that carry the marks of the current one, and are there. */
  current(): SimVolume[] {
    const { stage } = this.witness.strike;
    return stage
      .physical(this.witness.volume)
      .filter((v) => v.tags[TAG.role] === VOLUME_ROLE.current && ['available', 'in-use'].includes(v.state));
  }

  /** Completed copies of what was not suspect at the time. */
  points(): SimSnapshot[] {
    const { world } = this.witness.strike;
    return [...this.#services.ec2.snapshots.values()].filter(
      ({ tags, state, completedAt = 0 }) =>
        tags[TAG.volume] === this.witness.volume &&
        tags[TAG.stack] === world.stackName &&
        tags[TAG.role] !== VOLUME_ROLE.quarantined &&
        state === 'completed' &&
        completedAt < world.clock.now() - MOMENT_MS,
    );
  }

  /** A host's link of served content leads to it, and it takes writes. */
  live(id: string): boolean {
    const { disks } = this.witness.strike.world;
    return [...this.#services.ec2.instances.values()].some(
      (i) => i.state === 'running' && disks.links(i.id).some((link) => link.volumeId === id && link.live),
    );
  }

  /** At any time, be it as a part of the story. */
  happened(is: (event: Event) => boolean): boolean {
    return this.#services.cloud.log.some(({ event }) => event !== undefined && is(event));
  }

  /** Nothing comes back from the host, or what was sent to it did not arrive. */
  mute(id: string): boolean {
    const { hung, lostZones } = this.#services.cloud.faults;
    const host = this.host(id);
    if (host?.state !== 'running' || hung.has(host.id) || lostZones.has(host.zone)) return true;
    return this.happened((e) => e.kind === 'hangs' && e.instanceId === id) || this.#failed(id);
  }

  allFailed(ids: readonly string[]): boolean {
    return ids.every((id) => this.#failed(id));
  }

  /** A fault hit it, or a command to it did not end well, since the heal began. */
  #failed(id: string): boolean {
    const { since, injector } = this.witness;
    const { ssm, cloud } = this.#services;
    const hurt = injector.fired.some((f) => f.hurt === id || f.fault.point.startsWith('ssm:'));
    const ran = ssm.ran.some((r) => r.instanceId === id && r.endedAt >= since && r.exitCode !== EXIT.ok);
    const missed = cloud.log.some(
      ({ at, event }) => at >= since && event?.kind === 'notPickedUp' && event.instanceId === id,
    );
    const host = this.host(id);
    return (
      hurt ||
      ran ||
      missed ||
      !host?.agentOnline ||
      host.state !== 'running' ||
      this.happened((e) => e.kind === 'stuckAttaching' && e.instanceId === id)
    );
  }

  /** Instances beside the owner that would do what they are asked. */
  answering(zone: string | undefined): SimInstance[] {
    const now = this.witness.strike.world.clock.now();
    const owner = [...this.current(), ...this.witness.strike.stage.physical(this.witness.volume)].flatMap(
      (v) => v.attachment?.instanceId ?? [],
    );
    return [...this.#services.ec2.instances.values()].filter(
      (i) =>
        (zone === undefined || i.zone === zone) &&
        now - i.launchedAt > 5 * MOMENT_MS &&
        !owner.includes(i.id) &&
        !this.mute(i.id),
    );
  }

  /** Something ended in an error of this name since the heal began. */
  wentWrong(error: string): boolean {
    if (error === VOLUME_FAILED) return this.happened((e) => e.kind === 'keyUnusable');
    if (error === DEADLINE) return this.witness.injector.fired.length > 0 || this.#services.cloud.faults.keyRevoked;
    return this.#services.cloud.calls.some((c) => c.result === error && c.at >= this.witness.since);
  }

  /** Its mount moved nothing on two hosts, since the heal began. */
  hungOnTwo(volumeId: string): boolean {
    const { since } = this.witness;
    const hung = this.#services.ssm.ran.filter(
      (r) => r.verb === 'mount' && r.volumeId === volumeId && r.endedAt >= since && r.exitCode === EXIT.timeout,
    );
    return new Set(hung.map((r) => r.instanceId)).size >= 2;
  }

  /** A mount or a look at a candidate that did not end well. */
  refused(): boolean {
    const { since } = this.witness;
    return this.#services.ssm.ran.some(
      (r) => r.endedAt >= since && r.exitCode !== EXIT.ok && ['mount', 'verify'].includes(r.verb),
    );
  }

  /** A command on the host ended so. */
  answered(id: string, result: string): boolean {
    if (NO_CODE.includes(result)) return this.mute(id);
    const code = (EXIT as Readonly<Record<string, number>>)[result];
    return this.#services.ssm.ran.some(
      (r) => r.instanceId === id && r.endedAt >= this.witness.since && r.exitCode === code,
    );
  }

  offBefore(id: string): boolean {
    const now = this.witness.strike.world.clock.now();
    return this.#services.cloud.log.some(
      ({ at, event }) =>
        at < now - MOMENT_MS && event?.kind === 'instance' && event.instanceId === id && isOff(event.state),
    );
  }

  /** The load balancer had nobody for it a moment ago. */
  downLately(volume: string): boolean {
    if (!this.witness.strike.stage.servedBy(volume)) return true;
    const now = this.witness.strike.world.clock.now();
    return this.#services.cloud.log.some(
      ({ at, event }) =>
        at > now - MOMENT_MS &&
        event?.kind === 'health' &&
        event.state === 'healthy' &&
        event.path === `/healthz/${volume}`,
    );
  }
}

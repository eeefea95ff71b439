/**
 * What pages claim, each judged on the world at the moment that the page is sent: the sentences are the healer's, what makes them
 * true is not. A page that says nothing of this is one that nobody can check, and counts as false.
 */
import { EXIT, TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { SimInstance, SimSnapshot, SimVolume } from '../../../simulator/aws/ec2/state.ts';
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

interface Claim {
  readonly says: RegExp;
  /** @param said the groups of the match */
  readonly holds: (world: Seen, said: readonly string[]) => boolean;
}

/** A host that a heal found mute may be well again when the page goes out, and the other way round. */
const MOMENT_MS = 60_000;
const VOL = '(vol-\\w+)';
const HOST = '(i-\\w+)';
const says = (text: string) => new RegExp(text);

const CLAIMS: readonly Claim[] = [
  { says: says(`EC2 does not show ${VOL}, which the ledger names`), holds: (w, [id]) => w.vol(id) === undefined },
  { says: /no current volume of (\S+) exists/, holds: (w) => w.current().length === 0 },
  {
    says: says(`${VOL}: its file system (?:is shut down|cannot be mounted)`),
    holds: (w, [id = '']) => !w.witness.truth.sound({ volumeId: id }),
  },
  { says: says(`${VOL}: its I/O hangs`), holds: (w, [id]) => w.logged(`failure I/O to ${id} hangs`) },
  {
    says: says(`${VOL}: it cannot be moved`),
    holds: (w, [id]) => w.vol(id)?.attachment?.state !== 'attached' || w.logged(`ec2 ${id} is stuck`),
  },
  {
    says: says(`${VOL} is in quarantine`),
    holds: (w, [id]) => w.vol(id)?.tags[TAG.role] === VOLUME_ROLE.quarantined,
  },
  { says: says(`${VOL} is in state error`), holds: (w, [id]) => w.vol(id)?.state === 'error' },
  {
    says: says(`${VOL} is (attaching|detaching|busy) at ${HOST}`),
    holds: (w, [id, , host]) => {
      const at = w.vol(id)?.attachment;
      return at?.instanceId === host && at?.state !== 'attached';
    },
  },
  {
    says: says(`${VOL} is attached to ${HOST}, which is not in the fleet`),
    holds: (w, [, host]) => (w.host(host)?.state ?? 'terminated') === 'terminated',
  },
  {
    says: says(`${VOL} is attached to ${HOST}, which EC2 does not show in the fleet`),
    holds: (w, [, host]) => w.host(host)?.tags[TAG.stack] === undefined,
  },
  {
    says: says(`${VOL} is serving by the probe of ${HOST}, and the load balancer does not reach it there`),
    holds: (w) => w.downLately(w.witness.volume),
  },
  {
    says: says(`${VOL} in \\S+ is (\\S+) and attached to ${HOST} in (\\S+)`),
    holds: (w, [id, state, host, zone]) => w.vol(id)?.state === state && w.host(host)?.zone === zone,
  },
  {
    says: says(`${VOL} is attached nowhere and in state (\\S+)`),
    holds: (w, [id, state]) => w.vol(id)?.attachment === undefined && w.vol(id)?.state === state,
  },
  { says: says(`${VOL} has no owner`), holds: (w, [id]) => !w.live(id) },
  { says: says(`${VOL} is attached to ${HOST} and not served`), holds: (w, [id]) => !w.live(id) },
  { says: says(`${HOST} does not serve ${VOL}`), holds: (w, [, id]) => !w.live(id) },
  {
    says: says(`${HOST}, the owner of vol-\\w+, is ([a-z-]+)`),
    holds: (w, [host, state]) => w.host(host)?.state === state || w.host(host)?.state !== 'running',
  },
  { says: says(`${HOST}, the owner of vol-\\w+, answers no command`), holds: (w, [host]) => w.mute(host) },
  {
    says: /no completed snapshot of \S+ exists/,
    holds: (w) => w.points().length === 0,
  },
  {
    says: /no completed snapshot of \S+ is left: all (\d+) are rejected/,
    holds: (w, [n]) =>
      w.points().every((s) => s.tags[TAG.verdict] === VERDICT.rejected) && w.points().length === Number(n),
  },
  {
    says: /(?:no other instance|nobody else) answers in (\S+?)( or elsewhere)?(?:[,;]|$)/,
    holds: (w, [zone, elsewhere]) => w.answering(elsewhere ? undefined : zone).length === 0,
  },
  { says: says(`${HOST}(?:, i-\\w+)* did not do what was asked`), holds: (w, [host]) => w.failed(host) },
  { says: says(`${HOST}(?:, i-\\w+)* failed to take it`), holds: (w, [host]) => w.failed(host) },
  { says: /could not [^:;]+: ([A-Z]\w+(?:\.\w+)?): /, holds: (w, [code = '']) => w.returned(code) },
  { says: /not done within \d+ s; last seen: /, holds: (w) => w.anythingFailed() },
  { says: /went to state error: check the key/, holds: (w) => w.logged('its key cannot be used') },
  { says: /none of the \d+ newest recovery points could be mounted/, holds: (w) => w.refused() },
  {
    says: says(`(?:mount|serve|format) on ${HOST}: (\\w+): `),
    holds: (w, [host, result = '']) => w.answered(host, result),
  },
  {
    says: says(`vol-\\w+ could not be served on ${HOST}: (\\w+): `),
    holds: (w, [host, result = '']) => w.answered(host, result),
  },
  {
    says: says(`${VOL} cannot be (?:attached to|detached from) ${HOST}`),
    holds: (w, [id]) => w.logged(`ec2 ${id} is stuck`) || w.vol(id)?.attachment?.state !== 'attached',
  },
  {
    says: says(`${HOST} did not release vol-\\w+ \\((\\w+): `),
    holds: (w, [host, result = '']) => w.answered(host, result),
  },
  {
    says: says(`EC2 does not say within \\d+ s that ${HOST} is stopped`),
    holds: (w, [host]) => !w.offBefore(host),
  },
  { says: says(`${VOL} is blank, but`), holds: (w, [id]) => w.vol(id)?.tags[TAG.blank] === 'true' },
  { says: /it is blank, so there is nothing to make anew/, holds: (w) => w.points().length === 0 },
  { says: /(\S+) is still not serving after/, holds: (w, [name]) => w.downLately(name) },
  {
    says: says(`vol-\\w+ on ${HOST}: the probe says (\\w+), for which no safe action`),
    holds: (w, [host, state = '']) => w.answered(host, state),
  },
  {
    says: says(`on ${HOST} was told to serve, but the probe says (\\w+)`),
    holds: (w, [host, state = '']) => w.answered(host, state),
  },
];

/** @returns what the page claims and is not so; `undefined`: all of it is */
export function falseClaim(reason: string, witness: Witness): string | undefined {
  const world = new Seen(witness);
  const made = CLAIMS.flatMap((claim) =>
    [...reason.matchAll(new RegExp(claim.says, 'g'))].map((match) => ({ claim, match })),
  );
  if (made.length === 0) return `it claims nothing that can be checked: ${reason}`;
  const wrong = made.find(({ claim, match: [, ...said] }) => !claim.holds(world, said));
  return wrong && `"${wrong.match[0]}" is not so: ${reason}`;
}

/** The world as a claim needs it. */
class Seen {
  readonly witness: Witness;
  constructor(witness: Witness) {
    this.witness = witness;
  }

  get #services() {
    return this.witness.strike.services;
  }

  vol(id: string | undefined): SimVolume | undefined {
    return this.#services.ec2.volumes.get(id ?? '');
  }

  host(id: string | undefined): SimInstance | undefined {
    return this.#services.ec2.instances.get(id ?? '');
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
  live(id: string | undefined): boolean {
    const { disks } = this.witness.strike.world;
    return [...this.#services.ec2.instances.values()].some(
      (i) => i.state === 'running' && disks.links(i.id).some((link) => link.volumeId === id && link.live),
    );
  }

  /** `who what` was said since the heal began, or as a part of the story. */
  logged(text: string): boolean {
    return this.#services.cloud.log.some(({ who, what }) => `${who} ${what}`.includes(text));
  }

  /** Nothing comes back from the host, or what was sent to it did not arrive. */
  mute(id: string | undefined): boolean {
    const { hung, lostZones } = this.#services.cloud.faults;
    const host = this.host(id);
    if (host?.state !== 'running' || hung.has(host.id) || lostZones.has(host.zone)) return true;
    return this.logged(`failure ${id} hangs`) || this.failed(id);
  }

  /** A fault hit it, or a command to it did not end well, since the heal began. */
  failed(id: string | undefined): boolean {
    const { since, injector } = this.witness;
    const { ssm, cloud } = this.#services;
    const hurt = injector.fired.some((f) => f.hurt === id || f.fault.point.startsWith('ssm:'));
    const ran = ssm.ran.some((r) => r.instanceId === id && r.endedAt >= since && r.exitCode !== EXIT.ok);
    const missed = cloud.log.some((h) => h.who === id && h.at >= since && h.what.startsWith('does not pick up'));
    const host = this.host(id);
    return (
      hurt ||
      ran ||
      missed ||
      !host?.agentOnline ||
      host.state !== 'running' ||
      this.logged(`is stuck attaching to ${id}`)
    );
  }

  /** Instances beside the owner that would do what they are told. */
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

  /** A call of a function ended so since the heal began. */
  returned(code: string): boolean {
    return this.#services.cloud.calls.some((c) => c.result === code && c.at >= this.witness.since);
  }

  anythingFailed(): boolean {
    return this.witness.injector.fired.length > 0 || this.#services.cloud.faults.keyRevoked;
  }

  /** A mount or a look at a candidate that did not end well. */
  refused(): boolean {
    const { since } = this.witness;
    return this.#services.ssm.ran.some(
      (r) => r.endedAt >= since && r.exitCode !== EXIT.ok && ['mount', 'verify'].includes(r.verb),
    );
  }

  /** A command on the host ended so; one that nothing came back from, or with an exit code that nobody knows, ends in no code of ours. */
  answered(id: string | undefined, result: string): boolean {
    if (result === 'unreachable' || result === 'failed') return this.mute(id);
    const code = (EXIT as Readonly<Record<string, number>>)[result];
    return this.#services.ssm.ran.some(
      (r) => r.instanceId === id && r.endedAt >= this.witness.since && r.exitCode === code,
    );
  }

  offBefore(id: string | undefined): boolean {
    const now = this.witness.strike.world.clock.now();
    return this.#services.cloud.log.some(
      (h) =>
        h.who === 'ec2' && h.at < now - MOMENT_MS && /^(i-\w+) is (?:stopped|terminated)$/.exec(h.what)?.[1] === id,
    );
  }

  /** The load balancer had nobody for it a moment ago. */
  downLately(volume: string | undefined): boolean {
    if (!this.witness.strike.stage.servedBy(volume ?? '')) return true;
    const now = this.witness.strike.world.clock.now();
    return this.#services.cloud.log.some(
      (h) => h.who === 'elb' && h.at > now - MOMENT_MS && h.what.endsWith(` is healthy for /healthz/${volume}`),
    );
  }
}

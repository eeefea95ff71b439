/** What must hold between drills and heals, judged on what hosts ran and what the ledger held: nothing here knows what either decides. */
import { EXIT } from '../../../contract/contract.ts';
import { duration } from '../../../rehearsal/command/duration.ts';
import { check } from '../../../rehearsal/judge/checks.ts';
import type { Check } from '../../../rehearsal/world/world.ts';
import type { Happening } from '../../../simulator/aws/account/happening.ts';
import { isOff } from '../../../simulator/aws/ec2/state.ts';
import type { Ran } from '../../../simulator/aws/ssm/ssm.ts';

/** A command beside a check on the same host may take so long, once the agent has it; most take half a second without one. */
const BESIDE_MS = 10_000;
/** What takes a host for itself has ended the check on it by the time that it answers itself, but for a moment. */
const ENDED_MS = 1000;
const TAKES_HOST: readonly string[] = ['mount', 'serve'];

/** A heal that asked for the lease of its volume and did not get it. */
export interface Refused {
  readonly healId: string;
  /** Who had it. */
  readonly holder: string;
  readonly at: number;
}

/** A drill on the standby, which heals need: whatever they send there is done as if no drill were. */
export function drillsGiveWay(ran: readonly Ran[]): Check {
  const checks = ran.filter((r) => r.verb === 'check');
  const wrong: string[] = [];
  for (const { verb, volumeId, instanceId, beganAt, endedAt, exitCode } of ran) {
    if (verb === 'check' || exitCode === EXIT.timeout) continue;
    const beside = checks.find((c) => c.instanceId === instanceId && c.beganAt < beganAt && c.endedAt > beganAt);
    if (!beside) continue;
    if (endedAt - beganAt > BESIDE_MS)
      wrong.push(`${verb} on ${instanceId} took ${duration(endedAt - beganAt)} beside a check of ${beside.volumeId}`);
    if (TAKES_HOST.includes(verb) && exitCode === EXIT.ok && beside.endedAt > endedAt + ENDED_MS)
      wrong.push(`the check of ${beside.volumeId} went on after ${verb} on ${instanceId}`);
    const own = checks.find(
      (c) =>
        c.volumeId === volumeId && c.instanceId === instanceId && c.beganAt < beganAt && c.endedAt > endedAt + ENDED_MS,
    );
    if (verb === 'release' && exitCode === EXIT.ok && own)
      wrong.push(`the check of ${volumeId} went on after its release on ${instanceId}`);
  }
  return check('a drill never delays what a heal does on its host', wrong.length === 0, wrong, 'none');
}

/** Only another heal keeps a heal waiting. */
export function drillsHoldNoLease(refused: readonly Refused[], heals: ReadonlySet<string>): Check {
  const wrong = refused.filter(({ holder }) => !heals.has(holder));
  const said = wrong.map(({ healId, holder }) => `${healId} waited for ${holder}, which is no heal`);
  return check('no heal waits for a drill', wrong.length === 0, [...new Set(said)], 'none');
}

/**
 * No volume is mounted on two hosts, nor by a heal and a check at once. A mount lasts until it is released, its host is off, or the
 * volume is detached.
 */
export function mountedOnce(ran: readonly Ran[], log: readonly Happening[]): Check {
  const wrong = new Set<string>();
  const mounts = new Map<string, Set<string>>();
  const on = (volumeId: string) => mounts.get(volumeId) ?? new Set<string>();
  const commands = ran.map((r) => ({ at: r.endedAt, act: () => done(r) }));
  const ends = log.flatMap(({ at, event }) => {
    if (event?.kind === 'detached') return [{ at, act: () => void on(event.volumeId).delete(event.instanceId) }];
    if (event?.kind !== 'instance' || !isOff(event.state)) return [];
    const act = () => {
      for (const hosts of mounts.values()) hosts.delete(event.instanceId);
    };
    return [{ at, act }];
  });
  function done({ verb, volumeId, instanceId, beganAt, endedAt, exitCode }: Ran): void {
    const hosts = on(volumeId);
    mounts.set(volumeId, hosts);
    if (verb === 'release' && exitCode === EXIT.ok) hosts.delete(instanceId);
    if (verb !== 'mount' || exitCode !== EXIT.ok) return;
    hosts.add(instanceId);
    if (hosts.size > 1) wrong.add(`${volumeId} on ${[...hosts].sort().join(' and ')}`);
    const checked = ran.find(
      (c) => c.verb === 'check' && c.volumeId === volumeId && c.beganAt < beganAt && c.endedAt > endedAt + ENDED_MS,
    );
    if (checked) wrong.add(`${volumeId} on ${instanceId} in the middle of a check`);
  }
  for (const { act } of [...commands, ...ends].sort((a, b) => a.at - b.at)) act();
  return check('no volume is mounted by two', wrong.size === 0, [...wrong], 'none');
}

/** New host software reaches a running fleet. */

import { EXIT, SOFTWARE_VERSION, TAG, UPDATE_VERB } from '../../../contract/contract.ts';
import type { Update } from '../../../simulator/aws/cloudformation/update.ts';
import { counted } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem } from '../story/breaking.ts';
import { copyOf, deployed } from '../story/deployments.ts';
import type { Plan, Strike } from '../story/incident.ts';

const MINUTE_MS = 60_000;
/** The guard comes every five minutes, and an owner's turn is a round after its standby's. */
const REST_MS = 25 * MINUTE_MS;

/** An instance that took the new version. */
interface Turn {
  readonly id: string;
  readonly zone: string;
  /** It served a content volume at that moment. */
  readonly owner: boolean;
  /** Others of its zone that ran the new version before it. */
  readonly before: readonly string[];
  /** All of its zone were owners, so one of them had to be the first. */
  readonly amongOwners: boolean;
}

interface Seen {
  update?: Update;
  readonly next: string;
  readonly turns: Turn[];
  /** Content volumes that were not served when an instance took its turn, but for the one that was broken. */
  readonly gaps: string[];
  /** It cannot fetch. */
  readonly cutOff: string | undefined;
}
const seen = new WeakMap<object, Seen>();

/** The version that is deployed, as the template names it. */
function versionIn(template: unknown): string {
  const found = JSON.stringify(template).match(/SSM_Version=([0-9a-f]{64})/)?.[1] ?? '';
  if (!SOFTWARE_VERSION.test(found)) throw new Error('the template names no version of the host software');
  return found;
}

/** A standby that the story needs least: of another zone, or the last of its own. */
function standbyToCutOff({ services, stage, first }: Strike): string | undefined {
  const owners = stage.volumes.map((v) => stage.servedBy(v.name));
  const standbys = [...services.ec2.instances.values()].filter((i) => i.state === 'running' && !owners.includes(i.id));
  const here = standbys.filter((i) => i.zone === first.zone);
  const elsewhere = standbys.filter((i) => i.zone !== first.zone);
  return (elsewhere[0] ?? here[1])?.id;
}

function noteTurns(strike: Strike, noted: Seen): void {
  const { services, stage, first } = strike;
  let broken = false;
  services.cloud.listen(({ event }) => {
    if (event?.kind !== 'command' || event.verb !== UPDATE_VERB || event.exitCode !== EXIT.ok) return;
    const { instanceId, values } = event;
    if (values.version !== noted.next || noted.turns.some((turn) => turn.id === instanceId)) return;
    const zone = services.ec2.instance(instanceId).zone;
    const before = noted.turns.filter((turn) => turn.zone === zone).map((turn) => turn.id);
    const owners = new Set(stage.volumes.map((v) => stage.servedBy(v.name)));
    const there = [...services.ec2.instances.values()].filter((i) => i.state === 'running' && i.zone === zone);
    noted.turns.push({
      id: instanceId,
      zone,
      owner: owners.has(instanceId),
      before,
      amongOwners: there.every((i) => owners.has(i.id)),
    });
    const unserved = stage.volumes.filter((v) => stage.servedBy(v.name) === undefined).map((v) => v.name);
    noted.gaps.push(...unserved.filter((name) => !broken || name !== first.volume));
    // In the middle: a standby has the new version, and the owner has not.
    if (broken || zone !== first.zone) return;
    broken = true;
    breakFileSystem(strike, first);
  });
}

function strike(strike: Strike): void {
  const { services, world } = strike;
  const template = copyOf(strike);
  const version = versionIn(template);
  const next = services.s3.published.publishNext(version);
  const cutOff = standbyToCutOff(strike);
  const noted: Seen = { next, turns: [], gaps: [], cutOff };
  seen.set(services, noted);
  if (cutOff) services.cloud.faults.unfetchable.add(cutOff);
  noteTurns(strike, noted);
  world.clock.spawn('deployment', async () => {
    noted.update = await deployed(
      strike,
      'new host software',
      JSON.parse(JSON.stringify(template).replaceAll(version, next)),
    );
  });
}

function judge({ services, world, first }: Strike): Check[] {
  const { update, next = '', turns = [], gaps = [], cutOff } = seen.get(services) ?? {};
  const running = [...services.ec2.instances.values()].filter((i) => i.state === 'running');
  const runs = (id: string) => world.disks.software(id);
  const here = running.filter((i) => i.zone === first.zone);
  const launched = running.filter((i) => i.launchedAt >= first.at);
  const early = turns
    .filter((turn) => turn.owner && !turn.amongOwners && turn.before.length === 0)
    .map((turn) => turn.id);
  const checks = [
    check(
      'the deployment ends well, and replaces no instance',
      update?.status === 'UPDATE_COMPLETE' && launched.length === 0,
      `${update?.status}, ${launched.length} launched`,
    ),
    check(
      'every instance of the zone runs the new host software',
      here.every((i) => runs(i.id) === next),
      `${here.filter((i) => runs(i.id) === next).length} of ${here.length}`,
    ),
    check(
      'each is tagged with what it runs',
      running.every((i) => runs(i.id) !== next || i.tags[TAG.software] === next),
      running.map((i) => `${i.id}: ${i.tags[TAG.software]?.slice(0, 12)}`).join(', '),
    ),
    check(
      'an owner takes it after a standby of its zone, where there is one',
      early.length === 0 && turns.length > 0,
      early,
      counted(turns.length, 'turn'),
    ),
    check('every content volume is served throughout', gaps.length === 0, gaps, 'no gap'),
  ];
  if (!cutOff) return checks;
  const zone = services.ec2.instance(cutOff).zone;
  const behind = running.filter((i) => runs(i.id) !== next);
  const points = services.cloudwatch.points(`Remount/${world.stackName}`, 'HostsBehind', {});
  return [
    ...checks,
    check(
      'who cannot fetch goes on with what it has, and its zone’s owner with it',
      runs(cutOff) !== undefined && behind.some((i) => i.id === cutOff) && behind.every((i) => i.zone === zone),
      behind.map((i) => i.id),
      'none',
    ),
    check(
      'how many are behind is published',
      points.at(-1)?.value === behind.length,
      `${points.at(-1)?.value} of ${behind.length}`,
    ),
  ];
}

export const newSoftwarePlans: Readonly<Record<string, Plan>> = {
  'new-host-software': {
    about:
      'a deployment brings new host software, one standby cannot fetch it, and a file system shuts down in the middle',
    // Two rounds of the guard; a third where there are owners only, for they go one by one.
    expect: { outcome: ['replace'], withinMs: 17 * MINUTE_MS, calls: 1500 },
    restMs: REST_MS,
    strike,
    checks: judge,
  },
};

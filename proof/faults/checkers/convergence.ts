/** Whether content that is down could be served again, judged on the world: a copy that mounts, and a host that could take it. */
import { TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { duration } from '../../../rehearsal/command/duration.ts';
import { check, pages } from '../../../rehearsal/judge/checks.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import type { Check } from '../../../rehearsal/world/world.ts';
import type { SimInstance } from '../../../simulator/aws/ec2/state.ts';
import type { Story } from '../stories.ts';

const MINUTE_MS = 60_000;
/** Data volumes that one instance takes: /dev/sdf to /dev/sdp, docs.aws.amazon.com/ebs/latest/userguide/device_naming.html */
const DEVICES = 11;
/** EBS and the agent of a host have settled by then: what came up a moment ago is no way back yet. */
const SETTLED_MS = MINUTE_MS;

/** Looks below everything: what a volume or a snapshot holds, whatever its tags say. */
export interface Truth {
  /** It would mount, it holds content, and there is nothing wrong with it. */
  sound(source: { readonly volumeId?: string; readonly snapshotId?: string }): boolean;
}

/**
 * What the volume could be served from, and where; `undefined`: nothing, or the story keeps people busy with it (`Story.hopeless`).
 * A copy counts whatever verdict it carries: one that is wrong is no excuse.
 */
export function wayBack(strike: Strike, truth: Truth, story: Story, volume: string): string | undefined {
  if (story.hopeless) return undefined;
  const { stage, services } = strike;
  const { clock, faults } = services.cloud;
  const settled = clock.now() - SETTLED_MS;
  for (const { id, tags, state, zone, attachment } of stage.physical(volume)) {
    const kept = tags[TAG.role] === VOLUME_ROLE.current && (state === 'available' || state === 'in-use');
    // One that hangs in a detachment is out of everybody's reach, however sound.
    const free = attachment === undefined || attachment.state === 'attached';
    const host = kept && free && !faults.stalled.has(id) && truth.sound({ volumeId: id }) && hosts(strike, zone)[0];
    if (host) return `${id} is sound, and ${host.id} runs in ${zone}`;
  }
  for (const { id, tags, state, completedAt } of services.ec2.snapshots.values()) {
    const ours = tags[TAG.volume] === volume && tags[TAG.stack] === strike.world.stackName;
    const usable = ours && tags[TAG.role] !== VOLUME_ROLE.quarantined && state === 'completed';
    if (!usable || (completedAt ?? 0) > settled || !truth.sound({ snapshotId: id })) continue;
    const host = hosts(strike).find((i) => faults.hasCapacity(i.zone, clock.now()));
    if (host) return `${id} is sound, and ${host.id} runs in ${host.zone}`;
  }
  return undefined;
}

/** Instances that do what they are asked, and have room for a volume. */
function hosts({ services }: Strike, zone?: string): SimInstance[] {
  const { clock, faults } = services.cloud;
  return [...services.ec2.instances.values()].filter(
    (i) =>
      (zone === undefined || i.zone === zone) &&
      i.state === 'running' &&
      i.agentOnline &&
      clock.now() - i.launchedAt > SETTLED_MS &&
      i.devices.size < DEVICES &&
      !faults.hung.has(i.id) &&
      !faults.lostZones.has(i.zone),
  );
}

/** Why a volume that is down may stay so: a person knows, and there is no way back. `undefined`: it may not. */
export function excuse(strike: Strike, truth: Truth, story: Story, volume: string, since: number): string | undefined {
  if (pages(strike.world, volume, since).length === 0 || wayBack(strike, truth, story, volume)) return undefined;
  return story.hopeless ?? 'no copy that mounts, or no host';
}

/** How a run came to rest. */
export interface Rest {
  readonly strike: Strike;
  readonly truth: Truth;
  readonly story: Story;
  /** When the last fault was over, and from when on every volume was served, or could not be and a person knew. */
  readonly calm: number;
  readonly convergedAt: number | undefined;
}

/** Judged at the end: wherever content can be served it is, and a page is not enough. */
export function servedAgain({ strike, truth, story, calm, convergedAt }: Rest): Check {
  const down = story.volumes.filter((v) => !strike.stage.servedBy(v));
  const wrong = down.flatMap((volume) => {
    const way = wayBack(strike, truth, story, volume);
    return way ? [`${volume} is not, and ${way}`] : [];
  });
  return check(
    'content is served wherever there is a way back',
    wrong.length === 0,
    wrong.join('; ') || (convergedAt === undefined ? 'not in time' : duration(convergedAt - calm)),
  );
}

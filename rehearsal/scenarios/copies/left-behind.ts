/** What a replacement and a drill that died leave behind, with a retention of two hours so that it is seen to end. */
import { TAG, VERDICT, VOLUME_ROLE } from '../../../contract/contract.ts';
import type { SimSnapshot } from '../../../simulator/aws/ec2/state.ts';
import { duration } from '../../command/duration.ts';
import { check, suspectKept } from '../../judge/checks.ts';
import type { Check, Scenario } from '../../world/world.ts';
import { breakFileSystem, struck } from '../story/breaking.ts';
import type { Strike } from '../story/incident.ts';
import { HOUR_MS, type Hours, hours, neverOlder, snapshotsOf } from './recovery-points.ts';

const KEEP_HOURS = 2;
/** Retention, and then some rounds of the guard. */
const HOURS = 5;
const VERIFIED_AFTER_MS = HOUR_MS / 4;

interface Left {
  readonly scratch: string;
  readonly verified: string;
  /** Copies of the volume that was replaced. */
  readonly before: readonly SimSnapshot[];
  /** Age at which each was deleted, in milliseconds. */
  readonly deleted: Map<string, number>;
}

/** By the world that it was left in. */
const left = new WeakMap<object, Left>();

function strike(strike: Strike): void {
  const { world, services, first } = strike;
  const before = snapshotsOf(world, first.volume).filter((s) => s.state === 'completed');
  const [oldest] = before;
  if (!oldest) throw new Error(`${first.volume} has no snapshot to leave behind`);
  // Not before the heal: it would take this one, and what a new volume was made from is kept anyway.
  world.clock.after(VERIFIED_AFTER_MS, () => {
    oldest.tags[TAG.verdict] = VERDICT.verified;
  });
  const deleted = new Map<string, number>();
  left.set(services, { scratch: plantScratch(strike, oldest), verified: oldest.id, before, deleted });
  services.cloud.listen(({ at, event }) => {
    const known = event?.kind === 'snapshotDeleted' && before.find((s) => s.id === event.snapshotId);
    if (known) deleted.set(known.id, at - known.startedAt);
  });
  breakFileSystem(strike, first);
}

/** A drill made it, and died. */
function plantScratch(strike: Strike, snapshot: SimSnapshot): string {
  const { world, services, first } = strike;
  const { cloud, ec2 } = services;
  const old = struck(strike, first);
  const id = `vol-0${world.random.stream('scratch').hex(16)}` as const;
  const { [TAG.schedule]: _, ...tags } = old.tags;
  cloud.disks.createVolume(id, old.sizeGiB, snapshot.id);
  ec2.volumes.set(id, {
    ...old,
    id,
    state: 'available',
    snapshotId: snapshot.id,
    createdAt: cloud.clock.now(),
    visibleAt: cloud.clock.now(),
    attachment: undefined,
    tags: { ...tags, [TAG.role]: VOLUME_ROLE.scratch, [TAG.drill]: 'drill-that-died' },
  });
  cloud.say('failure', `a drill dies, and leaves ${id}`);
  return id;
}

function judge({ strike }: Hours): Check[] {
  const { services, stage, first, world } = strike;
  const story = left.get(services);
  if (!story) throw new Error('the story was not played');
  const { ec2 } = services;
  const source = stage.physical(first.volume).find((v) => v.tags[TAG.role] === VOLUME_ROLE.current)?.snapshotId;
  const kept = story.before.filter((s) => ec2.snapshots.has(s.id)).map((s) => s.id);
  const wanted = story.before.map((s) => s.id).filter((id) => id === story.verified || id === source);
  const early = [...story.deleted].filter(([, age]) => age < KEEP_HOURS * HOUR_MS);
  const suspects = [...ec2.snapshots.values()].filter((s) => s.tags[TAG.role] === VOLUME_ROLE.quarantined);
  return [
    suspectKept(world, first),
    check(
      'the copy of the suspect volume is kept',
      suspects.length > 0,
      suspects.map((s) => s.id),
      'none',
    ),
    check(
      'of the volume that was replaced, only the last verified copy and the source of the new one are left',
      wanted.length > 0 && kept.join() === wanted.join(),
      `${kept.join(', ')}; wanted ${wanted.join(', ')}`,
    ),
    check(
      `none is deleted before ${KEEP_HOURS} h`,
      story.deleted.size > 0 && early.length === 0,
      early.map(([id, age]) => `${id} after ${duration(age)}`),
      `none of ${story.deleted.size}`,
    ),
    check("the dead drill's volume is deleted", !ec2.volumes.has(story.scratch), story.scratch),
  ];
}

export const leftBehind: Scenario = hours({
  about: `a drill dies, the volume is replaced, and its snapshots outlive their retention of ${KEEP_HOURS} h`,
  // Less than a stack is otherwise held to, so that its own objective says so.
  settings: {
    snapshots: { perHour: 4, keepHours: KEEP_HOURS },
    drills: { enabled: false },
    objectives: { recoveryPointReachHours: KEEP_HOURS },
  },
  outcome: 'replace',
  acts: [{ hours: HOURS, act: strike }],
  checks: (h) => [neverOlder(h), ...judge(h)],
});

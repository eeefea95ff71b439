/** What a snapshot has of what was just being written; and a freeze that nobody ends. */
import { EXIT, TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { losePostScripts } from '../../../simulator/aws/account/snapshot-failures.ts';
import type { SimSnapshot } from '../../../simulator/aws/ec2/state.ts';
import { DiskError } from '../../../simulator/disks/disks.ts';
import { duration } from '../../command/duration.ts';
import { check } from '../../judge/checks.ts';
import { readBack } from '../../world/content.ts';
import { makeCourse } from '../../world/courses.ts';
import type { Check } from '../../world/world.ts';
import { breakFileSystem, once } from '../story/breaking.ts';
import type { Plan, Strike } from '../story/incident.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** What `host/freeze.sh` promises; and what a moment of a host's may add. */
const THAWS_WITHIN_MS = 30 * SECOND_MS;
const SLACK_MS = 2 * SECOND_MS;
const LOOK_MS = 500;
const CRASH = { snapshots: { consistency: 'crash' } };
/** A journal would have the upload whole, whatever the copy has of it. */
export const UNJOURNALED = { journal: { enabled: false } };
const APPLICATION = { snapshots: { consistency: 'application' } };
/** In the middle of being uploaded when the snapshot is taken: not a byte of it is synced. */
const unsynced = (strike: Strike) => makeCourse('unsynced', strike.world.random.stream('unsynced'));

/** What was seen of a freeze; by the services of the run. */
interface Seen {
  frozenAt?: number;
  thawedAt?: number;
  unservedWhileFrozen: number;
  blocked: number;
}
const seen = new WeakMap<object, Seen>();

/** The first snapshot of the volume that was started after the blow: that of the run of the story. */
function copyOf({ services, first }: Strike): SimSnapshot | undefined {
  return [...services.ec2.snapshots.values()].find((s) => s.volumeId === first.volumeId && s.startedAt >= first.at);
}

/** A course is uploaded and not synced, DLM takes its snapshot, and once that is complete the file system breaks. */
function uploadAndBreak(strike: Strike): void {
  const { world, services, first } = strike;
  world.disks.upload(first.owner, first.volume, unsynced(strike), false);
  services.hosts.touch(first.owner);
  world.say('a course is uploaded to the volume, and not synced; DLM starts its snapshot');
  services.dlm.runNow();
  const look = () => {
    if (copyOf(strike)?.state === 'completed') breakFileSystem(strike, { ...first, at: world.clock.now() });
    else world.clock.after(SECOND_MS, look);
  };
  look();
}

const UNSYNCED = {
  'cut off': { promise: 'an upload that was not synced is not whole', whole: false, script: undefined },
  journaled: {
    promise: 'an upload that was not synced is whole: the journal has it',
    whole: true,
    script: undefined,
  },
  frozen: {
    promise: 'an upload that was not synced is whole: it was frozen first',
    whole: true,
    script: 'SUCCESS',
  },
} as const;

/** How much of the course that was not synced is on the volume that was made from the snapshot, and why. */
function judgeUnsynced(strike: Strike, what: keyof typeof UNSYNCED): Check[] {
  const { promise, whole, script } = UNSYNCED[what];
  const { world, stage, first, services } = strike;
  const owner = stage.servedBy(first.volume);
  const { expected, intact } = readBack(world, owner, first.volume, [unsynced(strike)]);
  const frozen = copyOf(strike)?.tags['aws:dlm:pre-script'];
  const volumeId = owner && world.disks.links(owner).find((l) => l.volume === first.volume)?.volumeId;
  const from = services.ec2.volumes.get(volumeId ?? '')?.snapshotId;
  return [
    check(promise, whole ? intact === expected : intact < expected, `${intact} of ${expected} files`),
    check('DLM says how it was taken', frozen === script, frozen ?? 'no script ran'),
    check(
      'content came back from it, and its file system is sound',
      from !== undefined && from === copyOf(strike)?.id && world.disks.inspect({ snapshotId: from }).sound,
      from ?? 'none',
    ),
  ];
}

/** Looks twice a second, from the freeze on, whether it is still frozen, and served. */
function watchFreeze(strike: Strike): void {
  const { world, stage, first, services } = strike;
  const found: Seen = { unservedWhileFrozen: 0, blocked: 0 };
  seen.set(services, found);
  const course = makeCourse('waits', world.random.stream('waits'));
  const look = () => {
    const frozen = services.ec2.instances.get(first.owner)?.state === 'running' && isFrozen(strike);
    if (!frozen) {
      found.thawedAt ??= world.clock.now();
      return;
    }
    if (stage.servedBy(first.volume) !== first.owner) found.unservedWhileFrozen++;
    try {
      world.disks.upload(first.owner, first.volume, course);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      found.blocked++;
    }
    world.clock.after(LOOK_MS, look);
  };
  once(
    strike,
    'command',
    ({ instanceId, verb, exitCode, values }) =>
      instanceId === first.owner && verb === 'dlm' && exitCode === EXIT.ok && values.state === 'frozen',
    () => {
      found.frozenAt = world.clock.now();
      look();
    },
  );
}

function isFrozen({ world, first }: Strike): boolean {
  return world.disks.watchdogs(first.owner).some((w) => w.volumeId === first.volumeId);
}

function judgeFreeze(strike: Strike): Check[] {
  const { services, world, first, stage } = strike;
  const { frozenAt, thawedAt, unservedWhileFrozen = 0, blocked = 0 } = seen.get(services) ?? {};
  const lasted = frozenAt !== undefined && thawedAt !== undefined ? thawedAt - frozenAt : undefined;
  const copy = copyOf(strike);
  const others = [...services.ec2.snapshots.values()].filter(
    (s) => s.startedAt >= first.at && s.tags[TAG.role] !== VOLUME_ROLE.current,
  );
  const alarmed = services.cloud.log.filter(
    ({ at, event }) => at >= first.at && event?.kind === 'probeFails' && event.volume === first.volume,
  );
  const owner = stage.servedBy(first.volume);
  return [
    check(
      'the watchdog thaws within 30 s',
      lasted !== undefined && lasted > SLACK_MS && lasted <= THAWS_WITHIN_MS + SLACK_MS,
      lasted === undefined ? `${frozenAt === undefined ? 'never frozen' : 'never thawed'}` : duration(lasted),
    ),
    check(
      'while it is frozen, nobody writes, and it is served',
      blocked > 0 && unservedWhileFrozen === 0,
      `${blocked} writers waited, ${unservedWhileFrozen} times not served`,
    ),
    check('no probe fails for it', alarmed.length === 0, alarmed[0]?.what ?? 'none'),
    check('the snapshot is there all the same', copy?.state === 'completed', copy ? copy.state : 'none'),
    check(
      'nothing but content in service is copied',
      others.length === 0,
      others.map((s) => s.id),
      'yes',
    ),
    check('it is thawed at rest', owner !== undefined && !isFrozen(strike), owner ?? `nobody serves ${first.volume}`),
    check('later uploads go on', writes(strike), world.clock.now() > first.at ? 'yes' : 'no'),
  ];
}

/** Whether whoever uploads now is served. */
function writes({ world, stage, first }: Strike): boolean {
  const owner = stage.servedBy(first.volume);
  if (!owner) return false;
  world.disks.upload(owner, first.volume, makeCourse('afterwards', world.random.stream('afterwards')));
  return true;
}

export const consistencyPlans: Readonly<Record<string, Plan>> = {
  'unsynced-crash': {
    about:
      'a course is being uploaded, nothing of it is synced, when DLM copies the volume; then the file system shuts down',
    settings: { ...CRASH, ...UNJOURNALED },
    expect: { outcome: ['replace'], withinMs: 15 * MINUTE_MS },
    strike: uploadAndBreak,
    checks: (strike) => judgeUnsynced(strike, 'cut off'),
  },
  'unsynced-journaled': {
    about: 'the same, and the upload is in the journal of files',
    settings: { ...CRASH, journal: { enabled: true } },
    expect: { outcome: ['replace'], withinMs: 15 * MINUTE_MS },
    strike: uploadAndBreak,
    checks: (strike) => judgeUnsynced(strike, 'journaled'),
  },
  'unsynced-frozen': {
    about: 'the same without a journal, and DLM has the volume frozen first',
    settings: { ...APPLICATION, ...UNJOURNALED },
    expect: { outcome: ['replace'], withinMs: 15 * MINUTE_MS },
    strike: uploadAndBreak,
    checks: (strike) => judgeUnsynced(strike, 'frozen'),
  },
  'frozen-too-long': {
    about: 'DLM has the volume frozen for its snapshot, and never comes back to thaw it',
    settings: APPLICATION,
    // Nothing is healed: they are those of all rounds and sweeps until everything is at rest.
    expect: { outcome: ['none'], withinMs: 0, calls: 800 },
    strike: (strike) => {
      losePostScripts(strike.services);
      watchFreeze(strike);
      strike.services.dlm.runNow();
    },
    checks: judgeFreeze,
  },
};

import { ALARM, alarmName } from '../../../contract/contract.ts';
import { uploads } from '../../../rehearsal/scenarios/journal/takeovers.ts';
import { breakFileSystem } from '../../../rehearsal/scenarios/story/breaking.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import { exhaustCapacity, hangInstance, spoilSnapshots } from '../../../simulator/aws/account/failures.ts';
import type { Services } from '../../../simulator/aws/account/services.ts';
import { type Ground, play } from '../../faults/play.ts';
import { STORIES, type Story } from '../../faults/stories.ts';
import { percentile } from '../percentile.ts';
import { BEFORE_MS, LAST, type Outcome, playPeer, serving } from './play-peer.ts';
import { PROCEDURES, type Procedure } from './procedures.ts';

/** What happens, each from a sound stack. */
export const CASES = {
  plain: 'the file system shuts down, as in 2010',
  noVolume: 'the same, and no volume can be made in the zone',
  rotten: 'the same, and the newest copy does not mount',
  alive: 'an alarm goes off, and the owner serves as ever',
  hangs: 'the owner answers nothing, and EC2 calls it running',
} as const;
export type Case = keyof typeof CASES;

/** The newest copy that is completed, and what is not completed yet: whoever looks a little later finds that as the newest. */
function spoilNewest({ services, stage, world, first }: Strike): void {
  spoilSnapshots(services, stage.physical(first.volume), 1);
  for (const { id, state } of services.ec2.snapshots.values()) {
    if (state !== 'pending') continue;
    world.disks.spoil(id);
    services.cloud.faults.spoilt.add(id);
  }
}

const STRIKES: Readonly<Record<Case, Story['strike']>> = {
  plain: (strike) => breakFileSystem(strike, strike.first),
  noVolume: (strike) => {
    exhaustCapacity(strike.services, strike.first.zone);
    breakFileSystem(strike, strike.first);
  },
  rotten: (strike) => {
    spoilNewest(strike);
    breakFileSystem(strike, strike.first);
  },
  alive: ({ services, world, first }: Strike) => {
    services.cloudwatch.repeat(alarmName(world.stackName, first.volume, ALARM.serving));
  },
  hangs: ({ services, first }) => hangInstance(services, first.owner),
};

/** A way to get content back, and in which cases it is played. */
export interface Way {
  readonly name: string;
  readonly about: string;
  /** Whose stack it is played on: a story of the simulation. */
  readonly story: 'spare' | 'file-system';
  /** `undefined`: the healer. */
  readonly procedure?: Procedure;
  readonly cases: readonly Case[];
}

const OF_VOLUMES: readonly Case[] = ['plain', 'noVolume', 'rotten', 'alive'];
const peer = (name: string, story: Way['story'], cases: readonly Case[]): Way => {
  const procedure = PROCEDURES[name];
  if (!procedure) throw new Error(`no procedure ${name}`);
  return { name, about: procedure.about, story, procedure, cases };
};

export const WAYS: readonly Way[] = [
  { name: 'spare', about: 'Remount, with its spare', story: 'spare', cases: [...OF_VOLUMES, 'hangs'] },
  {
    name: 'no-spare',
    about: 'Remount, without drills and so without a spare',
    story: 'file-system',
    cases: [...OF_VOLUMES, 'hangs'],
  },
  peer('eleven', 'file-system', OF_VOLUMES),
  peer('nineteen', 'file-system', OF_VOLUMES),
  peer('runbook', 'file-system', OF_VOLUMES),
  peer('csi', 'file-system', ['hangs']),
];

/** Of all seeds of one way in one case. */
export interface Row {
  readonly way: string;
  readonly case: Case;
  readonly seeds: number;
  /** In how many of them content was served, or served again, within an hour. */
  readonly served: number;
  /** Of these, in how many what serves is sound, and has what was uploaded after the newest copy. */
  readonly sound: number;
  readonly newest: number;
  /** Seconds without content; `null` where it never came back, or was never away. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Calls of EC2, Systems Manager and the ledger until then: the median. */
  readonly calls: number;
  /** Why it stopped, where it did, as the first seed says. */
  readonly stopped: string | null;
}

async function heal(ground: Ground, story: Story, seed: number): Promise<Outcome> {
  let services: Services | undefined;
  let now: Pick<Outcome, 'sound' | 'newest'> = {};
  const show = (shown: Services) => {
    services = shown;
    const { disks } = shown.cloud;
    const close = disks.close.bind(disks);
    disks.close = () => {
      now = serving(shown, story.volumes[0] ?? '');
      close();
    };
  };
  const { recoveryMs, served, log } = await play(ground, { story, seed, schedule: [], show });
  const struckAt =
    log.find(({ who }) => who === 'failure')?.at ?? log.findLast(({ event }) => event?.kind === 'alarmStarts')?.at ?? 0;
  const away = recoveryMs === undefined ? undefined : recoveryMs - BEFORE_MS;
  const until = struckAt + (away ?? 10 * 60_000);
  const calls = services?.cloud.calls.filter(
    ({ principal, at }) => principal.startsWith('Healer') && at >= struckAt && at <= until,
  );
  return {
    recoveryMs: away,
    awayMs: away ?? (served ? 0 : Number.POSITIVE_INFINITY),
    calls: calls?.length ?? 0,
    ...(served ? now : {}),
    ...(served ? {} : { stopped: 'people are called' }),
  };
}

/** Plays one way in one case with each of these seeds. */
export async function compare(
  ground: Ground,
  { name, story: named, procedure }: Way,
  of: Case,
  seeds: readonly number[],
  typingMs: number,
): Promise<Row> {
  const base = STORIES[named];
  if (!base) throw new Error(`no story ${named}`);
  const strike: Story['strike'] = (given) => {
    uploads(given, LAST);
    given.world.clock.after(BEFORE_MS, () => STRIKES[of](given));
  };
  const story: Story = { ...base, mayPage: true, strike };
  const outcomes: Outcome[] = [];
  for (const seed of seeds)
    outcomes.push(
      procedure
        ? await playPeer(ground, story, seed, procedure, {
            typingMs,
            atOnce: of === 'alive' || procedure === PROCEDURES.csi,
          })
        : await heal(ground, story, seed),
    );
  const served = outcomes.filter(({ recoveryMs, awayMs }) => recoveryMs !== undefined || awayMs === 0);
  const away = served.map(({ awayMs }) => awayMs / 1000);
  const seconds = (part: number) => (served.length === outcomes.length ? percentile(away, part) : null);
  return {
    way: name,
    case: of,
    seeds: seeds.length,
    served: served.length,
    sound: served.filter(({ sound }) => sound).length,
    newest: served.filter(({ newest }) => newest).length,
    p50: seconds(0.5),
    p99: seconds(0.99),
    calls: percentile(
      outcomes.map(({ calls }) => calls),
      0.5,
    ),
    stopped: outcomes.find(({ stopped }) => stopped !== undefined)?.stopped ?? null,
  };
}

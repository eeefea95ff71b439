/** What the faults are added to: one blow each, to a stack that has served for a few minutes. */

import { recoveryPoint, servedVolume } from '../../rehearsal/judge/measure.ts';
import { UNJOURNALED } from '../../rehearsal/scenarios/copies/consistency.ts';
import { PLANS } from '../../rehearsal/scenarios/index.ts';
import { breakFileSystem, struck } from '../../rehearsal/scenarios/story/breaking.ts';
import type { Plan, Strike } from '../../rehearsal/scenarios/story/incident.ts';
import type { Acknowledged } from '../../rehearsal/world/uploads.ts';
import { HOME_ZONE } from '../../rehearsal/world/world.ts';
import { releaseStall, stallVolume } from '../../simulator/aws/account/failures.ts';
import { RUNS } from '../../simulator/aws/account/faults.ts';
import { shiftRuns } from '../../simulator/aws/account/snapshot-failures.ts';
import { INTAKE_STORIES } from './intake-stories.ts';
import { JOURNAL_STORIES } from './journal-stories.ts';

const MINUTE_MS = 60_000;
const AGAIN_MS = 8 * MINUTE_MS;
/** Longer than the alarm needs, and shorter than a replacement. */
const HICCUP_MS = MINUTE_MS / 2;
const HOUR_MS = 60 * MINUTE_MS;
/** DLM's longest gaps come every other hour. */
const LATE_HOURS = 2;

export interface Story {
  readonly about: string;
  readonly volumes: readonly string[];
  readonly drills: boolean;
  /** What a heal takes where something newer is verified than the spare. @default faster */
  readonly prefer?: 'fresher' | undefined;
  /** Even without a fault, a person may be needed. */
  readonly mayPage: boolean;
  /** What somebody deletes as a part of the story is not held against the healer. */
  readonly deletes: boolean;
  /** A file is not what it was, as a part of the story. */
  readonly rotten: boolean;
  /** Nothing but the snapshot schedule misbehaves: without a fault, every age is within its promise. */
  readonly calm: boolean;
  /** What the story breaks for good, so that only people can bring content back, whatever copies and hosts there are. */
  readonly hopeless?: string;
  /** Its stack has no journal of files. @default it has one, and content is judged by it */
  readonly journal?: false;
  /** Standbys of its stack ask the owner whether it serves. */
  readonly witness?: true;
  /** Courses are uploaded into S3: its stack takes them in. @returns what S3 has acknowledged, and goes on to */
  uploads?(strike: Strike): readonly Acknowledged[];
  /** Somebody deletes content once it has begun: whether what is owed is served, the journal says alone. */
  readonly removes?: true;
  /** How long faults may happen, and how long everything runs on at the end. Milliseconds. @default those of the simulation */
  readonly faultsMs?: number;
  readonly restMs?: number;
  /** Of the settings of the scenario, those of snapshots; the others are the simulation's own. */
  readonly snapshots: unknown;
  strike(strike: Strike): void;
}

const OWN: Readonly<Record<string, Story>> = {
  'file-system': alone('the file system shuts down', (strike) => breakFileSystem(strike, strike.first)),
  again: alone('the file system shuts down, and eight minutes later that of whatever serves then', (strike) => {
    breakFileSystem(strike, strike.first);
    strike.world.clock.after(AGAIN_MS, () => breakAgain(strike));
  }),
  hiccup: alone('I/O to the volume hangs for half a minute, and goes on', (strike) => {
    const volume = struck(strike, strike.first);
    stallVolume(strike.services, volume);
    strike.world.clock.after(HICCUP_MS, () => releaseStall(strike.services, volume));
  }),
  'late-copies': {
    ...alone(
      'DLM starts its runs with the longest gaps that it allows itself, and then makes none; drills go on',
      (strike) => {
        shiftRuns(strike.services, RUNS.latest);
        strike.world.clock.after(LATE_HOURS * HOUR_MS, () => shiftRuns(strike.services, RUNS.never));
      },
    ),
    drills: true,
    calm: true,
    faultsMs: 2 * LATE_HOURS * HOUR_MS,
    restMs: 2 * LATE_HOURS * HOUR_MS,
  },
};

/** Stories that end with a person who has something to do: each says what stands in the healer's way until then. */
const HOPELESS: Readonly<Record<string, string>> = {
  capacity: 'no volume can be made in the home zone, for ever, and moving to another one is a decision about cost',
  'stuck-detach':
    'the detach never ends: a person may force it and lose nothing, where a copy would lose what is newer',
  'web-cut-off': 'the load balancer reaches nobody, wherever the volume is: evidence contradicts itself',
  'owner-unseen': 'the owner may write, and EC2 does not show it: nobody else may',
  'key-revoked': 'the key is revoked for good: no volume can be made from any copy',
  'blank-trap':
    'evidence contradicts itself: the ledger is gone, and a blank volume carries the marks of the current one',
};

/** The scenarios of one blow, and some more. */
export const STORIES: Readonly<Record<string, Story>> = {
  ...OWN,
  ...Object.fromEntries(
    Object.entries(JOURNAL_STORIES).map(([name, { about, strike, ...more }]) => [
      name,
      { ...alone(about, strike), ...more, removes: true },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(INTAKE_STORIES).map(([name, { about, strike, ...more }]) => [
      name,
      { ...alone(about, strike), ...more },
    ]),
  ),
  ...Object.fromEntries(Object.entries(PLANS).map(([name, plan]) => [name, storyOf(plan, HOPELESS[name])])),
};

/**
 * Settings that the stack of a story is synthesized with, over those of cdk.json: Region, zones and the rest are as there. Names, number
 * and size of content volumes are the story's own, whatever is deployed: who plays a schedule again, perhaps in another checkout, must
 * come by the same points, and each volume more is as many calls more in each of thousands of runs. Other volumes are for
 * `npm run rehearse`, with `-c` and `--matrix`.
 */
export function settingsOf({
  volumes,
  drills,
  prefer,
  snapshots,
  journal,
  witness,
  uploads,
}: Story): Readonly<Record<string, unknown>> {
  return {
    volumes: volumes.map((name) => ({ name, sizeGiB: 100, zone: HOME_ZONE })),
    drills: { enabled: drills, ...(prefer && { prefer }) },
    ...(snapshots !== undefined && { snapshots }),
    journal: { enabled: journal !== false },
    ...(witness && { witness: { enabled: true } }),
    ...(uploads && { intake: { enabled: true } }),
  };
}

function alone(about: string, strike: Story['strike']): Story {
  return {
    about,
    volumes: ['alpha'],
    drills: false,
    mayPage: false,
    deletes: false,
    rotten: false,
    calm: false,
    snapshots: undefined,
    strike,
  };
}

function storyOf(
  { about, all, drills = false, prefer, expect, settings, strike, lacksMs }: Plan,
  hopeless: string | undefined,
): Story {
  return {
    about,
    drills,
    prefer,
    volumes: all ? ['alpha', 'beta'] : ['alpha'],
    mayPage: expect.mayPage === true || expect.outcome.includes('page'),
    deletes: expect.deletes === true,
    rotten: expect.rotten === true,
    calm: false,
    ...(hopeless && { hopeless }),
    // What the story takes away for a while has to be back before anything is judged.
    ...(lacksMs !== undefined && { faultsMs: lacksMs, restMs: lacksMs }),
    snapshots: settings?.snapshots,
    ...(settings?.witness !== undefined && { witness: true }),
    ...(settings?.journal === UNJOURNALED.journal && { journal: false }),
    strike,
  };
}

/** What was newer than the recovery point is lost already, and not owed by the second heal. */
function breakAgain(strike: Strike, tries = 20): void {
  const { world, stage, first } = strike;
  const owner = stage.servedBy(first.volume);
  const volumeId = owner && servedVolume(world, owner, first.volume);
  if (!owner || !volumeId) {
    // Nobody serves yet: it breaks as soon as somebody does, if that is within the time of faults.
    if (tries > 0) world.clock.after(MINUTE_MS, () => breakAgain(strike, tries - 1));
    return;
  }
  const now = world.clock.now();
  const library = strike.libraries.get(first.volume);
  const { at } = recoveryPoint(world, first, owner);
  for (const course of library?.after(at) ?? []) library?.delete(course.id, first.at);
  if (world.disks.list(owner, first.volume).length === 0) return;
  breakFileSystem(strike, { ...first, at: now, owner, volumeId });
}

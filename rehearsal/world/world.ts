import type { Settings } from '../../lib/stack/settings.ts';
import type { Created } from '../../simulator/aws/account/created.ts';
import type { Services } from '../../simulator/aws/account/services.ts';
import type { Disks } from '../../simulator/disks/disks.ts';
import type { VirtualClock } from '../../simulator/time/clock.ts';
import type { Random } from '../../simulator/time/random.ts';

/** One promise, judged on what the simulated world shows, never on what the healer says of itself. */
export interface Check {
  readonly promise: string;
  readonly kept: boolean;
  readonly seen: string;
  /** What was seen, where it is more than is said. */
  readonly all?: readonly string[];
}

/** Live progress of long work. */
export type Progress = (what: string, done: number, of: number) => void;

/** In the settings of a scenario: the first Availability Zone that the stack is in, whatever its Region. */
export const HOME_ZONE = 'home';

/** In the settings of a scenario: so many content volumes, those of the stack first, all in its first zone. */
export const inHome = (home: number) => ({ home });
/** In the settings of a scenario: the content volumes of the stack, and more like its first where they are fewer. */
export const atLeast = (least: number) => ({ least });

/** What a scenario plays on. */
export interface World {
  readonly services: Services;
  readonly disks: Disks;
  readonly clock: VirtualClock;
  readonly random: Random;
  /** The synthesized template, and the stack's name and content volumes, read out of it. */
  readonly template: unknown;
  readonly stackName: string;
  readonly zones: readonly string[];
  /** Another stack of the same app, for the same account and Region. Only where the scenario asks for one. */
  readonly neighbour?: { readonly stackName: string; readonly template: unknown };
  /** The template of the same stack with other settings. Only where the scenario asks for one. */
  readonly next?: unknown;
  readonly progress: Progress;
  /** A line of the story. */
  say(what: string): void;
  /** A line of what this machine's kernel or tools said: real, and so no part of the virtual log. */
  quote(what: string): void;
  /** Whether everything that happens now belongs to the story, or only its own lines. */
  spotlight(on: boolean): void;
}

/** What became of a content volume. `lost`: it is not served, and nobody was notified. */
/** `passed`: it was gone for a while, and is served again as it was, by nobody's doing. */
export type OutcomeKind = 'none' | 'passed' | 'remount' | 'failover' | 'replace' | 'relocate' | 'page' | 'lost';

export interface Scenario {
  readonly about: string;
  /** What the story needs of the settings, over those of the stack: see `settingsOver`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Why it cannot be played with settings, which are those of the stack with its own over them. */
  readonly needs?: (settings: Settings) => string | undefined;
  /** A second stack, with a name of its own and otherwise the same settings, lies beside it. */
  readonly neighbour?: true;
  /** Settings over those that it begins with: what is deployed over it as a part of the story. */
  readonly next?: Readonly<Record<string, unknown>>;
  /** Why it cannot pass yet; it is played and reported all the same. */
  readonly notYet?: string;
  play(world: World): Promise<ScenarioResult>;
}

/** Milliseconds where nothing else is said. All of it is virtual: the same seed gives the same result. */
export interface ScenarioResult {
  readonly checks: readonly Check[];
  /** Present once the content was served again. */
  readonly recovery: Recovery | undefined;
  readonly outcome?: OutcomeKind;
  /** What became of damage that nobody sees. */
  readonly damage?: Damage;
  /** Courses that came through S3 as well. */
  readonly arrivals?: Arrivals;
}

/** How many courses were acknowledged and are still wanted, by the way on which they came, and how many of these are served at rest. */
export interface Arrivals {
  readonly uploaded: number;
  readonly uploadsServed: number;
  readonly written: number;
  readonly writtenServed: number;
}

/** Latent damage: when it arose, when a drill found it, and when people were notified. */
export interface Damage {
  readonly aroseAt: number;
  readonly foundAt: number | undefined;
  readonly notifiedAt: number | undefined;
}

export interface Recovery {
  readonly volume: string;
  readonly failedAt: number;
  readonly firstFailedProbeAt: number;
  readonly healStartedAt: number;
  readonly servingAt: number;
  readonly recoveryPointAt: number;
  /** Files that had to be there, and those that were there with the right checksum. */
  readonly filesExpected: number;
  readonly filesIntact: number;
  /** Uploaded after the recovery point and not on the volume that serves now. */
  readonly filesNewer: readonly string[];
  /** Whether the recovery point itself carries the damage, judged on a clone of it. */
  readonly sound: boolean;
  readonly findings: readonly string[];
  readonly apiCalls: Readonly<Record<string, number>>;
}

/** Content volumes of the template, by the custom resources that stand for them. */
export function contentVolumes(created: Created): { readonly name: string; readonly zone: string }[] {
  return [...created.resources.values()]
    .filter((r) => r.type === 'Custom::RemountContentVolume')
    .map((r) => ({ name: String(r.properties.Volume), zone: String(r.properties.Zone) }));
}

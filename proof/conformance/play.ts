import { join } from 'node:path';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import type { Assembly } from '../../rehearsal/world/assembly.ts';
import { rehearse, templateOf } from '../../rehearsal/world/rehearse.ts';
import type { Progress, Scenario } from '../../rehearsal/world/world.ts';
import type { Exchange } from '../../simulator/aws/account/cloud.ts';
import { openDisks } from '../../simulator/disks/open.ts';
import { Random } from '../../simulator/time/random.ts';
import { randomSchedule } from '../faults/plans.ts';
import { play } from '../faults/play.ts';
import { STORIES, settingsOf } from '../faults/stories.ts';

export type Hear = (exchange: Exchange, scenario: string) => void;

/** Synthesizes the stack of each set of settings once, below a directory. */
export class Assemblies {
  readonly #directory: string;
  readonly #made = new Map<string, Assembly>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async of({
    settings = {},
    neighbour,
    next,
  }: Pick<Scenario, 'settings' | 'neighbour' | 'next'> = {}): Promise<Assembly> {
    const key = JSON.stringify([settings, neighbour, next]);
    const known = this.#made.get(key);
    if (known) return known;
    const { synthesizeFor } = await import('../../rehearsal/world/synthesize.ts');
    const directory = join(this.#directory, String(this.#made.size));
    const made = synthesizeFor({ settings, ...(neighbour && { neighbour }), ...(next && { next }) }, directory);
    this.#made.set(key, made);
    return made;
  }
}

/** Plays scenarios on memory disks, all of the SDK in between, and shows every exchange. @returns names of those that broke a promise */
export async function playScenarios(
  names: readonly string[],
  assemblies: Assemblies,
  hear: Hear,
  progress: Progress,
): Promise<string[]> {
  const broken: string[] = [];
  const quiet = () => {};
  for (const [n, name] of names.entries()) {
    const scenario = SCENARIOS[name];
    if (!scenario) throw new Error(`no scenario ${name}`);
    const assembly = await assemblies.of(scenario);
    const disks = openDisks({ kind: 'memory' });
    const options = { scenario: name, seed: 1 };
    try {
      const { ok } = await rehearse(options, assembly, disks, {
        progress: quiet,
        happening: quiet,
        quote: quiet,
        opened: ({ cloud }) => {
          cloud.witness = (exchange) => hear(exchange, name);
        },
      });
      if (!ok) broken.push(name);
    } finally {
      disks.close();
    }
    progress('scenarios', n + 1, names.length);
  }
  return broken;
}

/** Plays random schedules of faults, whose errors are answers too. */
export async function playFaults(runs: number, assemblies: Assemblies, hear: Hear, progress: Progress): Promise<void> {
  const random = new Random(1, 'conformance');
  const names = Object.keys(STORIES);
  const points = new Map<string, Awaited<ReturnType<typeof play>>['points']>();
  for (let n = 0; n < runs; n++) {
    const name = names[random.whole(0, names.length - 1)] ?? '';
    const story = STORIES[name];
    if (!story) throw new Error(`no story ${name}`);
    const assembly = await assemblies.of({ settings: settingsOf(story) });
    const ground = { assembly, template: templateOf(assembly) };
    const known = points.get(name) ?? (await play(ground, { story, seed: 1, schedule: [] })).points;
    points.set(name, known);
    await play(ground, {
      story,
      seed: random.whole(0, 0xffff_ffff),
      schedule: randomSchedule(known, random),
      show: ({ cloud }) => {
        cloud.witness = (exchange) => hear(exchange, `${name}, with faults`);
      },
    });
    progress('schedules of faults', n + 1, runs);
  }
}

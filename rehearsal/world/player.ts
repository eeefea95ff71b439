import { join } from 'node:path';
import type { Services } from '../../simulator/aws/account/services.ts';
import type { DiskKind, Disks } from '../../simulator/disks/disks.ts';
import { openDisks } from '../../simulator/disks/open.ts';
import { makeProgress } from '../command/progress.ts';
import type { Outcome, Skipped } from '../judge/outcome.ts';
import { inStory, line } from '../judge/report.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import type { Assembly } from './assembly.ts';
import type { LivePage } from './live.ts';
import { rehearse } from './rehearse.ts';
import { cannotPlay, cdkContext, rawSettings } from './settings.ts';

/** How a scenario is played and shown. */
export interface Playing {
  readonly seed: number;
  readonly disks: DiskKind | undefined;
  readonly verbose: boolean;
  /** Over that of `cdk.json`, as `-c` gives it. */
  readonly context: Readonly<Record<string, string>>;
  /** One of many: no story is printed, and no progress within it. */
  readonly brief: boolean;
  /** Shows it while it is played. */
  readonly live?: LivePage;
  /** Called with the world as it is at the end, before it goes. */
  readonly ended?: (outcome: Outcome, services: Services) => Promise<void>;
}

/** Plays scenarios, each on the stack that its settings ask for: synthesized once for each set of them. */
export class Player {
  readonly #directory: string;
  readonly #out: NodeJS.WriteStream;
  readonly #progress: ReturnType<typeof makeProgress>;
  readonly #stacks = new Map<string, Assembly>();

  constructor(directory: string, out: NodeJS.WriteStream) {
    this.#directory = directory;
    this.#out = out;
    this.#progress = makeProgress(out);
  }

  /**
   * @param began gets the notes of the disks
   * @throws SettingsError for the context; Error when the scenario cannot be played
   */
  async play(name: string, playing: Playing, began: (disks: Disks) => void = () => {}): Promise<Outcome | Skipped> {
    const scenario = SCENARIOS[name];
    if (!scenario) throw new Error(`no scenario ${name}`);
    const skipped = cannotPlay(scenario, rawSettings(cdkContext(playing.context)));
    if (skipped !== undefined) return { scenario: name, skipped };
    const disks = openDisks(playing.disks ? { kind: playing.disks } : {});
    try {
      began(disks);
      const assembly = await this.#assemblyFor(name, playing);
      const options = { scenario: name, seed: playing.seed, context: playing.context };
      let world: Services | undefined;
      const opened = (services: Services) => {
        world = services;
        playing.live?.shows(services);
      };
      const outcome = await rehearse(options, assembly, disks, { ...this.#listener(playing), opened });
      if (world) await playing.ended?.(outcome, world);
      return outcome;
    } finally {
      this.#progress.clear();
      disks.close();
    }
  }

  async #assemblyFor(name: string, { context, brief }: Playing): Promise<Assembly> {
    const { settings = {}, neighbour, next } = SCENARIOS[name] ?? {};
    const beside = { ...(neighbour && { neighbour }), ...(next && { next }) };
    const over = { ...settings, ...beside };
    const key = JSON.stringify([over, context]);
    const known = this.#stacks.get(key);
    if (known) return known;
    if (!brief || Object.keys(context).length === 0)
      this.#out.write(
        `Synthesizing the stack${Object.keys(over).length === 0 ? '' : ` with ${JSON.stringify(over)}`} ...\n`,
      );
    const { synthesizeFor } = await import('./synthesize.ts');
    const directory = join(this.#directory, String(this.#stacks.size));
    const made = synthesizeFor({ settings, ...beside }, directory, cdkContext(context));
    this.#stacks.set(key, made);
    return made;
  }

  #listener({ verbose, brief, live }: Playing) {
    const out = this.#out;
    const progress = this.#progress;
    return {
      progress: brief ? () => {} : progress.show,
      happening(happening: Parameters<typeof inStory>[0], inSpotlight: boolean) {
        live?.happening(happening, inSpotlight);
        if (!verbose && (brief || !inStory(happening, inSpotlight))) return;
        progress.clear();
        out.write(`${line(happening)}\n`);
      },
      quote(what: string) {
        if (brief) return;
        progress.clear();
        out.write(`${' '.repeat(14)}${what}\n`);
      },
    };
  }
}

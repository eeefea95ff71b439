import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Happening } from '../../simulator/aws/account/happening.ts';
import { openServices, type Services } from '../../simulator/aws/account/services.ts';
import type { Disks } from '../../simulator/disks/disks.ts';
import { VirtualClock } from '../../simulator/time/clock.ts';
import { Random } from '../../simulator/time/random.ts';
import type { Options } from '../command/options.ts';
import { nothingDenied } from '../judge/checks.ts';
import type { Outcome } from '../judge/outcome.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import type { Assembly } from './assembly.ts';
import type { Progress, World } from './world.ts';

/** The virtual day begins here: a Wednesday. */
const START = Date.parse('2026-01-07T00:00:00Z');
const CACHE = join(import.meta.dirname, '../../.cache');

/** Where the rehearsal says what happens, as it happens. */
export interface Listener {
  readonly progress: Progress;
  readonly happening: (happening: Happening, inSpotlight: boolean) => void;
  /** A line of what this machine's kernel said. */
  readonly quote: (what: string) => void;
  /** Is shown the simulated AWS before anything happens in it. */
  readonly opened?: (services: Services) => void;
}

/** Makes a directory for a synthesis, and removes it when `use` has ended; and those of rehearsals that were killed. */
export async function withDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE)) {
    const pid = Number(/^rehearsal-(\d+)-/.exec(name)?.[1]);
    if (pid && !isRunning(pid)) rmSync(join(CACHE, name), { recursive: true, force: true });
  }
  const directory = mkdtempSync(join(CACHE, `rehearsal-${process.pid}-`));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether a process lives. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The synthesized template. */
export function templateOf({ directory, stackName }: Assembly): unknown {
  return JSON.parse(readFileSync(join(directory, `${stackName}.template.json`), 'utf8'));
}

/**
 * Plays one scenario on a synthesized stack. What it returns under `virtual` depends on the seed and the kind of disks alone.
 *
 * @param template what is deployed in the place of what was synthesized
 * @throws Error when the simulation meets something that it does not know, or a scenario cannot be played
 */
export async function rehearse(
  options: Pick<Options, 'scenario' | 'seed'> & Partial<Pick<Options, 'context'>>,
  assembly: Assembly,
  disks: Disks,
  listener: Listener,
  template: unknown = templateOf(assembly),
): Promise<Outcome> {
  const scenario = SCENARIOS[options.scenario];
  if (!scenario) throw new Error(`no scenario ${options.scenario}`);
  const began = performance.now();
  const clock = new VirtualClock(START);
  const random = new Random(options.seed);
  const services = openServices(
    { region: assembly.region, clock, random: random.stream('cloud'), disks },
    assembly.directory,
  );
  let spotlight = false;
  services.cloud.listen((happening) => listener.happening(happening, spotlight));
  listener.opened?.(services);
  const { neighbour } = assembly;
  const world: World = {
    services,
    disks,
    clock,
    random: random.stream('scenario'),
    template,
    ...(neighbour && {
      neighbour: { stackName: neighbour, template: templateOf({ ...assembly, stackName: neighbour }) },
    }),
    ...(assembly.next && { next: templateOf({ ...assembly, directory: assembly.next }) }),
    stackName: assembly.stackName,
    zones: assembly.zones,
    progress: listener.progress,
    say: (what) => services.cloud.say('story', what),
    quote: listener.quote,
    spotlight: (on) => {
      spotlight = on;
    },
  };
  const played = await scenario.play(world);
  const result = { ...played, checks: [...played.checks, nothingDenied(world)] };
  return {
    scenario: options.scenario,
    seed: options.seed,
    disks: disks.kind,
    ...(options.context && Object.keys(options.context).length > 0 && { context: options.context }),
    ok: played.checks.length > 0 && result.checks.every((c) => c.kept),
    ...(scenario.notYet && { notYet: scenario.notYet }),
    virtual: { ...result, log: services.cloud.log },
    real: {
      seconds: (performance.now() - began) / 1000,
      diskMs: { ...disks.realMs },
      diskCounts: { ...disks.counts },
      kernel: disks.kernelLog(),
    },
  };
}

import { CONTEXT_KEY } from '../../lib/props/refusal.ts';
import { DISK_KIND } from '../../simulator/disks/disks.ts';
import { Random } from '../../simulator/time/random.ts';
import type { MatrixOptions } from '../command/options.ts';
import type { Outcome, Skipped } from '../judge/outcome.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import type { Player, Playing } from './player.ts';
import { cannotPlay } from './settings.ts';
import { UNUSUAL, type Unusual } from './unusual.ts';

export interface Hand extends Unusual {
  readonly scenarios: readonly string[];
}

interface Dealt {
  readonly hands: readonly Hand[];
  readonly skipped: readonly Skipped[];
}

/**
 * Each scenario goes to one of the settings, by chance, and about as many to each. One that those settings leave nothing to play with
 * goes to the next that does. Scenarios that are asked for by name go to each of the settings instead.
 */
export function deal({ rows, scenarios, each }: MatrixOptions, seed: number): Dealt {
  const chance = new Random(seed, 'matrix');
  const names = Object.entries(SCENARIOS)
    .filter(([name, { notYet }]) => notYet === undefined && (scenarios?.includes(name) ?? true))
    .map(([name]) => ({ name, at: chance.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ name }) => name);
  const { hands, skipped } = scenarios === undefined ? once(names) : withEach(names, rows);
  const asked = hands.filter(({ name }) => rows.includes(name));
  return { hands: asked.map((hand) => ({ ...hand, scenarios: hand.scenarios.slice(0, each) })), skipped };
}

function once(names: readonly string[]): Dealt {
  const hands = UNUSUAL.map((unusual) => ({ ...unusual, scenarios: [] as string[] }));
  const skipped: Skipped[] = [];
  for (const [n, name] of names.entries()) {
    const turn = n % hands.length;
    const order = [...hands.slice(turn), ...hands.slice(0, turn)];
    const reasons = order.map(({ settings }) => why(name, settings));
    const taken = order[reasons.indexOf(undefined)];
    if (taken) taken.scenarios.push(name);
    else skipped.push({ scenario: name, skipped: reasons[0] ?? '' });
  }
  return { hands, skipped };
}

function withEach(names: readonly string[], rows: readonly string[]): Dealt {
  const skipped: Skipped[] = [];
  const hands = UNUSUAL.filter(({ name }) => rows.includes(name)).map((unusual) => {
    const reasons = names.map((scenario) => ({ scenario, skipped: why(scenario, unusual.settings) }));
    for (const { scenario, skipped: reason } of reasons)
      if (reason !== undefined) skipped.push({ scenario: `${scenario}, ${unusual.name}`, skipped: reason });
    return { ...unusual, scenarios: reasons.filter((r) => r.skipped === undefined).map((r) => r.scenario) };
  });
  return { hands, skipped };
}

function why(name: string, settings: Unusual['settings']): string | undefined {
  const scenario = SCENARIOS[name];
  if (!scenario) throw new Error(`no scenario ${name}`);
  return cannotPlay(scenario, settings);
}

/** Plays what is asked for of the matrix, on memory disks. */
export async function playMatrix(
  options: MatrixOptions,
  { seed, verbose }: Pick<Playing, 'seed' | 'verbose'>,
  player: Player,
  out: NodeJS.WriteStream,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly skipped: readonly Skipped[] }> {
  const { hands, skipped } = deal(options, seed);
  const outcomes: Outcome[] = [];
  out.write(`${hands.length} settings, seed ${seed}, memory disks\n`);
  for (const { name: row, about, settings, scenarios } of hands) {
    const context = { [CONTEXT_KEY]: JSON.stringify(settings) };
    out.write(`\n${row}, ${about}: ${context[CONTEXT_KEY]}\n`);
    for (const name of scenarios) {
      const played = await player.play(name, { seed, verbose, disks: DISK_KIND.memory, context, brief: true });
      if ('skipped' in played) throw new Error(`${name} was dealt to settings that it cannot be played with`);
      outcomes.push(played);
      out.write(`${played.ok ? 'kept  ' : 'BROKEN'}  ${name}\n`);
    }
  }
  return { outcomes, skipped };
}

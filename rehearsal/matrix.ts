import { CONTEXT_KEY } from '../lib/settings.ts';
import { EXIT } from './command.ts';
import { DISK_KIND } from './disks/disks.ts';
import type { Outcome, Skipped } from './outcome.ts';
import type { Player, Playing } from './player.ts';
import { Random } from './random.ts';
import { summary } from './report.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { cannotPlay } from './settings.ts';
import { UNUSUAL, type Unusual } from './unusual.ts';

export interface Hand extends Unusual {
  readonly scenarios: readonly string[];
}

/**
 * Each scenario goes to one of the settings, by chance, and about as many to each. One that those settings leave nothing to play with
 * goes to the next that does.
 */
export function deal(seed: number): { readonly hands: readonly Hand[]; readonly skipped: readonly Skipped[] } {
  const chance = new Random(seed, 'matrix');
  const names = Object.entries(SCENARIOS)
    .filter(([, { notYet }]) => notYet === undefined)
    .map(([name]) => ({ name, at: chance.next() }))
    .sort((a, b) => a.at - b.at);
  const hands = UNUSUAL.map((unusual) => ({ ...unusual, scenarios: [] as string[] }));
  const skipped: Skipped[] = [];
  for (const [n, { name }] of names.entries()) {
    const turn = n % hands.length;
    const order = [...hands.slice(turn), ...hands.slice(0, turn)];
    const reasons = order.map(({ settings }) => cannotPlay(SCENARIOS[name] ?? noScenario(name), settings));
    const taken = order[reasons.indexOf(undefined)];
    if (taken) taken.scenarios.push(name);
    else skipped.push({ scenario: name, skipped: reasons[0] ?? '' });
  }
  return { hands, skipped };
}

/** Plays each scenario once, with unusual settings, on memory disks. @returns the exit code */
export async function playMatrix(
  { seed, verbose }: Pick<Playing, 'seed' | 'verbose'>,
  player: Player,
  out: NodeJS.WriteStream,
): Promise<number> {
  const { hands, skipped } = deal(seed);
  const outcomes: Outcome[] = [];
  out.write(`${hands.length} settings, seed ${seed}, memory disks\n`);
  for (const { about, settings, scenarios } of hands) {
    const context = { [CONTEXT_KEY]: JSON.stringify(settings) };
    out.write(`\n${about}: ${context[CONTEXT_KEY]}\n`);
    for (const name of scenarios) {
      const played = await player.play(name, { seed, verbose, disks: DISK_KIND.memory, context, brief: true });
      if ('skipped' in played) throw new Error(`${name} was dealt to settings that it cannot be played with`);
      outcomes.push(played);
      out.write(`${played.ok ? 'kept  ' : 'BROKEN'}  ${name}\n`);
    }
  }
  out.write(summary(outcomes, skipped));
  return outcomes.every((o) => o.ok) && outcomes.length > 0 ? EXIT.ok : EXIT.failed;
}

function noScenario(name: string): never {
  throw new Error(`no scenario ${name}`);
}

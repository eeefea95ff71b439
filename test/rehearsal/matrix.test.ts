import { describe, expect, test } from '@jest/globals';
import { SCENARIOS } from '../../rehearsal/scenarios/index.ts';
import { deal } from '../../rehearsal/world/matrix.ts';
import { cannotPlay } from '../../rehearsal/world/settings.ts';
import { UNUSUAL } from '../../rehearsal/world/unusual.ts';
import { node } from './child.ts';

const ALL = Object.keys(SCENARIOS).filter((name) => SCENARIOS[name]?.notYet === undefined);
const ROWS = UNUSUAL.map(({ name }) => name);
const whole = { rows: ROWS, scenarios: undefined, each: ALL.length };

describe('the matrix', () => {
  test('deals each scenario to one of the settings, about as many to each, and only what can be played', () => {
    const { hands, skipped } = deal(whole, 1);
    const dealt = hands.flatMap((hand) => hand.scenarios);
    expect([...dealt, ...skipped.map((s) => s.scenario)].sort()).toEqual([...ALL].sort());
    for (const { scenarios, settings } of hands) {
      expect(Math.abs(scenarios.length - ALL.length / ROWS.length)).toBeLessThanOrEqual(3);
      for (const name of scenarios) expect(cannotPlay(SCENARIOS[name] as never, settings)).toBeUndefined();
    }
    expect(skipped).toEqual([]);
  });

  test('is the same for the same seed, and another for another', () => {
    expect(deal(whole, 7)).toEqual(deal(whole, 7));
    expect(deal(whole, 7)).not.toEqual(deal(whole, 8));
  });

  test('of some settings or so many scenarios is a part of the whole', () => {
    const { hands } = deal({ ...whole, rows: ['web', 'hourly'], each: 2 }, 1);
    const of = (name: string) =>
      deal(whole, 1)
        .hands.find((hand) => hand.name === name)
        ?.scenarios.slice(0, 2);
    expect(hands.map(({ name, scenarios }) => ({ name, scenarios }))).toEqual([
      { name: 'hourly', scenarios: of('hourly') },
      { name: 'web', scenarios: of('web') },
    ]);
  });

  test('gives scenarios that are named to each of the settings, and says where that cannot be', () => {
    const { hands, skipped } = deal({ ...whole, rows: ['largest', 'web'], scenarios: ['growth', 'full'] }, 1);
    const played = Object.fromEntries(hands.map(({ name, scenarios }) => [name, [...scenarios].sort()]));
    expect(played).toEqual({ largest: ['full'], web: ['full', 'growth'] });
    expect(skipped).toEqual([{ scenario: 'growth, largest', skipped: expect.stringContaining('it grows huge to ') }]);
  });

  test('as a command gives one JSON document, with what plays each of it again', () => {
    const ended = node('rehearsal/main.ts', [
      '--matrix',
      '--with',
      'one-volume',
      '--scenario',
      'stuck-attach',
      '--json',
    ]);
    const outcomes = JSON.parse(ended.stdout);
    expect({ code: ended.code, played: outcomes.length }).toEqual({ code: 0, played: 1 });
    expect(outcomes[0]).toMatchObject({ scenario: 'stuck-attach', ok: true, disks: 'memory' });
    expect(JSON.parse(outcomes[0].context.remount)).toEqual(
      UNUSUAL.find(({ name }) => name === 'one-volume')?.settings,
    );
  });

  test('with nothing to play is wrong usage', () => {
    expect(node('rehearsal/main.ts', ['--matrix', '--with', 'largest', '--scenario', 'growth']).code).toBe(2);
  });
});

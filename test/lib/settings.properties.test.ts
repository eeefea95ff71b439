import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SettingsError } from '../../lib/props/refusal.ts';
import { readSettings } from '../../lib/stack/settings.ts';

/** What is thrown, whatever it is; `undefined` where nothing is. */
function thrownBy(context: unknown): unknown {
  try {
    readSettings(context);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('whatever JSON comes', () => {
  /** JSON that comes near to settings: their names, with anything in them. */
  const near = fc.letrec((tie) => ({
    volume: fc.record(
      {
        name: any('alpha', 'beta'),
        sizeGiB: any(1, 100),
        zone: any('eu-west-1a'),
        iops: any(3000),
        throughputMiBs: any(125),
      },
      { requiredKeys: [] },
    ),
    settings: fc.record(
      {
        stackName: any('Shop'),
        region: any('eu-west-1', 'us-east-1'),
        zones: fc.oneof(
          fc.shuffledSubarray(['eu-west-1a', 'eu-west-1b', 'eu-west-1c'], { minLength: 2 }),
          fc.jsonValue(),
        ),
        instancesPerZone: any(2),
        volumes: fc.oneof(fc.array(tie('volume')), fc.jsonValue()),
        snapshots: fc.oneof(fc.record({ perHour: any(4), keepHours: any(24) }, { requiredKeys: [] }), fc.jsonValue()),
        alertEmail: any('a@example.com'),
      },
      { requiredKeys: [] },
    ),
  })).settings;

  function any(...fine: unknown[]): fc.Arbitrary<unknown> {
    return fc.oneof({ weight: 40, arbitrary: fc.constantFrom(...fine) }, { weight: 1, arbitrary: fc.jsonValue() });
  }

  function check(context: unknown): void {
    const error = thrownBy(context);
    if (error === undefined) return;
    expect(error).toBeInstanceOf(SettingsError);
    expect((error as Error).message).toMatch(/^[^\n\r]+: received [^\n\r]+; (allowed: |no such setting; )[^\n]+$/);
  }

  test('nothing but a SettingsError of one line is thrown', () => {
    fc.assert(fc.property(fc.oneof(near, fc.jsonValue(), fc.string(), fc.json()), check), { numRuns: 500 });
  });

  test('what is taken is taken again as it is: every setting has its value', () => {
    let taken = 0;
    const again = (context: unknown) => {
      if (thrownBy(context) !== undefined) return;
      taken++;
      const settings = readSettings(context);
      expect(readSettings(JSON.stringify(settings))).toEqual(settings);
    };
    fc.assert(fc.property(near, again), { numRuns: 1000 });
    expect(taken).toBeGreaterThan(5);
  });
});

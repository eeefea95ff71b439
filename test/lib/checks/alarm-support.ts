import { expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { findings } from './support.ts';

export type Build = (stack: Stack) => unknown;
export type Case = readonly [name: string, build: Build];
export type BadCase = readonly [name: string, build: Build, says: RegExp];

/** What is said of an app with this in its stack. */
export const alarmFindings = (build: Build) => findings((stack) => void build(stack));

/** The three tables of a rule on the alarm of {@link alarm}. */
export function alarmRule(
  id: string,
  good: readonly Case[],
  bad: readonly BadCase[],
  unknown: readonly BadCase[],
): void {
  test.each(good)('good: %s', (_, build) => expect(alarmFindings(build)).toEqual([]));
  test.each(bad)('bad: %s', (_, build, says) => {
    const found = alarmFindings(build);
    expect(found.map((line) => line.split(': ')[0])).toEqual([`Resilience-${id} at Other/Alarm`]);
    expect(found[0]).toMatch(says);
  });
  test.each(unknown)('cannot be judged: %s', (_, build, says) => {
    const found = alarmFindings(build);
    expect(found).toContainEqual(
      expect.stringMatching(new RegExp(`^Resilience-${id}\\[CannotBeJudged\\] at Other/Alarm: `)),
    );
    expect(found.join()).toMatch(says);
  });
}

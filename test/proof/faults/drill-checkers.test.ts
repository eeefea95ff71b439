import { describe, expect, test } from '@jest/globals';
import { EXIT } from '../../../contract/contract.ts';
import { drillsGiveWay, drillsHoldNoLease, mountedOnce } from '../../../proof/faults/checkers/drills.ts';
import type { Event, Happening } from '../../../simulator/aws/account/happening.ts';
import type { Ran } from '../../../simulator/aws/ssm/ssm.ts';

const SECOND = 1000;
const CHECKED = 'vol-0cccccccc';
const SPARE = 'vol-0aaaaaaaa';

/** A command that began and ended at these seconds, on host A unless said otherwise. */
function ran(verb: string, volumeId: string, beganAt: number, endedAt: number, over: Partial<Ran> = {}): Ran {
  return {
    verb,
    volumeId,
    instanceId: 'i-a',
    sentAt: (beganAt - 1) * SECOND,
    beganAt: beganAt * SECOND,
    endedAt: endedAt * SECOND,
    exitCode: EXIT.ok,
    ...over,
  };
}
const ec2 = (at: number, event: Event): Happening => ({ at: at * SECOND, who: 'ec2', what: 'in words', event });

describe('a drill gives way', () => {
  const stopped = ran('check', CHECKED, 0, 60, { exitCode: EXIT.interrupted });

  test('to a mount that is quick and ends the check', () => {
    expect(drillsGiveWay([stopped, ran('mount', SPARE, 59, 60), ran('verify', SPARE, 61, 62)]).kept).toBe(true);
  });

  test.each([
    ['a mount that takes as long as the check', [ran('check', CHECKED, 0, 400), ran('mount', SPARE, 30, 401)]],
    ['a probe that is slow beside the check', [ran('check', CHECKED, 0, 400), ran('probe', '', 30, 45)]],
    ['a check that goes on after a mount', [ran('check', CHECKED, 0, 400), ran('mount', SPARE, 30, 31)]],
    ['a check that goes on after serving', [ran('check', CHECKED, 0, 400), ran('serve', SPARE, 30, 31)]],
    ['a check that goes on after a release', [ran('check', CHECKED, 0, 400), ran('release', CHECKED, 30, 31)]],
  ])('and %s is seen', (_, commands) => {
    expect(drillsGiveWay(commands).kept).toBe(false);
  });

  test.each([
    ['on another host', [ran('check', CHECKED, 0, 400, { instanceId: 'i-b' }), ran('mount', SPARE, 30, 60)]],
    ['before the check', [ran('check', CHECKED, 30, 400), ran('mount', SPARE, 10, 29)]],
    ['that says itself that the volume hangs', [stopped, ran('release', SPARE, 1, 60, { exitCode: EXIT.timeout })]],
    ['that only looks', [ran('check', CHECKED, 0, 400), ran('probe', '', 30, 31)]],
  ])('but not to a command %s', (_, commands) => {
    expect(drillsGiveWay(commands).kept).toBe(true);
  });
});

describe('a heal that does not get its lease', () => {
  const heals = new Set(['heal-1', 'heal-2']);

  test('waits for another heal', () => {
    expect(drillsHoldNoLease([{ healId: 'heal-2', holder: 'heal-1', at: 0 }], heals).kept).toBe(true);
  });

  test.each(['drill-1', 'nobody'])('and waits for %s: seen', (holder) => {
    const judged = drillsHoldNoLease([{ healId: 'heal-2', holder, at: 0 }], heals);
    expect(judged).toMatchObject({ kept: false, seen: `heal-2 waited for ${holder}, which is no heal` });
  });
});

describe('a volume is mounted', () => {
  const onB = { instanceId: 'i-b' } as const;

  test.each<[string, Ran[], Happening[]]>([
    ['on two hosts', [ran('mount', SPARE, 1, 2), ran('mount', SPARE, 3, 4, onB)], []],
    [
      'on two hosts, for the other one was detached',
      [ran('mount', SPARE, 1, 2), ran('mount', SPARE, 5, 6, onB)],
      [ec2(3, { kind: 'detached', volumeId: CHECKED, instanceId: 'i-a' })],
    ],
    [
      'on two hosts, for the release failed',
      [ran('mount', SPARE, 1, 2), ran('release', SPARE, 3, 4, { exitCode: EXIT.busy }), ran('mount', SPARE, 5, 6, onB)],
      [],
    ],
    [
      'on two hosts, for the first is only stopping',
      [ran('mount', SPARE, 1, 2), ran('mount', SPARE, 5, 6, onB)],
      [ec2(3, { kind: 'instance', instanceId: 'i-a', state: 'stopping' })],
    ],
    ['in the middle of its check', [ran('check', SPARE, 0, 100), ran('mount', SPARE, 3, 4)], []],
  ])('%s: seen', (_, commands, log) => {
    expect(mountedOnce(commands, log)).toMatchObject({ kept: false, seen: expect.stringContaining(SPARE) });
  });

  test.each<[string, Ran[], Happening[]]>([
    ['twice on one host', [ran('mount', SPARE, 1, 2), ran('mount', SPARE, 3, 4)], []],
    [
      'after it was released',
      [ran('mount', SPARE, 1, 2), ran('release', SPARE, 3, 4), ran('mount', SPARE, 5, 6, onB)],
      [],
    ],
    [
      'after it was detached',
      [ran('mount', SPARE, 1, 2), ran('mount', SPARE, 5, 6, onB)],
      [ec2(3, { kind: 'detached', volumeId: SPARE, instanceId: 'i-a' })],
    ],
    [
      'after its host was stopped',
      [ran('mount', SPARE, 1, 2), ran('mount', SPARE, 5, 6, onB)],
      [ec2(3, { kind: 'instance', instanceId: 'i-a', state: 'stopped' })],
    ],
    [
      'where the first mount failed',
      [ran('mount', SPARE, 1, 2, { exitCode: EXIT.busy }), ran('mount', SPARE, 5, 6, onB)],
      [],
    ],
    [
      'after its check was stopped',
      [ran('check', SPARE, 0, 4, { exitCode: EXIT.interrupted }), ran('mount', SPARE, 3, 4)],
      [],
    ],
  ])('%s: fine', (_, commands, log) => {
    expect(mountedOnce(commands, log).kept).toBe(true);
  });
});

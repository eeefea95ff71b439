import { describe, expect, test } from '@jest/globals';
import { type Floor, floorOf } from '../../../proof/bench/floor.ts';
import type { CallRecord } from '../../../simulator/aws/account/cloud.ts';
import type { Happening } from '../../../simulator/aws/account/happening.ts';
import type { Services } from '../../../simulator/aws/account/services.ts';
import type { Ran } from '../../../simulator/aws/ssm/ssm.ts';

/** One recovery with round figures, in milliseconds from the blow: the alarm has started the function at 15,000. */
const BEGUN = 15_000;
const HEALTHY = 40_000;
const CHECK = { intervalMs: 5000, threshold: 2 };

function call(operation: string, at: number, tookMs: number, over: Partial<CallRecord> = {}): CallRecord {
  return { principal: 'HealerRole', service: 'x', furtherPage: false, result: 'ok', operation, at, tookMs, ...over };
}

function healthy(at: number, instanceId: string): Happening {
  const event = { kind: 'health', instanceId, state: 'healthy', path: '/healthz/alpha' } as const;
  return { at, who: 'elb', what: 'in words', event };
}

/** Each was sent in 100 ms, and its answer fetched in 80; between them there is time that the floor must leave out. */
type Command = readonly [verb: string, sentAt: number, ranMs: number];
const COMMANDS: readonly Command[] = [
  ['mount', 16_000, 1000],
  ['release', 21_000, 1200],
  ['serve', 24_000, 900],
];

interface Over {
  readonly calls?: readonly CallRecord[];
  readonly healthyAt?: number;
  readonly drain?: Command;
  /** How long the owner's probe takes. @default 900 ms: the spare is ready later */
  readonly probeMs?: number;
  /** When the spare is read. @default after its mount */
  readonly verifyAt?: number;
}

function floor(over: Over = {}): Floor {
  const asked: Command = ['probe', 16_000, over.probeMs ?? 900];
  const read: Command = ['verify', over.verifyAt ?? 18_000, 1500];
  const all = [asked, read, ...COMMANDS, ...(over.drain ? [over.drain] : [])];
  const ran: Ran[] = all.map(([verb, sentAt, ranMs]) => ({
    verb,
    instanceId: 'i-1',
    volumeId: 'vol-1',
    sentAt,
    beganAt: sentAt + 10,
    endedAt: sentAt + ranMs,
    exitCode: 0,
  }));
  const commands = all.flatMap(([, sentAt, ranMs]) => [
    call('SendCommand', sentAt, 100),
    call('GetCommandInvocation', sentAt + ranMs + 300, 80),
  ]);
  const calls = [
    call('UpdateItem', BEGUN + 500, 20),
    ...commands,
    call('UpdateItem', 23_000, 40),
    ...(over.calls ?? []),
  ].sort((a, b) => a.at - b.at);
  const log: Happening[] = [
    healthy(-1000, 'i-0'),
    { at: 0, who: 'failure', what: 'it breaks' },
    healthy(over.healthyAt ?? HEALTHY, 'i-1'),
  ];
  const begun = [
    { name: 'function-GuardFunction', at: BEGUN + 400 },
    { name: 'function-HealerFunction', at: BEGUN },
    { name: 'function-HealerFunction', at: 30_000 },
  ];
  return floorOf({ cloud: { calls }, ssm: { ran }, lambda: { begun } } as unknown as Services, log, CHECK);
}

describe('the floor of a recovery', () => {
  test('is what its parts took, without the time between them, and two checks of the load balancer', () => {
    // lease 20 + mount 1130 + verify 1630 + commit 40 + serve 950 = 3770: served at 18,770, seen at 20,000 and 25,000.
    expect(floor()).toEqual({ detection: BEGUN, all: 25_000 });
  });

  test('is that of the longer of the two: the spare is made ready, or the old owner is asked and fenced', () => {
    // probe 3580 + release 1330: 2150 more, served at 20,920.
    expect(floor({ probeMs: 3450 }).all).toBe(30_000);
  });

  test('reads what is mounted already beside its mount', () => {
    // verify 1630 alone: 1130 less, and the fence is longer by then, 1030 + 1330: 400 less, served at 18,370.
    expect(floor({ verifyAt: 16_400, healthyAt: 38_400 }).all).toBe(23_400);
    expect(floor({ healthyAt: 38_400 }).all).toBe(28_400);
  });

  test('has what the journal gives the spare once the old owner is fenced, whatever the order was', () => {
    // 730 more: served at 19,500; or 2130 more, at 20,900, and no more in time for 20,500.
    const healthyAt = 40_500;
    expect(floor({ healthyAt }).all).toBe(25_500);
    expect(floor({ healthyAt, drain: ['drain', 22_300, 600] }).all).toBe(25_500);
    expect(floor({ healthyAt, drain: ['drain', 22_300, 2000] }).all).toBe(30_500);
    expect(floor({ healthyAt, drain: ['drain', 19_600, 600] })).toEqual(floor({ healthyAt }));
  });

  test('keeps to the moments at which the load balancer looks', () => {
    expect(floor({ healthyAt: 40_200 }).all).toBe(25_200);
    expect(floor({ healthyAt: 43_700 }).all).toBe(28_700);
    expect(floor({ healthyAt: 43_800 }).all).toBe(23_800);
  });

  test('counts no call of another role, none that was refused, and none from before', () => {
    const strays = [
      call('UpdateItem', -5000, 9000),
      call('UpdateItem', BEGUN + 100, 9000, { principal: 'DrillRole' }),
      call('UpdateItem', BEGUN + 100, 9000, { result: 'ConditionalCheckFailedException' }),
    ];
    expect(floor({ calls: strays })).toEqual(floor());
  });

  test('is known for recoveries with a spare only', () => {
    const services = { cloud: { calls: [] }, ssm: { ran: [] }, lambda: { begun: [] } } as unknown as Services;
    const log = [{ at: 0, who: 'failure', what: '' }, healthy(9, 'i-1')];
    expect(() => floorOf(services, log, CHECK)).toThrow('mount: not in this run');
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { STARTS } from '../../../../contract/witness.ts';
import { type Dropped, decideStart, type Said, type Starts } from '../../../../lambda/core/witness/decide.ts';
import { onSaid, type StarterPorts } from '../../../../lambda/core/witness/start.ts';
import type { LedgerState } from '../../../../lambda/core/world/model.ts';

const NOW = Date.parse('2026-01-07T12:00:00Z');
const HOUR_MS = 3_600_000;
const said: Said = { volume: 'alpha', owner: 'i-owner', by: 'i-standby', at: NOW - 1000 };
const state = (over: Partial<LedgerState> = {}): LedgerState => ({
  generation: 3,
  currentVolume: 'vol-11111111',
  owner: 'i-owner',
  replaced: undefined,
  spare: undefined,
  lease: undefined,
  paged: undefined,
  ...over,
});
const before: Starts = { at: NOW - HOUR_MS, owner: 'i-owner', generation: 3, looks: 1 };

describe('what a standby says', () => {
  test('starts a look, which is told when the owner began to fail by no clock of a host', () => {
    expect(decideStart(said, state(), undefined, NOW)).toEqual({
      do: 'start',
      note: { at: NOW, owner: 'i-owner', generation: 3, looks: 1 },
      failedAt: NOW - 1000 - STARTS.missedMs,
    });
  });

  test.each<[Dropped, string, Partial<Said>, LedgerState | undefined, Starts | undefined]>([
    ['late', 'it is older than a minute', { at: NOW - STARTS.freshMs - 1 }, state(), undefined],
    ['otherOwner', 'the ledger names another', { owner: 'i-other' }, state(), undefined],
    ['otherOwner', 'the ledger names nobody', {}, state({ owner: undefined }), undefined],
    ['otherOwner', 'there is no such volume', {}, undefined, undefined],
    ['underWay', 'a heal has the lease', {}, state({ lease: { holder: 'h', until: NOW + 1 } }), undefined],
    ['tooSoon', 'a look was started within the minute', {}, state(), { ...before, at: NOW - 59_000 }],
    ['tooSoon', 'three found nothing', {}, state(), { ...before, at: NOW - HOUR_MS + 1, looks: 3 }],
  ])('is dropped (%s) where %s', (why, _, over, ledger, notes) => {
    expect(decideStart({ ...said, ...over }, ledger, notes, NOW)).toEqual({ do: 'drop', why });
  });

  test.each<[string, LedgerState, Starts, number]>([
    ['a lease has run out', state({ lease: { holder: 'h', until: NOW } }), before, 2],
    ['an hour is over', state(), { ...before, looks: 3 }, 4],
    ['the owner is another', state(), { ...before, at: NOW - 60_000, owner: 'i-other', looks: 30 }, 1],
    ['a heal has put another volume there', state(), { ...before, at: NOW - 60_000, generation: 2, looks: 30 }, 1],
  ])('starts one where %s', (_, ledger, notes, looks) => {
    expect(decideStart(said, ledger, notes, NOW)).toMatchObject({ do: 'start', note: { looks } });
  });

  test('whatever is said, in a day there are 26 looks', () => {
    let notes: Starts | undefined;
    let looks = 0;
    for (let now = NOW; now < NOW + 24 * HOUR_MS; now += 1000) {
      const decision = decideStart({ ...said, at: now }, state(), notes, now);
      if (decision.do === 'drop') continue;
      notes = decision.note;
      looks++;
    }
    expect(looks).toBe(26);
  });
});

describe('the starter', () => {
  let notes: Starts | undefined;
  let started: string[];
  let ports: StarterPorts;
  beforeEach(() => {
    notes = undefined;
    started = [];
    ports = {
      clock: { now: () => NOW, sleep: async () => {} },
      ledger: { read: async () => state() },
      starts: {
        read: async () => notes,
        note: async (_, next, seen) => {
          if (notes?.at !== seen?.at) return false;
          notes = next;
          return true;
        },
      },
      start: async ({ volume }, { startedAt }) => {
        started.push(`${volume} ${startedAt}`);
      },
    };
  });

  test('starts one look for what was handed over twice, at once or after each other', async () => {
    const came = await Promise.all([onSaid(ports, said), onSaid(ports, said)]);
    expect(came.sort()).toEqual(['started', 'tooSoon']);
    expect(await onSaid(ports, said)).toBe('tooSoon');
    expect(started).toEqual([`alpha ${NOW}`]);
  });

  test('fails where the healer cannot be started: it is handed over again', async () => {
    const failing = { ...ports, start: () => Promise.reject(new Error('throttled')) };
    const earlier = { at: NOW - 120_000, owner: 'i-owner', generation: 3, looks: 1 };
    for (const before of [undefined, earlier]) {
      notes = before;
      await expect(onSaid(failing, said)).rejects.toThrow('throttled');
      expect(notes?.looks ?? 0).toBe(before?.looks ?? 0);
      expect(await onSaid(ports, said)).toBe('started');
      expect(await onSaid(ports, said)).toBe('tooSoon');
      expect(notes?.looks).toBe((before?.looks ?? 0) + 1);
    }
    expect(started).toHaveLength(2);
  });
});

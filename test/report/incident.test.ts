import { describe, expect, test } from '@jest/globals';
import { pageOf } from '../../report/incident.ts';
import { incidentIn } from '../../report/record.ts';
import { BESIDE, FAILED, INCIDENT } from './sample.ts';

describe('what the page of a record says', () => {
  const page = pageOf(INCIDENT, BESIDE);

  test('counts from the alarm where nobody saw the failure itself, and says so', () => {
    expect(page.failed).toEqual({ at: FAILED + 6000, by: 'alarm' });
    expect(page.recoveryTime).toEqual({ ms: 10_400, objectiveMs: 300_000 });
    expect(page.recoveryPoint).toEqual({ at: FAILED - 2000, ms: 8000, objectiveMs: 3000, atMost: true });
  });

  test('puts each step into the lane of whoever did it, and leaves out what changes nothing', () => {
    const lanes = Object.fromEntries(page.events.map(({ what, lane }) => [what, lane]));
    expect(lanes).toMatchObject({
      'alpha is not served': 'users',
      'served again': 'users',
      serving: 'alarm',
      lease: 'healer',
      'prepare-spare': 'standby',
      fence: 'owner',
      drain: 'journal',
      serve: 'standby',
    });
    expect(lanes).not.toHaveProperty('note-fencing');
    const times = page.events.map((e) => e.at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('a volume that is mounted again where it was is served by its owner', () => {
    const mounted = { ...INCIDENT, replacement: undefined, drained: undefined, reasons: [] };
    expect(pageOf(mounted, BESIDE).events.find(({ what }) => what === 'serve')?.lane).toBe('owner');
    expect(pageOf(mounted, BESIDE).lost).toEqual({ kind: 'nothing', by: 'sameVolume' });
  });

  test('nor is nothing lost where nobody knows what the journal had', () => {
    const healed = { ...INCIDENT, replacement: undefined, outcome: 'healed', reasons: [] } as const;
    const behind = { state: 'behind', term: 2, cursor: 4 } as const;
    expect(pageOf({ ...healed, drained: behind }, BESIDE).lost).toEqual({ kind: 'open' });
    expect(pageOf({ ...healed, drained: { ...behind, missing: 0 } }, BESIDE).lost.kind).toBe('nothing');
  });

  test('has the evidence of each decision', () => {
    expect(page.decisions.map(({ what, evidence }) => `${what}: ${evidence}`)).toContain(
      'The old owner is fenced before another one serves: i-owner has released vol-1',
    );
    expect(page.decisions.at(0)).toMatchObject({ evidence: 'the probe says shutdown' });
    expect(page.decisions.at(-1)).toMatchObject({ what: 'It ends' });
  });

  test('never says that nothing was lost where nobody can know', () => {
    expect(page.lost).toEqual({ kind: 'unnamed', since: FAILED - 2000, until: FAILED + 6000, keptOn: 'vol-1' });
    const { replacement } = INCIDENT;
    const drained = { ...INCIDENT.drained, state: 'drained', term: 2, flushed: true } as const;
    expect(pageOf({ ...INCIDENT, drained }, BESIDE).lost).toEqual({ kind: 'nothing', by: 'journal' });
    expect(pageOf({ ...INCIDENT, drained: { ...drained, state: 'failed' } }, BESIDE).lost.kind).toBe('unnamed');
    expect(pageOf({ ...INCIDENT, outcome: 'paged', replacement: undefined }, BESIDE).lost.kind).toBe('open');
    expect(replacement).toBeDefined();
  });

  test('what was read back is named', () => {
    const seen = { failedAt: FAILED, servingAt: FAILED + 19_000, recoveryPointAt: FAILED - 1000, lost: ['a'] };
    const named = pageOf(INCIDENT, { ...BESIDE, seen });
    expect(named.lost).toEqual({ kind: 'named', names: ['a'], keptOn: 'vol-1' });
    expect(named).toMatchObject({
      failed: { by: 'world' },
      recoveryTime: { ms: 19_000 },
      recoveryPoint: { atMost: false },
    });
    expect(pageOf(INCIDENT, { ...BESIDE, seen: { ...seen, lost: [] } }).lost).toEqual({
      kind: 'nothing',
      by: 'compared',
    });
  });
});

describe('a record', () => {
  test('is read back as it was written', () => expect(incidentIn(JSON.stringify(INCIDENT))).toEqual(INCIDENT));
  test('of before, without reasons, is read as well', () => {
    const { reasons: _, passedOver: __, ...before } = INCIDENT;
    expect(incidentIn(JSON.stringify(before))).toMatchObject({ id: 'heal-1', reasons: [], passedOver: [] });
  });
  test.each(['', 'null', '{}', '[]', '"x"', '{"id":1}'])('is not %s', (json) =>
    expect(incidentIn(json)).toBeUndefined(),
  );
});

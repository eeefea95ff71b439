import { beforeEach, describe, expect, test } from '@jest/globals';
import { drainedReasons, notBeyond } from '../../../../lambda/core/heal/drain.ts';
import { heal } from '../../../../lambda/core/heal/heal.ts';
import type { SparePolicy } from '../../../../lambda/core/heal/spare.ts';
import { dataOf } from '../../../../lambda/core/message/data.ts';
import type { LedgerState, Observation, Spare, Trigger } from '../../../../lambda/core/world/model.ts';
import type { Ports } from '../../../../lambda/core/world/ports.ts';
import { Scene } from '../scene.ts';
import { NOW, probe, volume, world } from '../world.ts';

const ALARM: Trigger = { kind: 'alarm', volume: 'alpha', reason: 'no data', at: NOW };
const FASTER: SparePolicy = { prefer: 'faster', maxAgeMinutes: 120 };
const SPARE: Spare = { volumeId: 'vol-spare', snapshotId: 'snap-40', instanceId: 'i-standby', at: NOW - 40 * 60_000 };
const DRAIN = 'drain vol-spare on i-standby term 1';
const UP_TO = '2026-01-07T11:59:58.000Z';

let scene: Scene;
let ports: Ports;
beforeEach(() => {
  scene = new Scene();
  scene.seen = withSpare();
  ports = { ...scene.ports, journaled: true };
  scene.printed.set(DRAIN, { state: 'drained', number: '9', head: '9', files: '3', missing: '0', upTo: UP_TO });
});

/** The owner's file system is shut down, and a spare is ready. */
function withSpare(): Observation {
  const { ledger, volumes, ...rest } = world({ probe: probe('shutdown') });
  const attachments = [{ instanceId: 'i-standby', device: '/dev/sdg', state: 'attached' }] as const;
  const spare = volume({ id: 'vol-spare', role: 'spare', scheduled: false, madeFrom: 'snap-40', attachments });
  const entry = { ...(ledger as LedgerState), spare: SPARE, verifiedAt: SPARE.at };
  return { ...rest, volumes: [...volumes, spare], ledger: entry };
}

const run = (with_ = ports) => heal(scene.workflow, with_, ALARM, FASTER);
const didOf = (what: RegExp) => scene.did.filter((each) => what.test(each));
const incident = () => scene.incidents.at(-1);

test('the journal is read onto the spare after the old owner is fenced, and before the ledger names it', async () => {
  expect((await run()).outcome).toBe('healed');
  expect(didOf(/^(release vol-1|raise term|drain|commit|serve)/)).toEqual([
    'release vol-11111111',
    'raise term',
    DRAIN,
    'commit',
    'serve vol-spare',
  ]);
  expect(scene.committed).toMatchObject({ journal: { cursor: 9, head: 9 } });
  expect(scene.servedWith).toEqual([1]);
});

test('what came of it is in the record, in the reasons, and in the message: up to when all is there', async () => {
  await run();
  const drained = { state: 'drained', term: 1, cursor: 9, head: 9, files: 3, missing: 0, upTo: Date.parse(UP_TO) };
  expect(incident()).toMatchObject({ drained, replacement: { recoveryPointAt: Date.parse(UP_TO), drained } });
  expect(incident()?.reasons).toContainEqual({
    ...{ code: 'journalDrained', volumeId: 'vol-spare', number: 9, files: 3 },
    upTo: Date.parse(UP_TO),
  });
  const [message] = scene.messages;
  expect(message && dataOf(message)).toMatchObject({ drained });
  expect(scene.texts[0]).toContain(`Data reach up to ${UP_TO}`);
});

test('that the old owner has sent all that it had heard of is noted', async () => {
  scene.printed.set('release vol-11111111', { flushed: 'true' });
  await run();
  expect(incident()?.drained).toMatchObject({ flushed: true });
});

describe('whatever comes of it, content is served', () => {
  test('the host gives no answer to it', async () => {
    scene.answers.set(DRAIN, 'unreachable');
    expect((await run()).outcome).toBe('healed');
    expect(didOf(/^serve/)).toEqual(['serve vol-spare']);
    // It may be there again: what it is to write has this term.
    expect(scene.servedWith).toEqual([1]);
    expect(incident()?.drained).toEqual({ state: 'failed', term: 1, why: 'unreachable: unreachable' });
    expect(incident()?.reasons.map(({ code }) => code)).toContain('journalUnread');
    expect(scene.committed).not.toHaveProperty('journal');
  });

  test('Systems Manager refuses it, as when it throttles', async () => {
    scene.failing.add(DRAIN);
    expect((await run()).outcome).toBe('healed');
    expect(didOf(/^serve/)).toEqual(['serve vol-spare']);
    expect(incident()?.drained).toMatchObject({ state: 'failed', why: `${DRAIN} was denied` });
  });

  test('all that the journal had has expired: nobody knows how much is missing, and nobody says that it is nothing', async () => {
    scene.printed.set(DRAIN, { state: 'behind', number: '4', head: '1767787200000', files: '0' });
    await run();
    expect(incident()?.drained).not.toHaveProperty('missing');
    expect(scene.texts[0]).toContain('whatever was written after that has expired');
  });

  test('S3 does not answer: it is served unsealed, and people know by number how far it was read', async () => {
    scene.printed.set(DRAIN, { state: 'unsealed', number: '4', files: '0', missing: '0' });
    await run();
    expect(incident()?.reasons).toContainEqual({ code: 'journalUnsealed', volumeId: 'vol-spare', number: 4 });
    expect(scene.committed).toMatchObject({ journal: { cursor: 4 } });
    expect(scene.committed?.journal).not.toHaveProperty('head');
    expect(scene.texts[0]).toContain('S3 did not answer');
  });
});

test('without a journal there is no step, no term and no word of it', async () => {
  expect((await run(scene.ports)).outcome).toBe('healed');
  expect(didOf(/^(raise term|drain)/)).toEqual([]);
  expect(scene.servedWith).toEqual([undefined]);
  expect(incident()?.steps.map(({ name }) => name)).not.toContain('drain');
  expect(JSON.stringify(scene.incidents)).not.toContain('journal');
});

test('a volume that moves is drained on its new owner, with a term of its own', async () => {
  const gone = world({ probe: undefined });
  scene.seen = {
    ...gone,
    instances: gone.instances.map((i) => (i.id === 'i-owner' ? { ...i, state: 'stopped' } : i)),
  };
  await run();
  expect(didOf(/^(raise term|drain|commit|serve)/)).toEqual([
    'raise term',
    'drain vol-11111111 on i-standby term 1',
    'commit',
    'serve vol-11111111',
  ]);
  expect(scene.servedWith).toEqual([1]);
});

test('what came of it is in the reasons where the ledger falls silent once it serves', async () => {
  const moves = 'drain vol-11111111 on i-standby term 1';
  scene.printed.set(moves, { state: 'unsealed', number: '4', files: '0', missing: '0' });
  const gone = world({ probe: undefined });
  scene.seen = {
    ...gone,
    instances: gone.instances.map((i) => ({ ...i, state: i.id === 'i-owner' ? 'stopped' : i.state })),
  };
  const { serve } = ports.host;
  ports.host.serve = async (...at) => {
    scene.seen = { ...scene.seen, probe: probe('serving', 'i-standby') };
    ports.ledger.acquire = async () => {
      throw Object.assign(new Error('no answer'), { unanswered: 'DynamoDB' });
    };
    return serve(...at);
  };
  expect(await run()).toMatchObject({ outcome: 'healed' });
  expect(incident()?.reasons.map(({ code }) => code)).toEqual(['servedBy', 'journalUnsealed', 'unanswered']);
});

test('of a heal that mounts a volume and replaces it then, what is on record is of the one that serves', async () => {
  scene.printed.set('drain vol-11111111 on i-owner term 1', {
    state: 'drained',
    number: '4',
    files: '0',
    missing: '0',
  });
  scene.printed.set('drain vol-new1 on i-standby term 2', { state: 'drained', number: '9', head: '9', upTo: UP_TO });
  scene.seen = world({ probe: probe('notMounted'), reachableOn: [] });
  const { probe: probed } = ports.host;
  ports.host.probe = async (at, ...of) => {
    const said = await probed(at, ...of);
    return at === 'i-owner' && said.state === 'serving' ? probe('shutdown') : said;
  };
  expect(await run()).toMatchObject({ outcome: 'healed' });
  expect(scene.committed).toMatchObject({ currentVolume: 'vol-new1' });
  expect(incident()).toMatchObject({ drained: { cursor: 9 }, replacement: { drained: { cursor: 9 } } });
});

describe('what is said of it', () => {
  test.each([
    ['drained', 'journalDrained'],
    ['behind', 'journalBehind'],
    ['unsealed', 'journalUnsealed'],
    ['none', 'journalUnread'],
    ['failed', 'journalUnread'],
  ] as const)('%s: %s', (state, code) => {
    expect(drainedReasons('vol-2', { state, term: 3, cursor: 7, missing: 2 })).toMatchObject([
      { code, volumeId: 'vol-2' },
    ]);
  });
});

test('where all that stood there has expired nobody counts what is missing', () => {
  const [reason] = drainedReasons('vol-2', { state: 'behind', term: 3, cursor: 7 });
  expect(reason).toEqual({ code: 'journalBehind', volumeId: 'vol-2', number: 7 });
});

test('a volume that took over unnoticed, and is read once more, has all up to what it reached then', () => {
  const drained = { state: 'drained', term: 3, cursor: 9, upTo: NOW } as const;
  const replaced = { newVolume: 'vol-2', recoveryPointAt: NOW - 60_000 } as const;
  expect(notBeyond(drained, replaced, 'vol-2')).toEqual({ ...drained, upTo: NOW - 60_000 });
  expect(notBeyond(drained, replaced, 'vol-3')).toEqual(drained);
  expect(notBeyond(drained, undefined, 'vol-2')).toEqual(drained);
  expect(notBeyond(undefined, replaced, 'vol-2')).toBeUndefined();
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { ENV, TAG } from '../../../contract/contract.ts';
import type { SnapshotId } from '../../../contract/ids.ts';
import type { LedgerEntry, Replaced, Spare } from '../../../lambda/core/world/model.ts';
import type { Workflow } from '../../../lambda/core/world/ports.ts';
import { driller, drillPortsOf } from '../../../lambda/drill/index.ts';
import { volume } from '../core/world.ts';
import { DrillLab } from './drill.lab.ts';

let lab: DrillLab;
beforeEach(() => {
  lab = new DrillLab();
});

const like = volume({
  sizeGiB: 10,
  keyArn: undefined,
  tags: {
    [TAG.stack]: 'Shop',
    [TAG.volume]: 'alpha',
    [TAG.schedule]: 'hourly/Shop',
    [TAG.heal]: 'heal-0',
    [TAG.drill]: 'drill-0',
    [TAG.verdict]: 'verified',
    Name: 'Shop/alpha',
    team: 'content',
  },
});
const scratch = (snapshotId: SnapshotId) =>
  lab.within(() => lab.ports.store.createScratch(like, snapshotId, 'drill-1'));
const volumesFrom = (snapshotId: string) =>
  [...lab.ec2.volumes.values()].filter((v) => v.snapshotId === snapshotId && v.state !== 'deleting').map((v) => v.id);

describe('the volume of a drill', () => {
  test('says whose it is and what for, has what a team has tagged, and is in no schedule', async () => {
    const id = await scratch(await lab.copy());
    expect(lab.tagsOf(id)).toEqual({
      [TAG.stack]: 'Shop',
      [TAG.volume]: 'alpha',
      [TAG.generation]: '1',
      [TAG.role]: 'scratch',
      [TAG.drill]: 'drill-1',
      Name: 'Shop/alpha',
      team: 'content',
    });
    expect(lab.ec2.volumes.get(id)).toMatchObject({ state: 'available', encrypted: true, zone: like.zone });
  });

  test.each([
    ['250', 250],
    ['0', undefined],
  ])('is loaded at the rate of the setting: %s', async (rate, value) => {
    const asked: unknown[] = [];
    const snapshotId = await lab.copy();
    lab.cloud.intercept = async ({ operation, input }, perform) => {
      if (operation === 'CreateVolume') asked.push((input as Record<string, unknown>).VolumeInitializationRate);
      return perform();
    };
    const { store } = drillPortsOf({ ...lab.runtime, env: { ...lab.runtime.env, [ENV.initializationRate]: rate } });
    await lab.within(() => store.createScratch(like, snapshotId, 'drill-1'));
    expect(asked).toEqual([value]);
  });

  test('is one, when the step runs twice, and when the answer to the call is lost', async () => {
    const snapshotId = await lab.copy();
    let lost = 0;
    lab.cloud.intercept = async ({ operation }, perform) => {
      const output = perform();
      if (operation === 'CreateVolume' && lost++ === 0)
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
      return output;
    };
    const first = await scratch(snapshotId);
    expect(await scratch(snapshotId)).toBe(first);
    expect(lost).toBe(3);
    expect(volumesFrom(snapshotId)).toEqual([first]);
  });

  test('is a spare by its role alone', async () => {
    const id = await scratch(await lab.copy());
    const before = lab.tagsOf(id);
    await lab.within(() => lab.ports.store.makeSpare(id));
    expect(lab.tagsOf(id)).toEqual({ ...before, [TAG.role]: 'spare' });
  });

  test('is discarded by its role alone, and once more, or when it is gone, does no harm', async () => {
    const id = await scratch(await lab.copy());
    const before = lab.tagsOf(id);
    for (let n = 0; n < 2; n++) await lab.within(() => lab.ports.store.discard(id));
    expect(lab.tagsOf(id)).toEqual({ ...before, [TAG.role]: 'discarded' });
    await lab.call('DeleteVolume', { VolumeId: id });
    await lab.pass(600);
    await lab.within(() => lab.ports.store.discard(id));
    expect(lab.ec2.volumes.has(id)).toBe(false);
  });
});

test('the volumes of all content volumes of the stack are seen, and no others', async () => {
  const make = async (stack: string, name: string) =>
    lab.made({
      TagSpecifications: [
        {
          ResourceType: 'volume',
          Tags: [
            { Key: TAG.stack, Value: stack },
            { Key: TAG.volume, Value: name },
          ],
        },
      ],
    });
  const ours = [await make('Shop', 'alpha'), await make('Shop', 'beta')];
  await make('Other', 'alpha');
  await lab.pass(60);
  const found = await lab.within(() => lab.ports.compute.neighbours());
  expect(found.map((v) => [v.id, v.of]).sort()).toEqual(
    [
      [ours[0], 'alpha'],
      [ours[1], 'beta'],
    ].sort(),
  );
});

describe('a verdict', () => {
  const AT = Date.parse('2026-01-07T01:00:00Z');
  const COUNTS = { files: 12, stored: 4096, manifests: 2 };

  test('of a sound copy: when it was drilled, and what its data reach up to', async () => {
    const id = await lab.copy();
    await lab.within(() =>
      lab.ports.store.verify(id, AT, { dataUntil: AT - 60_000, read: '11 of 12 files', counts: COUNTS }),
    );
    expect(lab.tagsOf(id)).toMatchObject({
      [TAG.verdict]: 'verified',
      [TAG.drilledAt]: '2026-01-07T01:00:00.000Z',
      [TAG.dataUntil]: '2026-01-07T00:59:00.000Z',
      [TAG.filesRead]: '11 of 12 files',
      [TAG.content]: 'files=12 stored=4096 manifests=2',
    });
  });

  test('of a sound copy stays, where it is kept because content fell after it', async () => {
    const id = await lab.copy();
    await lab.within(() => lab.ports.store.keep(id, AT));
    expect(lab.tagsOf(id)).toMatchObject({ [TAG.verdict]: 'verified', [TAG.keptUntil]: '2026-01-07T01:00:00.000Z' });
  });

  test('of a damaged one: the finding, as far as a tag takes it', async () => {
    const id = await lab.copy();
    await lab.within(() =>
      lab.ports.store.reject(id, AT, `corrupt: "agf_freeblks" 12, counted 13; ${'x'.repeat(300)}`),
    );
    const { [TAG.verdict]: verdict, [TAG.finding]: finding = '' } = lab.tagsOf(id);
    expect(verdict).toBe('rejected');
    expect(finding).toMatch(/^corrupt: {2}agf_freeblks {2}12 {2}counted 13 {2}x+$/);
    expect(finding.length).toBeLessThanOrEqual(256);
  });

  test('is what the healer reads of it', async () => {
    const Tags = [
      { Key: TAG.stack, Value: 'Shop' },
      { Key: TAG.volume, Value: 'alpha' },
    ];
    const VolumeId = await lab.made({ TagSpecifications: [{ ResourceType: 'volume', Tags }] });
    const { SnapshotId } = await lab.call('CreateSnapshot', {
      VolumeId,
      TagSpecifications: [{ ResourceType: 'snapshot', Tags }],
    });
    const verdicts = async () =>
      (await lab.within(() => lab.ports.compute.recoveryPoints('alpha'))).map((p) => p.verdict);
    expect(await verdicts()).toEqual([undefined]);
    await lab.within(() =>
      lab.ports.store.verify(lab.ec2.snapshot(String(SnapshotId)).id, AT, { dataUntil: AT, read: '', counts: COUNTS }),
    );
    await lab.pass(60);
    expect(await verdicts()).toEqual(['verified']);
    // And what it may not be smaller than that is made from it.
    const [point] = await lab.within(() => lab.ports.compute.recoveryPoints('alpha'));
    expect(point).toMatchObject({ counts: COUNTS, drilledAt: AT });
    expect(point?.keptUntil).toBeUndefined();
    expect(point?.sizeGiB).toBe(lab.ec2.volume(VolumeId).sizeGiB);
  });
});

describe('in the ledger', () => {
  test('what was remarked of copies is as it was written, and nothing at first', async () => {
    const read = () => lab.within(() => lab.ports.ledger.readRemarks('alpha'));
    expect(await read()).toEqual({ incomplete: 0, notifiedIncomplete: false, notifiedUnreadable: 0, notifiedOdd: 0 });
    const remarks = { incomplete: 3, notifiedIncomplete: true, notifiedUnreadable: 7, notifiedOdd: 3 };
    await lab.within(() => lab.ports.ledger.writeRemarks('alpha', remarks));
    expect(await read()).toEqual(remarks);
  });

  const NOW = Date.parse('2026-01-07T00:10:00Z');
  const SPARE: Spare = { volumeId: 'vol-22222222', snapshotId: 'snap-1', instanceId: 'i-2', at: NOW - 600_000 };
  const REPLACED: Replaced = {
    oldVolume: 'vol-00000001',
    newVolume: 'vol-00000002',
    snapshotId: 'snap-00000001',
    owner: 'i-2',
    recoveryPointAt: 1,
    files: 2,
  };
  const ENTRY: LedgerEntry = { generation: 1, currentVolume: 'vol-11111111', owner: 'i-1' };
  const heal = (until = NOW + 900_000) => lab.within(() => lab.heals.acquire('alpha', 'heal-1', NOW, until));
  const drill = (holder: string, now = NOW) =>
    lab.within(() => lab.ports.ledger.acquireDrill('alpha', holder, now, now + 60_000));
  const note = (now = NOW) => lab.within(() => lab.ports.ledger.noteSpare('alpha', now, SPARE));
  const read = () => lab.within(() => lab.heals.read('alpha'));

  test('drills keep each other out, until the lease is given back or runs out', async () => {
    expect(await drill('drill-1')).toBe(true);
    expect(await drill('drill-1')).toBe(true);
    expect(await drill('drill-2')).toBe(false);
    await lab.within(() => lab.ports.ledger.releaseDrill('alpha', 'drill-2'));
    expect(await drill('drill-2')).toBe(false);
    expect(await drill('drill-2', NOW + 61_000)).toBe(true);
    await lab.within(() => lab.ports.ledger.releaseDrill('alpha', 'drill-1'));
    await lab.within(() => lab.ports.ledger.releaseDrill('alpha', 'drill-2'));
    expect(await drill('drill-3')).toBe(true);
  });

  test('other content volumes see whether a drill is under way', async () => {
    const isDrilled = (now = NOW) => lab.within(() => lab.ports.ledger.isDrilled('alpha', now));
    expect(await isDrilled()).toBe(false);
    await drill('drill-1');
    expect([await isDrilled(), await isDrilled(NOW + 61_000)]).toEqual([true, false]);
    await lab.within(() => lab.ports.ledger.releaseDrill('alpha', 'drill-1'));
    expect(await isDrilled()).toBe(false);
  });

  test('a drill never keeps a heal out, nor the other way round', async () => {
    expect(await drill('drill-1')).toBe(true);
    expect((await heal())?.lease?.holder).toBe('heal-1');
    expect((await read())?.lease?.holder).toBe('heal-1');
    await lab.within(() => lab.ports.ledger.releaseDrill('alpha', 'drill-1'));
    expect(await drill('drill-2')).toBe(true);
    expect((await read())?.lease?.holder).toBe('heal-1');
  });

  test('the spare is noted, and read by the healer', async () => {
    expect(await note()).toBe(true);
    expect(await read()).toMatchObject({ spare: SPARE });
  });

  test('not while a heal has the lease; once that has run out, it is', async () => {
    await heal(NOW + 60_000);
    expect(await note(NOW + 1000)).toBe(false);
    expect((await read())?.spare).toBeUndefined();
    expect(await note(NOW + 61_000)).toBe(true);
  });

  test.each([
    [REPLACED, undefined],
    [undefined, SPARE],
  ])('a commit of what took over (%o) leaves %o', async (replaced, left) => {
    await note();
    await heal();
    await lab.within(() => lab.heals.commit('alpha', 'heal-1', NOW, ENTRY, replaced));
    expect(await read()).toMatchObject(ENTRY);
    expect((await read())?.spare).toEqual(left);
    expect((await read())?.replaced).toEqual(replaced);
    // That it serves is said, and not what took over.
    await lab.within(() => lab.heals.noteServed('alpha'));
    expect((await read())?.replaced).toEqual(replaced);
  });

  test('what took over is to be reported, until that very volume was', async () => {
    await heal();
    await lab.within(() => lab.heals.commit('alpha', 'heal-1', NOW, ENTRY, REPLACED));
    await lab.within(() => lab.heals.noteServed('alpha', 'vol-before'));
    expect((await read())?.replaced).toEqual(REPLACED);
    await lab.within(() => lab.heals.noteServed('alpha', ENTRY.currentVolume));
    expect((await read())?.replaced).toBeUndefined();
  });

  test('what people were notified of damage is kept, and that it is over', async () => {
    const { readDrillNote, writeDrillNote } = lab.ports.ledger;
    expect(await lab.within(() => readDrillNote('alpha'))).toBeUndefined();
    await drill('drill-1');
    expect(await lab.within(() => readDrillNote('alpha'))).toBeUndefined();
    const notified = { about: 'altered', at: NOW, of: NOW - 1, files: ['courses/a b/"x".html'] };
    for (const note of [notified, { about: undefined, at: NOW + 1, of: NOW - 1, files: [] }]) {
      await lab.within(() => writeDrillNote('alpha', note));
      expect(await lab.within(() => readDrillNote('alpha'))).toEqual(note);
    }
    expect(await drill('drill-2')).toBe(false);
  });

  test('drills are counted, each content volume’s apart, whoever has the lease', async () => {
    const count = (volume: string) => lab.within(() => lab.ports.ledger.countDrill(volume));
    expect([await count('alpha'), await count('alpha'), await count('beta')]).toEqual([1, 2, 1]);
    expect(await drill('drill-1')).toBe(true);
    expect(await count('alpha')).toBe(3);
    expect(await drill('drill-2')).toBe(false);
  });

  test('the newest verified snapshot is noted by its id, and an older one changes nothing', async () => {
    for (const [id, at] of [
      ['snap-1', NOW],
      ['snap-2', NOW + 1],
      ['snap-0', NOW - 1],
    ] as const)
      await lab.within(() => lab.ports.ledger.noteVerified('alpha', id, at));
    expect(await read()).toMatchObject({ verifiedAt: NOW + 1, verifiedSnapshot: 'snap-2' });
  });

  test('each drill leaves a record, in the order of their times', async () => {
    const record = { volume: 'alpha', snapshotId: 'snap-1', outcome: 'verified', summary: 'sound', steps: [] } as const;
    for (const [id, startedAt] of [
      ['b', NOW],
      ['a', NOW + 1000],
    ] as const)
      await lab.within(() => lab.ports.ledger.recordDrill({ ...record, id, startedAt, endedAt: startedAt + 1 }));
    const keys = lab.dynamodb.all().map((item) => (item.sk as { S: string }).S);
    expect(keys).toEqual(['DRILL#2026-01-07T00:10:00.000Z#b', 'DRILL#2026-01-07T00:10:01.000Z#a']);
    expect(lab.dynamodb.all()[0]).toMatchObject({ outcome: { S: 'verified' }, summary: { S: 'sound' } });
  });
});

test('the metrics of a drill go out in one call, in the namespace of the stack, by the logical volume', async () => {
  const inputs: unknown[] = [];
  lab.cloud.offer('cloudwatch', { PutMetricData: (input) => inputs.push(input) && {} });
  const at = Date.parse('2026-01-07T00:10:00Z');
  const drilled = { volume: 'alpha', passed: false, coverage: 25, complete: false, seconds: 90, at };
  await lab.within(() => lab.ports.metrics.publish(drilled));
  const datum = (MetricName: string, Value: number) => ({
    MetricName,
    Dimensions: [{ Name: 'Volume', Value: 'alpha' }],
    Timestamp: new Date(at),
    Value,
  });
  const MetricData = [
    datum('DrillPassed', 0),
    datum('DrillCoverage', 25),
    datum('DrillComplete', 0),
    datum('DrillDuration', 90),
  ];
  expect(inputs).toEqual([{ Namespace: 'Remount/Shop', MetricData }]);
});

describe('an event', () => {
  const workflow: Workflow = { step: async (_, run) => run(), pause: async () => {} };

  test.each([[null], [{}], [{ drill: '' }], [{ drill: 1 }], [{ sweep: 'alpha' }]])('%j is refused', async (event) => {
    await expect(driller(lab.runtime)(workflow, event)).rejects.toThrow('allowed: {"drill": "<volume>"}');
  });
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { TAG, VOLUME_ROLE } from '../../../contract/contract.ts';
import { nothingForgotten, nothingNameless } from '../../../proof/faults/checkers/leftovers.ts';
import { ledgerAgrees } from '../../../rehearsal/judge/checks.ts';
import type { Stage } from '../../../rehearsal/scenarios/story/deployed-stack.ts';
import type { Strike } from '../../../rehearsal/scenarios/story/incident.ts';
import { Watch } from '../../../rehearsal/world/watch.ts';
import type { World } from '../../../rehearsal/world/world.ts';
import { Lab } from '../../simulator/aws/lab.ts';

const HOST = 'i-0aaaaaaaaaaaaaaaa';
const MINUTE_S = 60;

/** A stack with one content volume, of which the ledger says what the test says. */
class LeftoverLab extends Lab {
  item: Record<string, { S?: string; N?: string }> = {};
  served: string | undefined = HOST;
  readonly watch: Watch;
  readonly strike: Strike;

  constructor() {
    super();
    this.launch(HOST);
    const dynamodb = { all: () => [{ pk: { S: 'VOLUME#alpha' }, sk: { S: 'STATE' }, ...this.item }] };
    const services = { cloud: this.cloud, ec2: this.ec2, dynamodb };
    const stage = { physical: () => [...this.ec2.volumes.values()], servedBy: () => this.served };
    // The members that are looked at.
    const world = { services, clock: this.clock, disks: this.cloud.disks } as unknown as World;
    this.watch = new Watch(world);
    this.strike = { world, services, stage, first: { at: this.clock.now() } } as unknown as Strike;
  }

  async make(tags: Record<string, string>): Promise<string> {
    const Tags = Object.entries({ [TAG.volume]: 'alpha', ...tags }).map(([Key, Value]) => ({ Key, Value }));
    const id = await this.made({ TagSpecifications: [{ ResourceType: 'volume', Tags }] });
    this.watch.look();
    return id;
  }
}

let lab: LeftoverLab;
beforeEach(() => {
  lab = new LeftoverLab();
});
const forgotten = (left = false) => nothingForgotten(lab.strike, lab.watch, 'alpha', left);

describe('a volume is forgotten', () => {
  test.each([
    [VOLUME_ROLE.candidate, 20, 30],
    [VOLUME_ROLE.discarded, 20, 30],
    [VOLUME_ROLE.spare, 110, 120],
    [VOLUME_ROLE.scratch, 125, 135],
  ])('%s: after its time', async (role, early, late) => {
    const id = await lab.make({ [TAG.role]: role, [TAG.heal]: 'heal-1' });
    await lab.pass(early * MINUTE_S);
    expect(forgotten().kept).toBe(true);
    await lab.pass((late - early) * MINUTE_S);
    expect(forgotten().seen).toContain(`${id} is ${role}`);
    expect(forgotten(true).kept).toBe(true);
    lab.served = undefined;
    expect(forgotten().kept).toBe(true);
  });

  test('not one that the ledger names', async () => {
    const spare = await lab.make({ [TAG.role]: VOLUME_ROLE.spare });
    const current = await lab.make({ [TAG.role]: VOLUME_ROLE.candidate });
    await lab.pass(200 * MINUTE_S);
    expect(forgotten().kept).toBe(false);
    lab.item = { currentVolume: { S: current }, spare: { S: JSON.stringify({ volumeId: spare }) } };
    expect(forgotten().kept).toBe(true);
  });

  test('one that is nothing, at once; and one in quarantine that no heal put there', async () => {
    const nothing = await lab.make({});
    expect(forgotten().seen).toBe(`${nothing} is nothing`);
    Object.assign(lab.ec2.volume(nothing).tags, { [TAG.role]: VOLUME_ROLE.quarantined });
    expect(forgotten().kept).toBe(false);
    Object.assign(lab.ec2.volume(nothing).tags, { [TAG.heal]: 'heal-1' });
    expect(forgotten().kept).toBe(true);
  });
});

test.each<[string, Record<string, string>, boolean]>([
  ['of nobody', {}, false],
  ['of a content volume, and nobody ends it', { [TAG.volume]: 'alpha' }, false],
  ['of the guard', { [TAG.volume]: 'alpha', [TAG.guard]: 'true' }, true],
  ['of DLM', { 'aws:dlm:lifecycle-policy-id': 'policy-1' }, true],
  ['of a suspect', { [TAG.volume]: 'alpha', [TAG.role]: VOLUME_ROLE.quarantined, [TAG.heal]: 'heal-1' }, true],
])('a snapshot %s', async (_, tags, kept) => {
  const id = await lab.make({ [TAG.role]: VOLUME_ROLE.current });
  await lab.pass(1);
  lab.snapshots.take(id, tags);
  expect(nothingNameless(lab.strike).kept).toBe(kept);
});

describe('where nothing serves, the ledger names', () => {
  const agrees = () => ledgerAgrees(lab.strike.world, lab.strike.stage as Stage, 'alpha');
  let id: string;
  beforeEach(async () => {
    id = await lab.make({ [TAG.role]: VOLUME_ROLE.current, [TAG.generation]: '2' });
    lab.served = undefined;
    lab.item = { currentVolume: { S: id }, generation: { N: '2' }, volumeOwner: { S: HOST } };
  });

  test('a volume that is there', () => {
    expect(agrees().kept).toBe(true);
    lab.item.currentVolume = { S: 'vol-0gone' };
    expect(agrees().seen).toContain('does not exist');
  });

  test('its generation', () => {
    lab.item.generation = { N: '3' };
    expect(agrees().seen).toContain('says generation 3');
  });

  test('who has it', async () => {
    await lab.call('AttachVolume', { VolumeId: id, InstanceId: HOST, Device: '/dev/sdf' });
    expect(agrees().kept).toBe(true);
    lab.item.volumeOwner = { S: 'i-0other' };
    // One that is gone may have had it last.
    expect(agrees().kept).toBe(true);
    lab.launch('i-0other');
    expect(agrees().seen).toContain(`which is at ${HOST}`);
  });

  test('the one that is current by its tags', async () => {
    const other = await lab.make({ [TAG.role]: VOLUME_ROLE.current, [TAG.generation]: '1' });
    expect(agrees().seen).toContain(`${other} is current by its tags`);
  });
});

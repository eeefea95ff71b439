import { VOLUME_ROLE } from '../../../contract/contract.ts';
import type { SnapshotId, VolumeId } from '../../../contract/ids.ts';
import type { Refusal } from '../../../contract/refusals.ts';
import { refusalText } from '../message/refusal-words.ts';
import { message, nameOf } from '../world/attempt.ts';
import { type Clock, pollUntil } from '../world/clock.ts';
import { UNSEEN_SECONDS } from '../world/evidence.ts';
import type { Volume } from '../world/model.ts';
import type { Compute, Host, Ledger } from '../world/ports.ts';
import { asksForNoMore, type Change, type Course, changeOf, impossible } from './change.ts';
import { decideCreate, type KeeperDecision, patienceSeconds, type Sought, type VolumeClaim } from './keep.ts';

/** How long a deployment waits for a heal, within the function's eight minutes: most end in one. */
const HEAL_SECONDS = 180;
const LOOK_SECONDS = 5;

/** How the keeper makes the first volume of a generation: blank, or from a recovery point. */
export interface NewVolume {
  readonly claim: VolumeClaim;
  readonly snapshotId: SnapshotId | undefined;
  readonly generation: number;
  /** The same for the same deployment request: a repeated event makes no second volume. At most 64 characters. */
  readonly clientToken: string;
}

export interface KeeperPorts {
  /** Of the key that the stack's volumes are encrypted with. */
  readonly keyArn: string;
  readonly clock: Clock;
  readonly compute: Pick<Compute, 'volumes' | 'recoveryPoints'> & {
    /** By its id; `undefined` where EC2 does not find it. */
    volume(id: string): Promise<Volume | undefined>;
    /** Makes the volume and waits until it is available. */
    create(order: NewVolume): Promise<VolumeId>;
    /** Waits until no modification is at its start: before that EC2 says the old size. */
    settle(volumeId: VolumeId): Promise<void>;
    /** Changes the volume, and waits until that is seen. Fails while an earlier change is not completed, which may take hours. */
    modify(volumeId: VolumeId, change: Change): Promise<void>;
  };
  readonly host: Pick<Host, 'probe' | 'grow'>;
  readonly ledger: Pick<Ledger, 'read'>;
}

/** A deployment's request, with what was deployed before; the same where there was nothing. */
export interface Order {
  readonly before: VolumeClaim;
  readonly after: VolumeClaim;
  readonly course: Course;
  /** See {@link NewVolume}. */
  readonly clientToken: string;
}

/** The volume of a claim, and what the deployment asked for and left undone. */
export interface Kept {
  readonly volumeId: VolumeId | undefined;
  /** It was just made, and nothing is on it. */
  readonly blank?: true;
  readonly left: readonly Refusal[];
}

/** The deployment is to fail, and this is why. */
export class Refused extends Error {
  readonly refusals: readonly Refusal[];

  constructor(...refusals: readonly Refusal[]) {
    super(refusalText(refusals));
    this.name = 'Refused';
    this.refusals = refusals;
  }
}

/** Adopts, restores or makes the volume of a claim; what is adopted is brought to what is claimed. */
export async function create(ports: KeeperPorts, order: Order): Promise<Kept> {
  const { after } = order;
  const { kind, volumeId } = await provided(ports, order, after);
  if (kind !== 'adopt') return { volumeId, ...(kind === 'blank' && { blank: true }), left: [] };
  const left = await change(ports, order, volumeId);
  return { volumeId, left: [...left, ...(await strange(ports, volumeId))] };
}

/** A stack that was removed and made again has another key: what its functions may not use, they cannot attach. */
async function strange(ports: KeeperPorts, volumeId: VolumeId): Promise<Refusal[]> {
  const { keyArn } = await shown(ports, volumeId);
  if (keyArn === ports.keyArn) return [];
  return [{ code: 'otherKey', volumeId, key: keyArn ?? 'none', allowed: ports.keyArn }];
}

/**
 * As {@link create}, of a volume that may be anywhere by now. A rollback ends: what cannot be brought back, or not now, is left as it
 * is, for CloudFormation would be stuck otherwise, and no deployment could mend it.
 * Source: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html#troubleshooting-errors-update-rollback-failed;
 * repost.aws/knowledge-center/cloudformation-ebs-volume-error says it of a volume that is still optimizing
 */
export async function update(ports: KeeperPorts, order: Order): Promise<Kept> {
  const { zone: _, ...anywhere } = order.after;
  try {
    const { kind, volumeId } = await provided(ports, order, anywhere);
    return { volumeId, left: kind === 'adopt' ? await change(ports, order, volumeId) : [] };
  } catch (error) {
    if (order.course !== 'back') throw error;
    return { volumeId: undefined, left: refusalsOf(error) };
  }
}

async function provided(
  { clock, compute, ledger }: KeeperPorts,
  { after, clientToken }: Order,
  sought: Sought,
): Promise<{ readonly kind: KeeperDecision['kind']; readonly volumeId: VolumeId }> {
  const decision = await decided({ clock, compute, ledger }, sought);
  switch (decision.kind) {
    case 'adopt':
      return { kind: decision.kind, volumeId: decision.volumeId };
    case 'restore': {
      const { recoveryPoint, generation } = decision;
      // It may have grown beyond the template, whose growth was rolled back.
      const claim = { ...after, sizeGiB: Math.max(after.sizeGiB, recoveryPoint.sizeGiB ?? 0) };
      const { snapshotId } = recoveryPoint;
      return {
        kind: decision.kind,
        volumeId: await compute.create({ claim, clientToken, snapshotId, generation }),
      };
    }
    case 'blank':
      return {
        kind: decision.kind,
        volumeId: await compute.create({ claim: after, clientToken, snapshotId: undefined, generation: 1 }),
      };
    case 'wait':
    case 'refuse':
      throw new Refused(decision.refusal);
  }
}

/** Decides again while a heal is under way, and while what is missing may only not be shown. */
async function decided(
  { clock, compute, ledger }: Pick<KeeperPorts, 'clock' | 'compute' | 'ledger'>,
  sought: Sought,
): Promise<KeeperDecision> {
  const deadline = clock.now() + HEAL_SECONDS * 1000;
  let unseenSince: number | undefined;
  for (;;) {
    const [listed, recoveryPoints, entry] = await Promise.all([
      compute.volumes(sought.volume),
      compute.recoveryPoints(sought.volume),
      ledger.read(sought.volume),
    ]);
    const volumes = await withNamed(compute, listed, entry?.currentVolume);
    const now = clock.now();
    const decision = decideCreate(sought, volumes, recoveryPoints, entry, now);
    const patience = patienceSeconds(decision) * 1000;
    unseenSince = patience > 0 ? (unseenSince ?? now) : undefined;
    if (decision.kind === 'wait' ? now > deadline : now - (unseenSince ?? now) >= patience) return decision;
    await clock.sleep(LOOK_SECONDS * 1000);
  }
}

/** What the ledger names, and the list lacks, is asked for by its id. */
async function withNamed(
  compute: KeeperPorts['compute'],
  listed: readonly Volume[],
  named: string | undefined,
): Promise<readonly Volume[]> {
  if (named === undefined || listed.some((v) => v.id === named)) return listed;
  const found = await compute.volume(named);
  return found ? [...listed, found] : listed;
}

/**
 * Brings the volume to what is claimed, and its file system to the size of the volume.
 * @returns what is left undone, where that may be
 * @throws Refused saying what could not be done
 */
async function change(ports: KeeperPorts, order: Order, volumeId: VolumeId): Promise<Refusal[]> {
  const { before, after, course } = order;
  const late = await failureOf(() => ports.compute.settle(volumeId));
  const volume = await shown(ports, volumeId);
  const there = after.zone === volume.zone || after.zone === before.zone;
  const lenient = course === 'back' || (course === 'unknown' && there && asksForNoMore(after, volume));
  const left = impossible(before, after, volume);
  if (late !== undefined) left.push(...late);
  if (left.length > 0 && !lenient) throw new Refused(...left);
  const undone = late === undefined ? await failureOf(() => enlarge(ports, order, volume)) : undefined;
  if (undone === undefined) return left;
  if (!lenient) throw new Refused(...undone);
  return [...left, ...undone];
}

/** The owner is asked before anything is changed: a deployment that fails afterwards is rolled back, and volumes do not shrink. */
async function enlarge({ compute, host }: KeeperPorts, { before, after }: Order, volume: Volume): Promise<void> {
  const wanted = changeOf(after, volume);
  // An earlier try may have got as far as the volume, and not to its file system.
  const grows = after.sizeGiB > before.sizeGiB || (wanted?.sizeGiB ?? 0) > volume.sizeGiB;
  if (!wanted && !grows) return;
  // What it may change is known by its tags, which a heal writes last.
  if (volume.role !== VOLUME_ROLE.current)
    throw new Refused({ code: 'unsettled', volumeId: volume.id, volume: after.volume });
  const owner = volume.attachments[0]?.instanceId;
  if (owner !== undefined) {
    const { state, detail } = await host.probe(owner, after.volume, volume.id);
    if (state !== 'serving')
      throw new Refused({ code: 'notServed', volumeId: volume.id, instanceId: owner, state, detail });
  }
  if (wanted) await compute.modify(volume.id, wanted);
  // Nobody has it mounted: `serve` grows the file system.
  if (owner === undefined || !grows) return;
  const grown = await host.grow(owner, after.volume, volume.id);
  if (grown.result !== 'ok') {
    const sizeGiB = wanted?.sizeGiB ?? volume.sizeGiB;
    throw new Refused({ code: 'notGrown', volumeId: volume.id, instanceId: owner, sizeGiB, detail: grown.detail });
  }
}

/** The volume, looked for until it is shown as it must be: one that is in use is attached somewhere. @throws DeadlineExceeded */
function shown({ clock, compute }: KeeperPorts, volumeId: VolumeId): Promise<Volume> {
  const limits = { everyMs: LOOK_SECONDS * 1000, withinSeconds: UNSEEN_SECONDS };
  return pollUntil(clock, `${volumeId} shown by EC2`, limits, async () => {
    const value = await compute.volume(volumeId);
    if (!value) return { done: false as const, seen: 'not found' };
    return value.state === 'in-use' && value.attachments.length === 0
      ? { done: false as const, seen: 'in use, and attached nowhere' }
      : { done: true as const, value };
  });
}

async function failureOf(act: () => Promise<void>): Promise<readonly Refusal[] | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    return refusalsOf(error);
  }
}

function refusalsOf(error: unknown): readonly Refusal[] {
  return error instanceof Refused ? error.refusals : [{ code: 'failed', error: nameOf(error), detail: message(error) }];
}

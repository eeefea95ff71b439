import {
  DescribeVolumesCommand,
  type EC2Client,
  type Instance as Ec2Instance,
  type Snapshot as Ec2Snapshot,
  paginateDescribeInstances,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import { TAG } from '../../../contract/contract.ts';
import type { Neighbour, Volume } from '../../core/world/model.ts';
import { isKind, translated } from '../errors.ts';
import { toVolume } from './shapes.ts';

/** What EC2 has of one stack: each list with all of its pages. */

const ofStack = (stack: string) => ({ Name: `tag:${TAG.stack}`, Values: [stack] });
const ofVolume = (stack: string, volume: string) => [ofStack(stack), { Name: `tag:${TAG.volume}`, Values: [volume] }];

/** @returns the volume, or `undefined` where EC2 does not find it: one created a moment ago may not be found yet */
export async function describeVolume(ec2: EC2Client, id: string): Promise<Volume | undefined> {
  try {
    const found = await translated(`describe ${id}`, () => ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] })));
    return found.Volumes?.[0] && toVolume(found.Volumes[0]);
  } catch (error) {
    if (isKind(error, 'notFound')) return undefined;
    throw error;
  }
}

/** The physical volumes of one content volume. */
export function volumesOf(ec2: EC2Client, stack: string, volume: string): Promise<Volume[]> {
  return translated(`describe the volumes of ${volume}`, () => volumes(ec2, ofVolume(stack, volume)));
}

/** All volumes of one stack, with the content volume that each is of. */
export function neighbours(ec2: EC2Client, stack: string): Promise<Neighbour[]> {
  return translated('describe the volumes of the stack', async () =>
    (await volumes(ec2, [ofStack(stack)])).map((each) => ({ ...each, of: each.tags[TAG.volume] ?? '' })),
  );
}

async function volumes(ec2: EC2Client, Filters: { Name: string; Values: string[] }[]): Promise<Volume[]> {
  const found: Volume[] = [];
  for await (const page of paginateDescribeVolumes({ client: ec2 }, { Filters }))
    found.push(...(page.Volumes ?? []).map(toVolume));
  return found;
}

/** The snapshots of one content volume, as `shape` has them. */
export function snapshotsOf<T>(
  ec2: EC2Client,
  stack: string,
  volume: string,
  shape: (snapshot: Ec2Snapshot) => T,
): Promise<T[]> {
  return translated(`describe the snapshots of ${volume}`, async () => {
    const found: T[] = [];
    const input = { OwnerIds: ['self'], Filters: ofVolume(stack, volume) };
    for await (const page of paginateDescribeSnapshots({ client: ec2 }, input))
      found.push(...(page.Snapshots ?? []).map(shape));
    return found;
  });
}

/** The instances of one stack: in every state, or in this one. */
export function instancesOf(ec2: EC2Client, stack: string, state?: 'running'): Promise<Ec2Instance[]> {
  return translated('describe the instances of the fleet', async () => {
    const found: Ec2Instance[] = [];
    const Filters = [ofStack(stack), ...(state ? [{ Name: 'instance-state-name', Values: [state] }] : [])];
    for await (const page of paginateDescribeInstances({ client: ec2 }, { Filters }))
      found.push(...(page.Reservations ?? []).flatMap((r) => r.Instances ?? []));
    return found;
  });
}

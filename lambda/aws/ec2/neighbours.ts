import { type EC2Client, paginateDescribeVolumes } from '@aws-sdk/client-ec2';
import { TAG } from '../../../contract/contract.ts';
import type { Neighbour } from '../../core/world/model.ts';
import { translated } from '../errors.ts';
import { toVolume } from './volumes.ts';

/** All volumes of one stack, with the content volume that each is of. */
export async function ec2Neighbours(ec2: EC2Client, stack: string): Promise<Neighbour[]> {
  return translated('describe the volumes of the stack', async () => {
    const found: Neighbour[] = [];
    const input = { Filters: [{ Name: `tag:${TAG.stack}`, Values: [stack] }] };
    for await (const page of paginateDescribeVolumes({ client: ec2 }, input)) {
      for (const each of page.Volumes ?? []) {
        const volume = toVolume(each);
        found.push({ ...volume, of: volume.tags[TAG.volume] ?? '' });
      }
    }
    return found;
  });
}

import { CreateTagsCommand, DeleteTagsCommand, type EC2Client, type Tag } from '@aws-sdk/client-ec2';
import { TAG, VERDICT } from '../../../contract/contract.ts';
import type { SnapshotId, VolumeId } from '../../../contract/ids.ts';
import { translated } from '../errors.ts';

export type Tags = Readonly<Record<string, string>>;

/** Tags that belong to one physical volume and are never copied to its replacement. `aws:` tags cannot be. */
const OWN_TAGS: readonly string[] = [
  TAG.role,
  TAG.generation,
  TAG.heal,
  TAG.drill,
  TAG.schedule,
  TAG.held,
  TAG.blank,
  TAG.reap,
  // Of a volume it says nothing; whoever put it there must not have its snapshots pass for drilled ones.
  TAG.verdict,
];

export function tagsOf(resource: {
  Tags?: { Key?: string | undefined; Value?: string | undefined }[] | undefined;
}): Tags {
  return Object.fromEntries((resource.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

/** The tags that what takes a volume's place gets from it. */
export function copiedTags(tags: Tags): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:') && !OWN_TAGS.includes(key)));
}

export function asTags(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** A text as a tag takes it. Source: EC2 User Guide, "Tag restrictions": 256 characters; these are allowed with every service. */
export function tagText(text: string): string {
  return text
    .replace(/[^\p{L}\p{N} +\-=._:/@]/gu, ' ')
    .slice(0, 256)
    .trim();
}

/** @param doing completes "could not ..." */
export async function tag(ec2: EC2Client, id: string, tags: Tags, doing = `tag ${id}`): Promise<void> {
  await translated(doing, () => ec2.send(new CreateTagsCommand({ Resources: [id], Tags: asTags(tags) })));
}

/** Not there: nothing to do. */
export async function untag(ec2: EC2Client, id: string, key: string, doing = `take ${key} off ${id}`): Promise<void> {
  await translated(doing, () => ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: key }] })));
}

/** Out of the snapshot schedule, whoever does it. */
export function unschedule(ec2: EC2Client, volumeId: VolumeId): Promise<void> {
  return untag(ec2, volumeId, TAG.schedule, `take ${volumeId} out of the schedule`);
}

/** Why a copy is of no use. `drilledAt`: a drill says so, and then (Unix milliseconds); what a heal could not mount was not drilled. */
export interface Rejection {
  readonly finding: string;
  readonly drilledAt?: number;
}

/** From now on no heal takes the copy. */
export function reject(ec2: EC2Client, snapshotId: SnapshotId, { finding, drilledAt }: Rejection): Promise<void> {
  return tag(ec2, snapshotId, {
    [TAG.verdict]: VERDICT.rejected,
    ...(drilledAt !== undefined && { [TAG.drilledAt]: new Date(drilledAt).toISOString() }),
    [TAG.finding]: tagText(finding),
  });
}

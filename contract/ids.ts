/**
 * Ids of EC2, each a type of its own: an instance's is not taken for a volume's, nor a content volume's name for either.
 * Source: docs.aws.amazon.com/ec2/latest/userguide/resource-ids.html
 */

export type InstanceId = `i-${string}`;
export type SnapshotId = `snap-${string}`;
export type VolumeId = `vol-${string}`;

export const isInstanceId = (text: unknown): text is InstanceId => isId('i-', text);
export const isSnapshotId = (text: unknown): text is SnapshotId => isId('snap-', text);
export const isVolumeId = (text: unknown): text is VolumeId => isId('vol-', text);

function isId(prefix: string, text: unknown): boolean {
  return typeof text === 'string' && text.startsWith(prefix) && text.length > prefix.length;
}
